"""What errors hold, and the near name in them."""

from collections.abc import Sequence

import pytest

from minicompose.diagnostic import Diagnostic
from minicompose.errors import StackFileError, nearest
from minicompose.model import SourcePos


def test_the_near_name_is_found_among_few() -> None:
    assert nearest("databse", ["backend", "database", "redis"]) == "database"
    assert nearest("databse", ["backend", "redis"]) is None


def test_the_near_name_is_found_among_very_many() -> None:
    known = [f"service{number}" for number in range(10_000)]

    assert nearest("servise4711", known) == "service4711"


def test_of_very_many_names_only_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def counting(_word: str, names: Sequence[str], **_rest: object) -> list[str]:
        compared.append(len(names))
        return []

    monkeypatch.setattr("difflib.get_close_matches", counting)

    nearest("servise4711", [f"service{number}" for number in range(10_000)])

    assert compared[0] <= 100


def test_the_problems_of_a_stack_are_sorted_by_file_and_place() -> None:
    places = [("b.yaml", 1), ("a.yaml", 9), ("a.yaml", 2)]
    found = [Diagnostic(severity="error", pos=SourcePos(file, line, 1), summary="s") for file, line in places]
    nowhere = Diagnostic(severity="error", pos=None, summary="s")

    error = StackFileError([*found, nowhere], {"b.yaml": "", "a.yaml": ""})

    assert [str(each.pos) for each in error.diagnostics] == ["None", "b.yaml:1:1", "a.yaml:2:1", "a.yaml:9:1"]
