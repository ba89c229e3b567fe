"""A container's output cut into lines, each with the time at which it was printed."""

from minicompose.engine.protocol import LogChunk
from minicompose.regex import regex

# The engine keeps a long line in records of this many bytes and puts the time before each of them.
RECORD = 16 * 1024
# A line of more records than this is passed on in pieces, so that memory stays bounded.
MOST_RECORDS = 64

_STAMP = regex(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) ")

# When it was printed, and the line without its end.
Line = tuple[str, bytes]


class Lines:
    """Cuts what one stream of a container printed, asked for with timestamps, into lines."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Line]:
        """The lines that `data` completes."""
        if b"\n" not in data:
            self._rest += data
            return self._pieces()
        first, *more = data.split(b"\n")
        self._rest += first
        whole = [*self._pieces(), _line(bytes(self._rest)), *map(_line, more[:-1])]
        self._rest = bytearray(more[-1])
        return whole

    def flush(self) -> list[Line]:
        """The last line, where it has no end."""
        if not self._rest:
            return []
        line = _line(bytes(self._rest))
        self._rest.clear()
        return [line]

    def _pieces(self) -> list[Line]:
        """The beginnings of a line that has become too long, cut where the engine's records end."""
        pieces = []
        stamp = _STAMP.match(self._rest)
        size = MOST_RECORDS * (RECORD + (stamp.end() if stamp else 0))
        while len(self._rest) > size:
            pieces.append(_line(bytes(self._rest[:size])))
            del self._rest[:size]
        return pieces


class LinesOfStreams:
    """`Lines` for each of a container's streams."""

    def __init__(self) -> None:
        self._streams: dict[str, Lines] = {}

    def feed(self, chunk: LogChunk) -> list[Line]:
        return self._streams.setdefault(chunk.stream, Lines()).feed(chunk.data)

    def flush(self) -> list[tuple[str, Line]]:
        """What each stream has left, with the stream's name."""
        return [(name, line) for name, lines in self._streams.items() for line in lines.flush()]


def sort_key(time: str) -> str:
    """Times compare as text once the zone's letter is gone: the engine drops trailing zeros."""
    return time.removesuffix("Z")


def _line(raw: bytes) -> Line:
    """One line out of the engine's records; a terminal's carriage return before the end goes too."""
    stamp = _STAMP.match(raw)
    if stamp is None:
        return "", raw.removesuffix(b"\r")
    text = raw[stamp.end() :]
    place = RECORD
    while place < len(text) and (inner := _STAMP.match(text, place)):
        text = text[:place] + text[inner.end() :]
        place += RECORD
    return stamp[0].decode().rstrip(), text.removesuffix(b"\r")
