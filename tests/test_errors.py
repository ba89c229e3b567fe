"""The near name in an error."""

from collections.abc import Sequence

import pytest

from minicompose.errors import nearest


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
