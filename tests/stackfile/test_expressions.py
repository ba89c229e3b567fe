"""Expressions as they are written: which there are, and how they stand where they are not read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicompose.model import Node, SourcePos
from minicompose.stackfile.expressions import Hidden, expressions, is_hidden
from minicompose.stackfile.interpolate import ExpressionError, substitute
from minicompose.stackfile.variables import Variable, variables_of
from tests.stackfile.reading import plain, tree


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a$B c", [("B", "", "")]),
        ("${B}${C:-d}", [("B", "", ""), ("C", ":-", "d")]),
        ("${A:-x${B-{}}y}", [("B", "-", "{}"), ("A", ":-", "x${B-{}}y")]),
        ("$$A $${B} $1 a$", []),
        ("${A?say $$5}", [("A", "?", "say $$5")]),
        ("$A ${B $C", [("A", "", "")]),
        ("${A:-$B", [("B", "", "")]),
    ],
)
def test_the_expressions_of_a_text_are_found_with_their_operands(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [(each.name, each.operator, each.operand(text)) for each in expressions(text)] == found


@given(st.text(alphabet="ab$\\{}:-?+_1 \U000f0000\U000f0001"))
def test_what_was_hidden_is_shown_as_it_was(text: str) -> None:
    hidden = Hidden()
    node = Node({"a": Node([Node(text, SourcePos("", 1, 1))], SourcePos("", 1, 1))}, SourcePos("", 1, 1))

    assert plain(hidden.show(hidden.hide(node))) == {"a": [text]}


@pytest.mark.parametrize(
    ("text", "is_one"), [("a:${B:-/c:d}", True), ("$B", True), ("$$B", False), ("$1", False), ("${B", False)]
)
def test_only_expressions_are_hidden(text: str, is_one: bool) -> None:
    assert is_hidden(Hidden().hide(Node(text, SourcePos("", 1, 1))).value) == is_one


def test_a_hidden_expression_has_no_character_that_means_anything() -> None:
    hidden = Hidden().hide(Node("./a:${B:-/c:d e,f=g}", SourcePos("", 1, 1))).value

    assert not set(hidden.removeprefix("./a:")) & set("$:/,= {}")


def test_a_variable_is_described_by_all_its_expressions() -> None:
    document = tree("a: [$A, '${A:-first}', '${A:-second}', '${A?}', '${B+set}', '${C:-$D}']\n$E: ${F}\n")

    assert variables_of([document, document]) == [
        Variable(name="A", required=True, default="first"),
        Variable(name="B", alternate="set"),
        Variable(name="C", default="$D"),
        Variable(name="D"),
        Variable(name="F"),
    ]


@given(st.lists(st.sampled_from(["$", "${", "A", "B1", ":-", "-", ":+", "?", "{", "}", " ", "$$", "x"]), max_size=14))
def test_the_variables_that_are_listed_are_those_that_are_looked_up(pieces: list[str]) -> None:
    text = "".join(pieces)
    asked: list[str] = []

    def look_up(name: str) -> str:
        asked.append(name)
        return "set"

    with contextlib.suppress(ExpressionError):
        substitute(text, look_up)
        names = [expression.name for expression in expressions(text)]
        assert bool(asked) == bool(names)
        assert asked[len(asked) - len(names) :] == names
