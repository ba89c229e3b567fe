"""Durations, sizes, modes and truth values, and numbers as text."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from minicompose.model import Duration
from minicompose.stackfile.units import (
    parse_boolean,
    parse_duration,
    parse_integer,
    parse_microseconds,
    parse_mode,
    parse_number,
    parse_size,
    print_scalar,
)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("0", "0s"),
        ("90s", "1m30s"),
        ("1h", "1h0m0s"),
        ("1w", "168h0m0s"),
        ("1.5h", "1h30m0s"),
        ("1500ms", "1.5s"),
        (".5s", "500ms"),
        ("5.s", "5s"),
        ("+5s", "5s"),
        ("-5s", "-5s"),
        ("1us1µs1ns", "2.001µs"),
    ],
)
def test_a_duration_is_printed_as_the_reference_prints_it(text: str, printed: str) -> None:
    assert str(parse_duration(text)) == printed


@given(some.integers(min_value=-(10**18), max_value=10**18))
def test_a_printed_duration_is_read_as_the_same(nanoseconds: int) -> None:
    assert parse_duration(str(Duration(nanoseconds))) == nanoseconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64", 64),
        ("512m", 536870912),
        ("1 gib", 1 << 30),
        ("2GB", 2 << 30),
        ("1.5g", 1610612736),
        ("-1", -1),
        ("64b", 64),
        ("1e3", 1000),
        ("huge", None),
        ("-1m", None),
        ("-2", None),
        ("", None),
        ("5x", None),
    ],
)
def test_a_size_is_in_powers_of_1024(text: str, size: int | None) -> None:
    if size is None:
        with pytest.raises(ValueError, match="is not a size"):
            parse_size(text)
    else:
        assert parse_size(text) == size


def test_a_size_is_exact_where_a_float_is_not() -> None:
    assert parse_size("9007199254740993") == 9007199254740993


@pytest.mark.parametrize(("text", "mode"), [("0440", 0o440), ("440", 0o440), ("0o440", 0o440), ("1777", 0o1777)])
def test_a_mode_is_octal(text: str, mode: int) -> None:
    assert parse_mode(text) == mode


@pytest.mark.parametrize(("text", "truth"), [("true", True), ("FALSE", False), ("Yes", True), ("off", False)])
def test_the_old_words_for_truth_are_understood(text: str, truth: bool) -> None:
    assert parse_boolean(text) is truth


def test_a_plain_number_of_real_time_scheduling_counts_microseconds() -> None:
    assert [parse_microseconds(value) for value in (1000, "1000", "400ms")] == [1_000_000, 1_000_000, 400_000_000]


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_duration, "10", '"10" has no unit: write 10s for seconds'),
        (parse_duration, "1h 5m", '"1h 5m" is not a duration: write it as 90s, 1m30s or 500ms'),
        (parse_duration, "1M", '"1M" is not a duration: write 1m'),
        (parse_mode, "0999", '"0999" is not a file mode: write it in octal, as "0440"'),
        (parse_boolean, "maybe", '"maybe" is neither true nor false'),
        (parse_integer, "1.5", '"1.5" is not a whole number'),
        (parse_number, "half", '"half" is not a number'),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_write(
    parse: Callable[[str], object], text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=r".*") as raised:
        parse(text)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (2.5, "2.5"),
        (255, "255"),
        (True, "true"),
        (False, "false"),
        (-0.0, "-0"),
        (0.0001, "0.0001"),
        (0.00001234, "1.234e-05"),
        (200000.0, "200000"),
        (1e6, "1e+06"),
        (1234567.5, "1.2345675e+06"),
        (123456789012.5, "1.234567890125e+11"),
        (1e21, "1e+21"),
        (float("inf"), "+Inf"),
        (float("nan"), "NaN"),
        (12345678901234567890, "12345678901234567890"),
        ("007", "007"),
    ],
)
def test_a_scalar_is_printed_where_text_is_wanted(value: object, text: str) -> None:
    assert print_scalar(value) == text


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_number_is_read_as_the_same(value: float) -> None:
    assert float(print_scalar(value)) == value
