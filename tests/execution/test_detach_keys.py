"""The keys that leave a command alone."""

import pytest

from minicompose.execution.detach_keys import DEFAULT, DetachKeys, sequence_of


@pytest.mark.parametrize(
    ("written", "sequence"),
    [(DEFAULT, b"\x10\x11"), ("a", b"a"), ("ctrl-a,d", b"\x01d"), ("ctrl-@,ctrl-_", b"\x00\x1f"), ("", b"")],
)
def test_keys_are_written_as_docker_writes_them(written: str, sequence: bytes) -> None:
    assert sequence_of(written) == sequence


@pytest.mark.parametrize("written", ["ctrl-", "ctrl-1", "ab", "a,,b", "ä"])
def test_what_is_no_key_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        sequence_of(written)


def typed(sequence: bytes, *pieces: bytes) -> tuple[bytes, bool]:
    """What has reached the command, and whether it was left."""
    keys = DetachKeys(sequence)
    passed = b""
    for piece in pieces:
        sifted = keys.sift(piece)
        passed += sifted.data
        if sifted.detached:
            return passed, True
    return passed, False


@pytest.mark.parametrize(
    ("pieces", "passed", "left"),
    [
        ([b"ls\r"], b"ls\r", False),
        ([b"ls\r\x10\x11"], b"ls\r", True),
        ([b"\x10", b"\x11"], b"", True),
        ([b"\x10", b"x"], b"\x10x", False),
        ([b"\x10\x10\x11"], b"\x10", True),
        ([b"\x10"], b"", False),
    ],
)
def test_only_the_whole_sequence_leaves(pieces: list[bytes], passed: bytes, *, left: bool) -> None:
    assert typed(b"\x10\x11", *pieces) == (passed, left)


def test_a_sequence_that_begins_within_its_own_beginning_is_found() -> None:
    assert typed(b"aab", b"aaab") == (b"a", True)


def test_without_a_sequence_every_key_passes() -> None:
    assert typed(b"", bytes(range(256))) == (bytes(range(256)), False)
