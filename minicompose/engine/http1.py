"""HTTP/1.1 as a client speaks it (RFC 9112): requests as bytes, answers out of bytes. Sockets are elsewhere.

Strict where leniency would misread: an answer with a doubtful length or a malformed line is refused, and so is one
whose head has no end. A whole HTTP library costs a command more time than the rest of its talk with the engine.
"""

from collections.abc import Callable, Iterable, Iterator

from minicompose.engine.chunked import ChunkedBody

_MOST_HEAD = 65536  # bytes of one answer's head
_MOST_PIECE = 1 << 20  # bytes of a body in one piece
_NAME = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CONTROLS = frozenset((*range(9), *range(10, 32), 127))

LAST_CHUNK = b"0\r\n\r\n"


class ProtocolError(Exception):
    """What came is not HTTP, or ended before it was whole."""


def request_head(method: str, target: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """The head of a request. ProtocolError for a line that would end early, and begin another."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    encoded = [line.encode("latin-1", "replace") for line in lines]
    if any(not _CONTROLS.isdisjoint(line) for line in encoded):
        raise ProtocolError("a request with a control character in a header")
    return b"\r\n".join(encoded) + b"\r\n\r\n"


def chunk(piece: bytes) -> bytes:
    """A piece of a body that is sent as it comes; an empty one would end it."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


class AnswerReader:
    """The answer to one request after another, out of what `receive` brings; empty bytes are the end."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self.status = 0
        self.headers: dict[str, str] = {}  # names in lower case; a name's several values with commas between
        self.persists = False  # whether the connection can be used again, once the body has been read

    def read_head(self) -> None:
        """Read on to the head of the answer proper, or of one that switches protocols (101)."""
        self._read_one_head()
        while 100 <= self.status < 200 and self.status != 101:
            self._read_one_head()

    def body(self, method: str) -> Iterator[bytes]:
        """The body's pieces, as they come, of the answer to a request with this method."""
        if method == "HEAD" or self.status in (204, 304):
            return iter(())
        if "transfer-encoding" in self.headers:
            if self.headers["transfer-encoding"].lower() != "chunked":
                raise ProtocolError(f"an unknown transfer encoding, {self.headers['transfer-encoding']}")
            return self._chunked()
        length = self._length()
        return self._to_the_end() if length is None else self._counted(length)

    def rest(self) -> bytes:
        """What has come already of what follows the head, for those who go on with the connection by themselves."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    # ---- the head ----

    def _read_one_head(self) -> None:
        lines = bytes(self._until(b"\r\n\r\n", _MOST_HEAD)).split(b"\r\n")
        version, _, rest = lines[0].partition(b" ")
        code = rest[:3]
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or not code.isdigit() or rest[3:4] not in (b"", b" "):
            raise ProtocolError("an answer that is not HTTP")
        self.status = int(code)
        self.headers = _headers(lines[1:])
        options = [option.strip() for option in self.headers.get("connection", "").lower().split(",")]
        self.persists = "close" not in options and (version == b"HTTP/1.1" or "keep-alive" in options)

    def _length(self) -> int | None:
        said = self.headers.get("content-length")
        if said is None:
            return None
        lengths = {length.strip() for length in said.split(",")}
        length = lengths.pop()
        if lengths or not length.isascii() or not length.isdigit() or len(length) > 18:
            raise ProtocolError(f"a length that is none, {said}")
        return int(length)

    # ---- the body ----

    def _counted(self, length: int) -> Iterator[bytes]:
        while length:
            piece = self._some(length)
            length -= len(piece)
            yield piece

    def _chunked(self) -> Iterator[bytes]:
        body = ChunkedBody()
        piece = self.rest()
        while True:
            try:
                content = body.feed(piece)
            except ValueError as error:
                raise ProtocolError(f"an answer of which {error}") from error
            if content:
                yield content
            if body.over:
                break
            piece = self._some(_MOST_PIECE)
        self._buffer += body.rest

    def _to_the_end(self) -> Iterator[bytes]:
        self.persists = False
        if self._buffer:
            yield self.rest()
        while piece := self._receive():
            yield piece

    # ---- bytes ----

    def _some(self, most: int) -> bytes:
        """At least one byte, and at most so many."""
        if not self._buffer:
            self._fill()
        piece = bytes(self._buffer[:most])
        del self._buffer[:most]
        return piece

    def _until(self, mark: bytes, most: int) -> bytearray:
        """What comes before `mark`, which is taken as well."""
        searched = 0
        while (end := self._buffer.find(mark, max(0, searched - len(mark) + 1))) < 0:
            searched = len(self._buffer)
            if searched > most + len(mark):
                raise ProtocolError("an answer with a line or a head that is too long")
            self._fill()
        if end > most:
            raise ProtocolError("an answer with a line or a head that is too long")
        found = self._buffer[:end]
        del self._buffer[: end + len(mark)]
        return found

    def _fill(self) -> None:
        piece = self._receive()
        if not piece:
            raise ProtocolError("the connection was closed before the end of the answer")
        self._buffer += piece


def _headers(lines: Iterable[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not name or not colon or not _NAME.issuperset(name) or not _CONTROLS.isdisjoint(value):
            raise ProtocolError("an answer with a malformed header")
        key, text = name.decode("ascii").lower(), value.strip(b" \t").decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
