import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicompose.diagnostic import Diagnostic
from minicompose.model import SourcePos
from minicompose.stackfile.interpolate import MOST_TEXT, ExpressionError, interpolate, substitute
from tests.stackfile.reading import plain, said, tree

KNOWN = {"S": "s", "EMPTY": "", "LONG_NAME1": "long"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$S", "s"),
        ("${S}", "s"),
        ("a${S}b$S", "asbs"),
        ("$LONG_NAME1", "long"),
        ("$S-x", "s-x"),
        ("$Sx", ""),
        ("$$S", "$S"),
        ("$$$S", "$s"),
        ("$$$$S", "$$S"),
        ("$${S}", "${S}"),
        ("$1 a$ $- $", "$1 a$ $- $"),
        ("${S:-d}", "s"),
        ("${S-d}", "s"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${U:-d}", "d"),
        ("${U-d}", "d"),
        ("${U:-}", ""),
        ("${S:+a}", "a"),
        ("${S+a}", "a"),
        ("${EMPTY:+a}", ""),
        ("${EMPTY+a}", "a"),
        ("${U:+a}", ""),
        ("${U+a}", ""),
        ("${S:?m}", "s"),
        ("${EMPTY?m}", ""),
        ("${U:-a:-b}", "a:-b"),
        ("${U-a?b}", "a?b"),
        ("${U:-{}}", "{}"),
        ("${U:-{{}}}", "{{}}"),
        ("${U:-}}", "}"),
        ("${U:-a}b}", "ab}"),
        ("${U:-{}", "{"),
        ("${S:+{x}-${U:-y}", "{x-y"),
        ("${U:-$}", "$"),
        ("${U:-$$}", "$"),
        ("${U:-${V:-${S}}}", "s"),
        ("${U:-{${S}}}", "{s}"),
        ("{${U:-b}", "{b"),
        ("${U:-two\nlines}", "two\nlines"),
        ("${S:+${U:-$S}}", "s"),
        ('${U:-"}"}', '""}'),
    ],
)
def test_an_expression_has_the_value_of_the_grammar(text: str, expected: str) -> None:
    assert substitute(text, KNOWN.get) == expected


@pytest.mark.parametrize(
    "text",
    [
        "${",
        "${}",
        "${ x }",
        "${1A}",
        "${A.B}",
        "${A:x}",
        "${A:=x}",
        "${A!x}",
        "${A",
        "x ${A:-",
        "${A:-b${C}",
        "${A:-${}}",
    ],
)
def test_a_malformed_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="is not a valid expression"):
        substitute(text, KNOWN.get)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${U?}", "the variable U is required"),
        ("${U:?set it}", "the variable U is required: set it"),
        ("${EMPTY:?set ${S}}", "the variable EMPTY is required: set s"),
        ("${S:-${U:?unused but wanted}}", "the variable U is required: unused but wanted"),
    ],
)
def test_a_required_variable_without_a_value_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        substitute(text, KNOWN.get)

    assert raised.value.summary == message


def test_unset_variables_are_told_with_their_place_where_they_count() -> None:
    unset: list[tuple[str, int]] = []

    substitute(
        "$A ${B} ${C:-d} ${S:-$E} ${F:-$G} ${H:+$I}", KNOWN.get, lambda name, dollar: unset.append((name, dollar))
    )

    assert unset == [("A", 0), ("B", 3), ("G", 30)]


def test_expressions_nest_to_any_depth() -> None:
    assert substitute("${U:-" * 5000 + "x" + "}" * 5000, KNOWN.get) == "x"


def test_a_value_cannot_grow_without_end() -> None:
    with pytest.raises(ExpressionError, match="grows beyond"):
        substitute("$A" * 100, {"A": "x" * (MOST_TEXT // 50)}.get)


def test_each_variable_that_is_not_set_is_told_once_and_in_order() -> None:
    told: list[tuple[str, int]] = []

    substitute(
        "$V ${A:-$U $V${U}} $U" + "${A:-" * 5 + "$W" + "}" * 5, lambda _name: None, lambda *unset: told.append(unset)
    )

    assert told == [("V", 0), ("U", 8), ("W", 46)]


def test_an_expression_in_what_is_too_long_is_not_looked_for() -> None:
    asked: list[str] = []

    def look_up(name: str) -> str | None:
        asked.append(name)
        return None

    with pytest.raises(ExpressionError, match="longer than 1,048,576 characters"):
        substitute("$A" * MOST_TEXT, look_up)

    assert asked == []


def test_all_values_together_cannot_grow_without_end() -> None:
    problems: list[Diagnostic] = []
    root = tree("[" + ", ".join(["$A"] * 40) + "]")

    interpolate(root, {"A": "x" * (MOST_TEXT // 2)}, problems.append)

    assert any("the values of the file grow beyond" in problem.summary for problem in problems)


def test_only_values_are_replaced_and_not_keys() -> None:
    root = interpolate(tree("{$S: $S, l: [$S, {x: 1}]}"), KNOWN, lambda _problem: None)

    assert plain(root) == {"$S": "s", "l": ["s", {"x": 1}]}


def test_what_holds_no_expression_is_shared() -> None:
    root = tree("a: {b: [c]}\nd: {e: $S}\n")

    done = interpolate(root, KNOWN, lambda _problem: None)

    assert done.value["a"] is root.value["a"]
    assert interpolate(root.value["a"], KNOWN, lambda _problem: None) is root.value["a"]


def test_shared_values_stay_shared() -> None:
    root = interpolate(tree("a: &x {k: $S}\nb: *x\n"), KNOWN, lambda _problem: None)

    assert root.value["a"].value is root.value["b"].value
    assert plain(root.value["b"]) == {"k": "s"}


def test_values_keep_their_place() -> None:
    node = interpolate(tree("a: $S"), KNOWN, lambda _problem: None).value["a"]

    assert (node.value, node.pos, node.key_pos) == ("s", SourcePos("stack.yaml", 1, 4), SourcePos("stack.yaml", 1, 1))


def test_a_value_remembers_the_expression_it_was_made_from() -> None:
    place = SourcePos(".env", 3, 1)
    node = interpolate(tree("a: $S"), KNOWN, lambda _problem: None, places={"S": place}).value["a"]

    assert node.origin is not None and node.origin.variables is not None
    assert node.origin.expression == "$S"
    assert node.origin.variables.places["S"] == place


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: x ${U:?}", 1, 6),
        ("a: 'x ${U:?}'", 1, 7),
        ('a: "\\t$$ ${U:?}"', 1, 10),
        ("a: |\n  x $$\n  y ${U:?}\n", 3, 5),
        ("a: >-\n  x\n\n  ${U:?}\n", 4, 3),
        ("a: x\n  ${U:?}", 2, 3),
        ("a: !override ${U:?}", 1, 14),
    ],
)
def test_a_problem_is_placed_at_its_dollar_sign(text: str, line: int, column: int) -> None:
    problems: list[Diagnostic] = []

    interpolate(tree(text), KNOWN, problems.append, texts={"stack.yaml": text})

    assert [problem.pos for problem in problems] == [SourcePos("stack.yaml", line, column)]


def test_each_bad_value_is_one_error_with_its_path() -> None:
    problems: list[Diagnostic] = []

    interpolate(tree("s: {a: '${U:?m}', b: [x, '${']}"), KNOWN, problems.append)

    assert said(problems) == [
        "stack.yaml:1:8 s.a the variable U is required: m",
        "stack.yaml:1:26 s.b[1] ${ is not a valid expression: a variable's name is expected after ${",
    ]


def test_an_unset_variable_is_one_warning() -> None:
    problems: list[Diagnostic] = []

    interpolate(tree("a: $LONG_NAME\nb: $LONG_NAME\n"), KNOWN, problems.append)

    (problem,) = problems
    assert problem.severity == "warning"
    assert problem.summary == "the variable LONG_NAME is not set; it counts as empty"
    assert problem.hint == "did you mean LONG_NAME1?"


@given(st.text(st.characters(exclude_characters="$")))
def test_text_without_a_dollar_sign_stays_as_it_is(text: str) -> None:
    assert substitute(text, KNOWN.get) == text


@given(st.text())
def test_doubled_dollar_signs_give_the_text_back(text: str) -> None:
    assert substitute(text.replace("$", "$$"), KNOWN.get) == text


@given(st.text("${}:-+?AS\n_1 ", max_size=60))
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    try:
        value = substitute(text, KNOWN.get)
    except ExpressionError as error:
        assert text[error.dollar] == "$"
    else:
        assert isinstance(value, str)


@pytest.mark.parametrize(
    ("text", "refused"), [("$", False), ("{", False), ("${A:-", True), ("${A:-{", True), ("$A}", False)]
)
def test_a_very_long_text_has_a_value_or_is_refused(text: str, refused: bool) -> None:
    with pytest.raises(ExpressionError) if refused else contextlib.nullcontext():
        substitute(text * 50_000, KNOWN.get)
