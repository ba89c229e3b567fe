"""The caret of a diagnostic goes under the part of a value that is meant."""

import pytest

from minicompose.diagnostic import Diagnostic, narrowed
from minicompose.lines import Lines
from minicompose.model import SourcePos


def place(line: str, column: int, part: tuple[int, str]) -> tuple[int, int]:
    """Where the caret goes, and how long it is, for a part of the value of eight characters at `column`."""
    pos = SourcePos("stack.yaml", 2, column)
    problem = Diagnostic(severity="error", pos=pos, summary="wrong", length=8, part=part)
    found = narrowed(problem, Lines(f"services:\n{line}\n"))
    assert found.part is None
    assert found.pos is not None
    return found.pos.column, found.length


@pytest.mark.parametrize(
    ("line", "caret"),
    [
        pytest.param("  - 8080:http", (10, 4), id="plain"),
        pytest.param("  - '8080:http'", (11, 4), id="quoted"),
        pytest.param('  - "8080:http"', (11, 4), id="in double quotes"),
        pytest.param('  - "808\\x30:http"', (5, 8), id="with an escape before it"),
        pytest.param("  - ${HOST}:http", (5, 8), id="made by an expression"),
        pytest.param("  - >-", (5, 8), id="on a later line"),
    ],
)
def test_the_caret_is_under_the_part_where_the_file_has_it_as_it_is(line: str, caret: tuple[int, int]) -> None:
    assert place(line, 5, (5, "http")) == caret


def test_an_empty_part_leaves_the_caret_under_the_value() -> None:
    assert place("  - 8080:http", 5, (5, "")) == (5, 8)


def test_a_diagnostic_about_a_whole_value_stays_as_it_is() -> None:
    problem = Diagnostic(severity="error", pos=SourcePos("a.yaml", 1, 1), summary="wrong")

    assert narrowed(problem, Lines("a: b\n")) is problem
