from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicompose.diagnostic import Diagnostic
from minicompose.stackfile.dotenv import MOST_VARIABLES, parse_dotenv, parse_raw
from tests.stackfile.reading import said

KNOWN = {"B": "bb"}


def parsed(text: str) -> dict[str, str]:
    problems: list[Diagnostic] = []
    found = parse_dotenv(text, ".env", KNOWN.get, problems.append)
    assert not [problem for problem in problems if problem.severity == "error"], problems
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# A=1\n\n  # B=2\n", {}),
        ("A=1", {"A": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("  A = 1  \n\tC=2\t\n", {"A": "1", "C": "2"}),
        ("A: 1\nC:2", {"A": "1", "C": "2"}),
        ("export A=1\nexport\tC=2", {"A": "1", "C": "2"}),
        ("exportA=1", {"exportA": "1"}),
        ("A.b-c[0]=1\n1A=2\nÉ=3", {"A.b-c[0]": "1", "1A": "2", "É": "3"}),
        ("A=", {"A": ""}),
        ("A=\n\nC=1", {"A": "", "C": "1"}),
        ("A==1", {"A": "=1"}),
        ("A=1 2", {"A": "1 2"}),
        ("A=x # c", {"A": "x"}),
        ("A=x#c", {"A": "x#c"}),
        ("A=#x", {"A": "#x"}),
        ("A=a\\nb", {"A": "a\\nb"}),
        ("A=it's", {"A": "it's"}),
        ("A=$B-${U:-d}", {"A": "bb-d"}),
        ("A=$$B", {"A": "$B"}),
        ("A=\\$B", {"A": "\\bb"}),
        ("A=1\nC=$A", {"A": "1", "C": "1"}),
        ("A=1\nA=2$A", {"A": "21"}),
        ("A='x # y' # c", {"A": "x # y"}),
        ("A='$B\\n'", {"A": "$B\\n"}),
        ("A='it\\'s'", {"A": "it's"}),
        ("A='x\n\ny'\nC=1", {"A": "x\n\ny", "C": "1"}),
        ('A="x"', {"A": "x"}),
        ('A="" # c', {"A": ""}),
        ("A=\"x\r\ny\"\nC='\r\n'\r\n", {"A": "x\r\ny", "C": "\r\n"}),
        ('A="a\\nb\\t\\"\\\\"', {"A": 'a\nb\t"\\'}),
        ('A="\\x\\c"', {"A": "\\x\\c"}),
        ('A="\\0101 \\0377 \\07777 \\0400 \\012 \\08 \\0"', {"A": "A \u00ff \\7777 \\400 \\12 \\8 \\"}),
        ('A="\\0044B"', {"A": "bb"}),
        ('A="$B \\$B $$B"', {"A": "bb $B $B"}),
        ('A="${B}\\\\n"', {"A": "bb\\n"}),
        ('A={"a": "b"}', {"A": '{"a": "b"}'}),
        ('A: "x: y"', {"A": "x: y"}),
        ("B\nU\nexport B", {"B": "bb"}),
        ("A=1\nA", {"A": "1"}),
        ("A='x'C=1\nD=\"y\" export E='z' F=1 2", {"A": "x", "C": "1", "D": "y", "E": "z", "F": "1 2"}),
        ("A='x'B", {"A": "x", "B": "bb"}),
        ("export \nexport\t\r\n# c\nexport \n A=1\nexport ", {"A": "1"}),
        ("A=\v\f\u0085\xa0x\u2003\nC=\u2003x\x1c", {"A": "x", "C": "\u2003x\x1c"}),
        ("\u2003A\v=\xa0'x'\u3000C\tD=1", {"A": "x", "C\tD": "1"}),
    ],
)
def test_a_line_sets_what_the_grammar_says(text: str, expected: dict[str, str]) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "rest"),
    [
        ("A=1\nBAD%KEY=2\nC=3", """.env:2:4 a variable's name cannot contain the character "%": "BAD%…\"""", "AC"),
        ("A b=1\nC=3", '.env:1:2 a variable\'s name cannot contain a space: "A …"', "C"),
        ("B # c", '.env:1:2 a variable\'s name cannot contain a space: "B …"', ""),
        ("=1\nC=3", '.env:1:1 a name is missing before "="', "C"),
        ("export : 1\nC=3", '.env:1:8 a name is missing before ":"', "C"),
        ("A\u2003=1\nC=3", '.env:1:2 a variable\'s name cannot contain a space: "A\u2003"', "C"),
        ("A\x1c=1\nC=3", '.env:1:2 a variable\'s name cannot contain a space: "A\x1c"', "C"),
        ("C=1\nA='x\ny", ".env:2:3 the quotes of A are not closed", "C"),
        ('A="x\\"', ".env:1:3 the quotes of A are not closed", ""),
        ("A=x ${U:?m}\nC=3", ".env:1:5 the variable U is required: m", "C"),
        ('A="x ${U:?m}"\nC=3', ".env:1:3 the variable U is required: m", "C"),
        ("A=${B\nC=3", ".env:1:3 the value of A has an expression that is not valid: it is not closed", "C"),
        ("A=1\nC=\x00", ".env:2:3 this is not a text file: it holds a NUL character", ""),
    ],
)
def test_a_bad_line_is_told_and_left_out(text: str, message: str, rest: str) -> None:
    problems: list[Diagnostic] = []

    found = parse_dotenv(text, ".env", KNOWN.get, problems.append)

    assert said(problems) == [message]
    assert list(found) == list(rest)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=x $U", ".env:1:5 the variable U is not set; it counts as empty"),
        ("A='x'y=1", ".env:1:6 what follows the quotes of A counts as another variable"),
    ],
)
def test_what_is_probably_a_mistake_is_a_warning(text: str, message: str) -> None:
    problems: list[Diagnostic] = []

    parse_dotenv(text, ".env", KNOWN.get, problems.append)

    assert said(problems) == [message]
    assert problems[0].severity == "warning"


def test_what_follows_quotes_has_the_grammar_of_any_line() -> None:
    problems: list[Diagnostic] = []

    found = parse_dotenv('A="a" "b"\nC=1', ".env", KNOWN.get, problems.append)

    assert found == {"A": "a", "C": "1"}
    assert said(problems) == [
        ".env:1:6 what follows the quotes of A counts as another variable",
        """.env:1:7 a variable's name cannot contain the character "\"": ""…\"""",
    ]


def test_a_line_before_comes_over_what_an_earlier_file_says() -> None:
    earlier = {"A": "earlier", "B": "not asked", "C": "cc"}

    found = parse_dotenv("X=$A$B$C\nA=here\nY=$A$B$C\nC", ".env", KNOWN.get, _refuse, earlier)

    assert found == {"X": "earlierbbcc", "A": "here", "Y": "herebbcc", "C": "cc"}


def _refuse(problem: Diagnostic) -> None:
    pytest.fail(str(problem))


def test_what_follows_quotes_is_told_once_for_each_line() -> None:
    problems: list[Diagnostic] = []

    parse_dotenv('A="a"B="b"C="c"D=d\nE="e"F="f"', ".env", KNOWN.get, problems.append)

    assert [str(problem.pos) for problem in problems] == [".env:1:6", ".env:2:6"]


def test_a_line_of_nothing_but_assignments_is_read_once() -> None:
    problems: list[Diagnostic] = []

    parse_dotenv("A=''" * (MOST_VARIABLES + 10), ".env", KNOWN.get, problems.append)

    assert said(problems)[1:] == [".env sets more than 100,000 variables"]


@pytest.mark.parametrize("parse", [parse_dotenv, parse_raw])
def test_a_variable_that_is_set_again_and_again_counts_again_and_again(parse: Callable[..., dict[str, str]]) -> None:
    problems: list[Diagnostic] = []

    parse("A=1\n" * (MOST_VARIABLES + 10), ".env", KNOWN.get, problems.append)

    assert said(problems) == [".env sets more than 100,000 variables"]


def test_a_variable_that_is_not_set_is_told_once() -> None:
    problems: list[Diagnostic] = []

    parse_dotenv("A=$U$U\nB=$U\nC=$V", ".env", KNOWN.get, problems.append)

    assert said(problems) == [
        ".env:1:3 the variable U is not set; it counts as empty",
        ".env:3:3 the variable V is not set; it counts as empty",
    ]


def test_values_that_double_and_double_are_stopped() -> None:
    problems: list[Diagnostic] = []

    parse_dotenv("A=0123456789\n" + "A=$A$A\n" * 60, ".env", lambda _name: None, problems.append)

    assert "grows beyond" in problems[0].summary


def test_the_raw_format_takes_values_literally() -> None:
    problems: list[Diagnostic] = []

    found = parse_raw('A="$B" # c\n# no\n\nB\nU\n C=x \r\nD=\n', ".env", KNOWN.get, problems.append)

    assert found == {"A": '"$B" # c', "B": "bb", "C": "x ", "D": ""}
    assert not problems


def test_the_raw_format_refuses_names_with_spaces() -> None:
    problems: list[Diagnostic] = []

    found = parse_raw("A b=1\n=2\nC=3", ".env", KNOWN.get, problems.append)

    assert found == {"C": "3"}
    assert said(problems) == ['.env:1:1 the name "A …" has a space in it', ".env:2:1 a name is missing before ="]


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]*", fullmatch=True)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"))


@given(st.dictionaries(names, texts, max_size=5))
def test_double_quotes_can_hold_any_value(variables: dict[str, str]) -> None:
    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'

    text = "".join(f"{name}={quoted(value)}\n" for name, value in variables.items())

    assert parsed(text) == variables


@given(st.dictionaries(names, texts.filter(lambda text: "\\" not in text), max_size=5))
def test_single_quotes_hold_any_value_without_a_backslash(variables: dict[str, str]) -> None:
    text = "".join(f"{name}='{value}'\n" if "'" not in value else "" for name, value in variables.items())

    assert parsed(text) == {name: value for name, value in variables.items() if "'" not in value}


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("A=:'\"\\$#{} \n\r\t"), max_size=100))
def test_any_text_is_read_or_told_with_its_place(text: str) -> None:
    problems: list[Diagnostic] = []

    parse_dotenv(text, ".env", KNOWN.get, problems.append)

    assert all(problem.pos is not None and problem.pos.column >= 1 for problem in problems)
