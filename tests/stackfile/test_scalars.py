import math

import pytest

from minicompose.stackfile.scalars import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("NULL", None),
        ("true", True),
        ("FALSE", False),
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("010", 8),
        ("-010", -8),
        ("0o10", 8),
        ("0_1", 1),
        ("08", 8.0),
        ("0xff", 255),
        ("-0x1F", -31),
        ("0b11", 3),
        ("0b-1", -1),
        ("0o+7", 7),
        ("0B1", 1),
        ("1_000", 1000),
        ("1_", 1),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        ("1.e3", 1000.0),
        (".5", 0.5),
        (".5_5", 0.55),
        ("-.5", -0.5),
        ("1_0.5", 10.5),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("0xFFFFFFFFFFFFFFFF", 2**64 - 1),
        ("99999999999999999999", 1e20),
    ],
)
def test_a_plain_scalar_has_the_value_of_the_core_schema(text: str, value: object) -> None:
    found = resolve(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "nUll",
        "tRue",
        "22:22",
        "._5",
        ".5_",
        "-0b-1",
        "2024-01-02",
        "1.5.2",
        "0b2",
        "0o8",
        "0x",
        "_1",
        "+",
        "-",
        ".",
        "1e400",
        "12e",
        "=",
        "None",
        "1" + "0" * 5000,
    ],
)
def test_what_looks_like_a_value_but_is_none_stays_a_string(text: str) -> None:
    assert resolve(text) == text


def test_not_a_number_is_a_number() -> None:
    found = resolve(".NaN")

    assert isinstance(found, float)
    assert math.isnan(found)
