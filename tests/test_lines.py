import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicompose.lines import Lines
from minicompose.model import SourcePos


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        ("\r\r\n\n", ["", "", "", ""]),
        ("a\u2028b\x85c\x0bd\x0ce\x1cf\u2029g", ["a\u2028b\x85c\x0bd\x0ce\x1cf\u2029g"]),
    ],
)
def test_a_line_ends_where_an_editor_ends_it(text: str, lines: list[str]) -> None:
    found = Lines(text)

    assert len(found) == len(lines)
    assert [found[number] for number in range(1, len(found) + 1)] == lines


def test_lines_are_found_behind_long_ones_and_behind_many() -> None:
    found = Lines("x" * 10_000 + "\n" * 20_000 + "here\nand here")

    assert found[20_001] == "here"
    assert found[20_002] == "and here"
    assert found.place(10_000, "f") == SourcePos("f", 1, 10_001)
    assert found.place(30_002, "f") == SourcePos("f", 20_001, 3)


@given(st.text(st.sampled_from("ab\r\n"), max_size=40), st.sampled_from([1, 300]))
@settings(max_examples=40, derandomize=True, database=None, deadline=None)
def test_a_place_names_the_line_and_the_column_of_a_character(text: str, times: int) -> None:
    text = text * times
    found = Lines(text)
    for index in range(0, len(text), 1 + len(text) // 10):
        before = re.split("\r\n|\r|\n", text[:index].removesuffix("\r") if text[index] == "\n" else text[:index])
        expected = SourcePos("f", len(before), len(before[-1]) + 1 + (text[index - 1 : index + 1] == "\r\n"))

        assert found.place(index, "f") == expected
