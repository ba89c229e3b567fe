"""Messages as bytes, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicompose.engine.buildkit import wire


def test_a_message_is_the_bytes_that_others_write() -> None:
    # As protoc writes {1: 150, 2: "testing"}, the examples of the encoding's own description.
    assert wire.number(1, 150) + wire.octets(2, "testing") == bytes.fromhex("089601120774657374696e67")


@given(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=300))
def test_what_is_written_is_read_again(number: int, data: bytes) -> None:
    found = dict(wire.fields(wire.number(3, number) + wire.octets(20, data)))

    assert wire.signed(found.get(3, 0)) == number
    assert found.get(20, b"") == data


def test_a_table_is_an_entry_for_each_key() -> None:
    entries = [
        dict(wire.fields(wire.nested(value))) for _, value in wire.fields(wire.table(7, {"a": "b", "no-cache": ""}))
    ]

    assert entries == [{1: b"a", 2: b"b"}, {1: b"no-cache"}]


def test_numbers_of_fixed_width_are_passed_over() -> None:
    assert list(wire.fields(b"\x09" + bytes(8) + b"\x15" + bytes(4) + b"\x18\x01")) == [
        (1, bytes(8)),
        (2, bytes(4)),
        (3, 1),
    ]


@pytest.mark.parametrize("data", [b"\x0a\x05ab", b"\x08", b"\x08\x80", b"\x0b", b"\x09\x00", b"\x08" + b"\xff" * 11])
def test_what_breaks_off_or_is_no_message_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        list(wire.fields(data))
