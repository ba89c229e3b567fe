"""The chunks of an HTTP body put together again."""

import pytest

from minicompose.engine.chunked import ChunkedBody

PIECES = [b"one\n", b"\r\n0\r\n", b"x" * 300, b"end"]
BODY = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in PIECES)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 1000])
def test_the_content_is_the_same_however_it_is_cut(size: int) -> None:
    body, text = ChunkedBody(), BODY + b"0\r\n\r\n"

    found = b"".join(body.feed(text[at : at + size]) for at in range(0, len(text), size))

    assert found == b"".join(PIECES)
    assert body.over


def test_a_body_is_not_over_before_its_last_chunk() -> None:
    body = ChunkedBody()

    body.feed(BODY + b"0\r\n")

    assert not body.over


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_extensions_and_trailers_are_passed_over(size: int) -> None:
    body, text = ChunkedBody(), b"3;name=value\r\nabc\r\n0;last\r\nExpires: never\r\n\r\n"

    found = b"".join(body.feed(text[at : at + size]) for at in range(0, len(text), size))

    assert (found, body.over) == (b"abc", True)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_chunk_that_is_longer_than_it_says_is_refused(size: int) -> None:
    body, text = ChunkedBody(), b"3\r\nabc\r\n2\r\nabcd\r\n"

    with pytest.raises(ValueError, match="longer than it says"):
        [body.feed(text[at : at + size]) for at in range(0, len(text), size)]


@pytest.mark.parametrize(
    "text", [b"nothing\r\n", b"-5\r\nabc\r\n", b"\r\nabc\r\n", b"0x3\r\nabc\r\n", b"2\r\nabc\r\n", b"1" * 5000]
)
def test_what_is_no_chunk_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"a chunk"):
        ChunkedBody().feed(text)
