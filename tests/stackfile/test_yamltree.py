import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node, SourcePos
from minicompose.stackfile.yamltree import read_yaml
from tests.stackfile.reading import no_problem, plain, said, tree


def problems_of(text: str) -> list[Diagnostic]:
    problems: list[Diagnostic] = []
    read_yaml(text, "stack.yaml", problems.append)
    return problems


def test_a_value_and_its_key_know_where_they_stand() -> None:
    root = tree("services:\n  db: {image: postgres}\n")

    image = root.value["services"].value["db"].value["image"]

    assert image == Node("postgres", SourcePos("stack.yaml", 2, 15), SourcePos("stack.yaml", 2, 8))


def test_columns_count_characters_and_not_bytes() -> None:
    root = tree("{é: ü, a: b}")

    assert root.value["a"].pos == SourcePos("stack.yaml", 1, 11)


def test_quoted_scalars_are_strings() -> None:
    root = tree("a: '1'\nb: \"true\"\nc: |\n  2\nd: !!str 3\ne: ! '4'\n")

    assert plain(root) == {"a": "1", "b": "true", "c": "2\n", "d": "3", "e": "4"}


def test_standard_tags_say_the_kind() -> None:
    root = tree(
        "a: !!int '3'\nb: !!float 1\nc: !!map {}\nd: !!seq []\ne: !!binary YQ==\nf: !!timestamp 2024-01-02\ng: ! 4"
    )

    assert plain(root) == {"a": 3, "b": 1.0, "c": {}, "d": [], "e": "a", "f": "2024-01-02", "g": 4}


@pytest.mark.parametrize(
    ("text", "value"), [("!x 1", "1"), ("!x", ""), ("!x [1]", [1]), ("!!python/name:os {a: b}", {"a": "b"})]
)
def test_a_tag_that_nobody_knows_is_a_warning_and_a_scalar_with_it_a_string(text: str, value: object) -> None:
    problems: list[Diagnostic] = []
    (document,) = read_yaml(f"a: {text}\n", "stack.yaml", problems.append)

    assert plain(document) == {"a": value}
    assert [(problem.severity, problem.length) for problem in problems] == [("warning", len(text.split()[0]))]


def test_every_document_is_a_node() -> None:
    problems: list[Diagnostic] = []

    documents = read_yaml("a: 1\n---\nb: 2\n", "stack.yaml", problems.append)

    assert [plain(document) for document in documents] == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "\ufeff"])
def test_an_empty_text_has_no_documents(text: str) -> None:
    assert read_yaml(text, "stack.yaml", lambda _problem: None) == []


def test_aliases_share_what_their_anchor_names() -> None:
    root = tree("a: &x {k: [1]}\nb: *x\nc: [*x]\n")

    assert root.value["b"].value is root.value["a"].value
    assert root.value["c"].value[0].value is root.value["a"].value


def test_an_alias_may_be_a_key() -> None:
    assert plain(tree("a: &x word\n*x : 1\n")) == {"a": "word", "word": 1}


@pytest.mark.parametrize(
    ("merged", "expected"),
    [
        ("{<<: *a, x: own}", {"x": "own", "y": "a"}),
        ("{x: own, <<: *a}", {"x": "own", "y": "a"}),
        ("{<<: [*b, *a]}", {"x": "b", "y": "a"}),
        ("{<<: [*a, *b]}", {"x": "a", "y": "a"}),
        ("{<<: {z: 1}}", {"z": 1}),
        ("{'<<': 1}", {"<<": 1}),
    ],
)
def test_a_merge_key_fills_in_what_the_mapping_does_not_say(merged: str, expected: Any) -> None:
    root = tree(f"a: &a {{x: a, y: a}}\nb: &b {{x: b}}\nc: {merged}\n")

    assert plain(root.value["c"]) == expected


def test_a_merge_key_leaves_out_what_is_reset() -> None:
    root = tree("a: &a !reset {x: 1}\nb: {<<: [*a, {y: 2}]}\n")

    assert plain(root.value["b"]) == {"y": 2}


def test_an_alias_may_stand_in_a_later_document_than_its_anchor() -> None:
    _, second = read_yaml("a: &a 1\n---\nb: *a\n", "stack.yaml", no_problem)

    assert plain(second) == {"b": 1}


def test_a_merge_key_may_have_its_tag() -> None:
    root = tree("a: &a {x: 1}\nb: {!!merge <<: *a}\n")

    assert plain(root.value["b"]) == {"x": 1}


def test_what_a_merge_key_brings_keeps_its_place() -> None:
    root = tree("a: &a {x: 1}\nb:\n  <<: *a\n")

    assert root.value["b"].value["x"].key_pos == SourcePos("stack.yaml", 1, 8)


def test_reset_and_override_are_kept_on_the_node() -> None:
    root = tree("a: !reset\nb: !override [1]\nc: !reset {}\nd: !override 010\ne: !override null\n")

    assert [(node.tag, plain(node)) for node in root.value.values()] == [
        ("!reset", ""),
        ("!override", [1]),
        ("!reset", {}),
        ("!override", "010"),
        ("!override", None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 'stack.yaml:3:1 a the key "a" is already defined at line 1'),
        ("s:\n  p: 1\n  p: 2\n", 'stack.yaml:3:3 s.p the key "p" is already defined at line 2'),
        ("s: [{p: 1, p: 2}]", 'stack.yaml:1:12 s[0].p the key "p" is already defined at line 1'),
        ("s: {1: a}", "stack.yaml:1:5 s a key must be a string, and 1 is a number"),
        ("~: a", "stack.yaml:1:1 a key must be a string, and ~ is null"),
        ("true: a", "stack.yaml:1:1 a key must be a string, and true is a boolean"),
        ("[a]: b", "stack.yaml:1:1 a key must be a string, not a mapping or a list"),
        ("a: {<<: 3}", "stack.yaml:1:9 a.<< << takes a mapping or a list of mappings, not a number"),
        ("a: {<<: [{}, x]}", "stack.yaml:1:14 a.<< << takes a mapping or a list of mappings, not a string"),
        ("a: *b", "stack.yaml:1:4 a there is no anchor &b before this"),
        ("a: &a [*a]", "stack.yaml:1:8 a[0] the anchor &a contains itself"),
        ("a: !Override b", "stack.yaml:1:4 a there is no tag !Override"),
        ("a: !!binary b", 'stack.yaml:1:4 a "b" is not what its tag !!binary says'),
        ("a: 1\n---\n# c\n", "stack.yaml:2:1 this document is empty"),
        ("---\n---\na: 1\n", "stack.yaml:1:1 this document is empty"),
        ("a: !!int x", 'stack.yaml:1:4 a "x" is not what its tag !!int says'),
        ('a: "b"c', "stack.yaml:1:7 the value has ended before this"),
        ("a: [b, , c]", "stack.yaml:1:8 a value is expected here"),
        ("a: ? b", 'stack.yaml:1:4 a "?" is not expected here'),
        ("a: |\n\tb", "stack.yaml:2:1 a tab cannot indent a line"),
        ("a: |b\n c", 'stack.yaml:1:5 the text begins on the line below "|" or ">"'),
        ("{*b : c}", "stack.yaml:1:2 there is no anchor &b before this"),
        ("a: &a {}\nb: {<<: *a, <<: *a}", "stack.yaml:2:13 b.<< << is already there in this mapping"),
        ("a: b: c", 'stack.yaml:1:5 a ":" is not expected here'),
        ("a:\n  b: c\n d: e", "stack.yaml:3:2 the indentation does not fit the mapping that began at line 1"),
        ("\n\na: 'x\n\nb", "stack.yaml:3:4 the quotes that were opened at line 3 are not closed"),
        ("a: [b\nc: d", "stack.yaml:2:2 the list that began at line 1 is not closed"),
        ("a:\n\tb: c", "stack.yaml:2:1 a tab cannot indent a line"),
        ("a: @x", 'stack.yaml:1:4 a value cannot begin with "@"'),
        ("a: \x00b", "stack.yaml:1:4 the character U+0000 cannot stand in a YAML file"),
        ("a: b\nc: \ud800", "stack.yaml:2:4 this is not UTF-8 text"),
        ("- a\nb: c", "stack.yaml:2:1 the indentation does not fit the list that began at line 1"),
    ],
)
def test_a_problem_is_told_with_its_place(text: str, message: str) -> None:
    assert said(problems_of(text)) == [message]


def test_reading_goes_on_after_a_problem() -> None:
    text = "a: 1\na: 2\nb: {1: x}\nc: *nowhere\n"

    assert [problem.pos.line for problem in problems_of(text) if problem.pos] == [2, 3, 4]


def test_a_misspelt_tag_is_told_the_right_one() -> None:
    (problem,) = problems_of("a: !resett x")

    assert problem.hint == "did you mean !reset?"


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
DEEP_ALIASES = "a0: &a0 []\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200))


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("[" * 10_000 + "]" * 10_000, "nested more than 100 deep"),
        ("a: " + "[" * 10_000, "nested more than 100 deep"),
        ("- " * 10_000, "nested more than 100 deep"),
        ("{a: " * 10_000, "nested more than 100 deep"),
        (BOMB, "stand for more than 300,000 values"),
        (DEEP_ALIASES, "nested more than 100 deep"),
    ],
    ids=["lists", "open lists", "block lists", "mappings", "alias bomb", "aliases of aliases"],
)
def test_a_text_made_to_exhaust_is_refused(text: str, summary: str) -> None:
    (problem,) = problems_of(text)

    assert summary in problem.summary


def test_values_may_nest_as_deep_as_the_limit_says() -> None:
    assert not problems_of("[" * 100 + "]" * 100)


def test_reading_works_without_the_c_parser() -> None:
    program = (
        "import sys; sys.modules['yaml._yaml'] = None\n"
        "from minicompose.stackfile.yamltree import read_yaml\n"
        "print([d.value['a'].value for d in read_yaml('a: &x 1\\n---\\na: [!reset x]\\n', 'f', print)][0])\n"
        "read_yaml('a: [', 'f', lambda problem: print(problem.pos))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["1", "f:1:5"]


texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]))
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc<d", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_json_is_read_as_json(value: Any) -> None:
    assert plain(tree(json.dumps({"k": value}, ensure_ascii=False))) == {"k": value}


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("{}[]:-,&*!|>'\"#%@`\n \t?<~0"), max_size=200))
@settings(max_examples=300)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    problems: list[Diagnostic] = []

    read_yaml(text, "stack.yaml", problems.append)

    for problem in problems:
        assert problem.pos is not None
        assert problem.pos.line >= 1
        assert problem.pos.column >= 1
