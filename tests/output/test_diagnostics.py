"""How problems in stack files are shown."""

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from minicompose.diagnostic import Diagnostic
from minicompose.model import SourcePos
from minicompose.output.diagnostics import diagnostics_json, render_diagnostics
from minicompose.stackfile.dotenv import parse_dotenv, parse_raw
from tests.golden import assert_golden

Report = Callable[[Diagnostic], None]
Parse = Callable[[str, str, Callable[[str], str | None], Report], dict[str, str]]

TEXT = """\
services:
  db:
    image: postgres:17
  backend:
    image: shop

    depends_on:
      databse: {condition: service_healthy}
"""


def problem(line: int, column: int, length: int = 1, **rest: str) -> Diagnostic:
    given = {"summary": "something is wrong", "severity": "error", **rest}
    return Diagnostic(pos=SourcePos("stack.yaml", line, column), length=length, **given)  # type: ignore[arg-type]


def test_a_problem_is_shown_with_its_line_the_one_before_and_a_caret() -> None:
    found = problem(
        8,
        7,
        7,
        path="services.backend.depends_on",
        summary='there is no service "databse"',
        hint='did you mean "db"?',
    )

    assert render_diagnostics([found], {"stack.yaml": TEXT}, color=False).splitlines() == [
        'stack.yaml:8:7: services.backend.depends_on: there is no service "databse"',
        "    7 |     depends_on:",
        "    8 |       databse: {condition: service_healthy}",
        '      |       ^^^^^^^  did you mean "db"?',
    ]


@pytest.mark.parametrize(
    ("line", "column", "length", "text", "shown"),
    [
        pytest.param(1, 1, 1, "a: 1\n", ["    1 | a: 1", "      | ^"], id="the first line has none before it"),
        pytest.param(2, 1, 1, "\na: 1\n", ["    2 | a: 1", "      | ^"], id="an empty line before is left out"),
        pytest.param(1, 2, 1, "\ta: 1\n", ["    1 |     a: 1", "      |     ^"], id="a tab is four columns"),
        pytest.param(1, 4, 2, "名: 値段", ["    1 | 名: 値段", "      |     ^^^^"], id="wide characters are two"),
        pytest.param(1, 4, 3, "e\u0301: abc", ["    1 | e\u0301: abc", "      |   ^^^"], id="combining ones are none"),
        pytest.param(1, 4, 2, 'a: "80"', ['    1 | a: "80"', "      |    ^^^^"], id="quotes belong to the value"),
        pytest.param(1, 4, 2, "a: 80", ["    1 | a: 80", "      |    ^^"], id="no quotes"),
        pytest.param(1, 9, 4, "a: 1", ["    1 | a: 1", "      |     ^"], id="behind the line is its end"),
        pytest.param(1, 1, 3, "a\x1b[1m: 1", ["    1 | a\ufffd[1m: 1", "      | ^^^"], id="no control codes"),
        pytest.param(1, 1, 1, "a: 1\r\n", ["    1 | a: 1", "      | ^"], id="lines may end in CR LF"),
    ],
)
def test_the_caret_stands_under_the_place(line: int, column: int, length: int, text: str, shown: list[str]) -> None:
    rendered = render_diagnostics([problem(line, column, length)], {"stack.yaml": text}, color=False)

    assert rendered.splitlines()[1:] == shown


def test_a_long_line_is_cut_around_the_caret() -> None:
    text = "short\n" + "".join(f"{number:04}," for number in range(100))

    rendered = render_diagnostics([problem(2, 251, 4)], {"stack.yaml": text}, color=False)

    _, before, line, caret = rendered.splitlines()
    assert before == "    1 |"
    assert len(line) <= 110
    assert line.startswith("    2 | …")
    assert line.endswith("…")
    assert line[caret.index("^") : caret.rindex("^") + 1] == "0050"


def test_the_beginning_of_a_long_line_stays_when_the_caret_is_there() -> None:
    rendered = render_diagnostics([problem(1, 4, 300)], {"stack.yaml": "a: " + "x" * 300}, color=False)

    assert rendered.splitlines()[1:] == ["    1 | a: " + "x" * 97 + "…", "      |    " + "^" * 97]


def test_a_wide_character_across_the_edge_of_a_cut_line_moves_nothing() -> None:
    rendered = render_diagnostics([problem(1, 102, 1)], {"stack.yaml": "値" * 101 + "!" + "値" * 40}, color=False)

    _, line, caret = rendered.splitlines()
    columns = line[: line.index("!")]
    assert sum(2 if char == "値" else 1 for char in columns) == caret.index("^")


def test_a_problem_whose_file_is_not_at_hand_has_its_hint_below() -> None:
    rendered = render_diagnostics([problem(3, 1, hint="write it")], {}, color=False)

    assert rendered == "stack.yaml:3:1: something is wrong\n    write it"


def test_a_line_that_is_not_in_the_file_is_not_shown() -> None:
    assert render_diagnostics([problem(3, 1)], {"stack.yaml": ""}, color=False) == "stack.yaml:3:1: something is wrong"


def test_a_problem_without_a_place_is_one_line_that_says_who_speaks() -> None:
    found = Diagnostic(severity="error", pos=None, summary="the file is missing")

    assert render_diagnostics([found], {}, color=False) == "minicompose: the file is missing"


def test_a_warning_says_that_it_is_one() -> None:
    found = problem(1, 1, severity="warning", path="version")

    rendered = render_diagnostics([found], {}, color=False)

    assert rendered == "stack.yaml:1:1: warning: version: something is wrong"


def test_a_message_stays_on_one_line_and_sends_no_control_codes() -> None:
    found = problem(1, 1, summary='got "a\nb\x1b[0m"')

    assert render_diagnostics([found], {}, color=False) == 'stack.yaml:1:1: got "a\\nb\ufffd[0m"'


def test_ten_problems_are_shown_with_their_lines_and_the_others_counted_and_named() -> None:
    rendered = render_diagnostics([problem(1, 1)] * 24, {"stack.yaml": "services: {}"}, color=False)

    assert rendered.count("something is wrong") == 24
    assert rendered.count("services: {}") == 10
    assert "\n\nand 14 more:\nstack.yaml:1:1: " in rendered


def test_beyond_two_hundred_problems_are_only_counted() -> None:
    assert render_diagnostics([problem(1, 1)] * 214, {}, color=False).endswith("\n… and 14 that are not listed")
    assert "not listed" not in render_diagnostics([problem(1, 1)] * 200, {}, color=False)


def test_ten_problems_are_all() -> None:
    assert "more" not in render_diagnostics([problem(1, 1)] * 10, {}, color=False)


def test_colour_adds_codes_and_changes_nothing_else() -> None:
    found = [problem(8, 7, 7, hint="db?", path="a"), problem(1, 1, severity="warning"), problem(90, 9)]

    coloured = render_diagnostics(found, {"stack.yaml": TEXT}, color=True)

    assert_golden("diagnostics-coloured", coloured.replace("\x1b", "␛"))
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == render_diagnostics(found, {"stack.yaml": TEXT}, color=False)


def test_where_a_value_came_from_stands_below_its_line() -> None:
    found = replace(problem(8, 7, 7), notes=("from variable TAG, unset", "extended from base.yaml:3:5"))

    shown = render_diagnostics([found], {"stack.yaml": TEXT}, color=False).splitlines()

    assert shown[-2:] == ["      = from variable TAG, unset", "      = extended from base.yaml:3:5"]


def test_programs_get_every_part_of_a_problem() -> None:
    noted = replace(problem(8, 7, 7, hint="db?", path="a"), notes=("from afar",))
    found = [noted, Diagnostic(severity="warning", pos=None, summary="unset")]

    assert diagnostics_json(found) == [
        {
            "severity": "error",
            "file": "stack.yaml",
            "line": 8,
            "column": 7,
            "length": 7,
            "path": "a",
            "summary": "something is wrong",
            "hint": "db?",
            "notes": ["from afar"],
        },
        {
            "severity": "warning",
            "file": None,
            "line": None,
            "column": None,
            "length": 1,
            "path": "",
            "summary": "unset",
            "hint": "",
            "notes": [],
        },
    ]


@pytest.mark.parametrize("parse", [parse_dotenv, parse_raw])
@pytest.mark.parametrize(
    "wrong",
    [
        "TOKEN hunter2",
        "TOKEN hunter2=hunter2",
        "BAD%hunter2",
        "A B:hunter2",
        "=hunter2",
        "A=hunter2${",
        'A="hunter2',
        "A=${hunter2:-hunter2",
    ],
)
def test_of_a_file_of_variables_no_value_is_shown(parse: Parse, wrong: str) -> None:
    text = f"PASSWORD=hunter2\n{wrong}\nSECRET=hunter2\n"
    found: list[Diagnostic] = []
    parse(text, ".env", {"hunter2": "x"}.get, found.append)

    assert "hunter2" not in render_diagnostics(found, {".env": text}, color=False)


def test_of_a_value_over_several_lines_none_is_shown() -> None:
    text = 'A="one\nhunter2" hunter2\n'
    found: list[Diagnostic] = []
    parse_dotenv(text, ".env", dict[str, str]().get, found.append)

    assert "hunter2" not in render_diagnostics(found, {".env": text}, color=False)


def test_of_a_file_of_variables_the_name_is_shown() -> None:
    text = "PASSWORD=one\nexport TOKEN=abc${\nA B=two\n"
    found: list[Diagnostic] = []
    parse_dotenv(text, ".env", dict[str, str]().get, found.append)

    assert [line for line in render_diagnostics(found, {".env": text}, color=False).splitlines() if "|" in line] == [
        "    2 | export TOKEN=***",
        "      |              ^^^  write $$ for a literal dollar sign",
        "    3 | A ***",
        "      |  ^",
    ]
