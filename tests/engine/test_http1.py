"""HTTP as bytes: answers cut anywhere, bodies of each kind, and what is refused."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minicompose.engine.http1 import AnswerReader, ProtocolError, chunk, request_head

Cut = Callable[[bytes], list[bytes]]


def reader_of(*pieces: bytes) -> AnswerReader:
    coming: Iterator[bytes] = iter((*pieces, b""))
    return AnswerReader(lambda: next(coming))


def read(*pieces: bytes, method: str = "GET") -> tuple[int, bytes]:
    reader = reader_of(*pieces)
    reader.read_head()
    return reader.status, b"".join(reader.body(method))


@settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(1, 12), max_size=60), st.lists(st.binary(max_size=20), max_size=5))
def test_an_answer_in_chunks_is_the_same_wherever_the_network_cuts_it(sizes: list[int], parts: list[bytes]) -> None:
    body = b"".join(chunk(part) for part in parts if part)
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\nChecked: yes\r\n\r\n"
    pieces = []
    for size in sizes:
        pieces.append(said[:size])
        said = said[size:]

    assert read(*filter(None, [*pieces, said])) == (200, b"".join(parts))


@pytest.mark.parametrize(
    ("said", "method", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "GET", (200, b"ok")),
        (b"HTTP/1.1 200\r\nContent-Length: 2, 2\r\n\r\nok", "GET", (200, b"ok")),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", "GET", (200, b"to the end")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", (200, b"")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "DELETE", (204, b"")),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "POST", (304, b"")),
        (
            b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "GET",
            (200, b"ok"),
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n", "GET", (200, b"ok")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", "GET", (200, b"")),
    ],
)
def test_a_body_has_the_length_that_its_head_and_its_request_give_it(
    said: bytes, method: str, expected: tuple[int, bytes]
) -> None:
    assert read(said, method=method) == expected


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nNo Name: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: one\nB: two\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 20 + b"\r\n\r\n",
    ],
)
def test_what_is_malformed_or_ends_early_is_refused(said: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(*filter(None, [said]))


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"])
def test_a_head_or_trailers_without_end_are_not_read_for_ever(begin: bytes) -> None:
    seen = 0

    def receive() -> bytes:
        nonlocal seen
        seen += 1000
        return begin if seen == 1000 and begin else b"a: b\r\n" * 100

    reader = AnswerReader(receive)
    with pytest.raises(ProtocolError, match="too long"):
        reader.read_head()
        list(reader.body("GET"))
    assert seen < 1_000_000


@pytest.mark.parametrize(
    ("said", "persists"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\n\r\n", False),
    ],
)
def test_a_connection_is_used_again_unless_the_answer_ends_with_it(said: bytes, persists: bool) -> None:
    reader = reader_of(said)

    reader.read_head()
    list(reader.body("GET"))

    assert reader.persists is persists


def test_what_follows_a_switch_of_protocols_is_left_for_others() -> None:
    reader = reader_of(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nhel", b"lo")

    reader.read_head()

    assert (reader.status, reader.rest(), reader.rest()) == (101, b"hel", b"")


def test_a_header_cannot_bring_another_one_along() -> None:
    with pytest.raises(ProtocolError):
        request_head("GET", "/x", [("A", "one\r\nB: two")])
