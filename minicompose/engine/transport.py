"""How the engine is spoken to: one verb. A new way to reach an engine is a class with this shape."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol
from urllib.parse import quote, urlencode

# A tuple is a parameter that is given several times.
Query = Mapping[str, str | tuple[str, ...]]


class RawStream(Protocol):
    """The connection itself, after the engine has stopped speaking HTTP on it."""

    def receive(self) -> bytes:
        """What has come; empty at the end, or after `close` from any thread."""

    def send(self, data: bytes) -> None: ...

    def close_input(self) -> None:
        """Nothing more will be sent; the other direction stays open."""

    def close(self) -> None: ...


class Answer(Protocol):
    """What the engine answers. It is read whole, or followed to its end, or hijacked; or else closed.

    Closing one that has been read to its end does nothing.
    """

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Names are in lower case."""

    def read(self) -> bytes:
        """All of it."""

    def chunks(self) -> Iterator[bytes]:
        """The body as it comes. Ends at its end, or after `close` from any thread."""

    def hijack(self) -> RawStream: ...

    def close(self) -> None: ...


class Transport(Protocol):
    """`address` is the engine's, as the user would write it.

    Raises only EngineUnreachable and EngineRefused; a status of any kind is an Answer.
    """

    address: str

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        upgrade: str = "",
    ) -> Answer:
        """Send one request and return when the head of its answer is here.

        An iterable body is sent as it comes. `upgrade` is the protocol of a connection that can be hijacked.
        """

    def close(self) -> None:
        """Close the connections that are not in use."""


def target(path: str, query: Query | None) -> str:
    """A path with its query, encoded; the path's own slashes stay."""
    encoded = quote(path, safe="/:@")
    return f"{encoded}?{urlencode(query, doseq=True, quote_via=quote)}" if query else encoded


def lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines in a stream of bytes, however these are cut; empty ones are left out."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        yield rest
