"""The chunks of an HTTP body (RFC 9112, 7.1) put together again, many at a time: a log has a chunk for each line."""

from functools import lru_cache

_CRLF = b"\r\n"
_HEX = frozenset(b"0123456789abcdefABCDEF")
_TOO_LONG = "a chunk is longer than it says"
_MOST_LINE = 4096  # bytes: a chunk's size with its extensions, which nobody uses
_MOST_TRAILERS = 65536  # bytes, of what may follow the last chunk


class ChunkedBody:
    """Takes the body's content out of what comes, however it is cut. Raises ValueError for what is none."""

    def __init__(self) -> None:
        self.over = False
        self.rest = b""  # of a line that is not complete; once it is over, what has come after the body
        self._left = 0  # bytes of the chunk that are still to come
        self._ending = False  # the line end after a chunk is still to come
        self._trailers = -1  # bytes of them so far; below zero before the last chunk

    def feed(self, data: bytes) -> bytes:
        """The content in `data`; `over` is set when that was the last."""
        if self._left > len(data):  # amid a large chunk
            self._left -= len(data)
            return data
        data, place = self.rest + data, self._left
        pieces = [data[:place]]
        self._left, self._ending = 0, self._ending or place > 0
        if self._trailers < 0:
            place = self._chunks(data, place, pieces)
        if self._trailers >= 0:
            place = self._after_last(data, place)
        self.rest = data[place:]
        if len(self.rest) > _MOST_LINE and not self.over:
            raise ValueError("a chunk's line is too long")
        return b"".join(pieces)

    def _chunks(self, data: bytes, place: int, pieces: list[bytes]) -> int:
        """Add the content of the chunks from `place` on; where that begins which is not complete."""
        known = len(data)
        if self._ending:
            if known - place < 2:
                return place
            if data[place : place + 2] != _CRLF:
                raise ValueError(_TOO_LONG)
            place, self._ending = place + 2, False
        place = _whole_chunks(data, place, pieces)
        line_end = data.find(_CRLF, place)
        if line_end < 0:
            return place
        size = _size(data[place:line_end])
        place = line_end + 2
        if size == 0:
            self._trailers = 0
            return place
        after = place + size
        pieces.append(data[place:after])
        if after > known:
            self._left = after - known
            return known
        if known - after >= 2:
            raise ValueError(_TOO_LONG)
        self._ending = True
        return after

    def _after_last(self, data: bytes, place: int) -> int:
        while not self.over and (line_end := data.find(_CRLF, place)) >= 0:
            self.over = line_end == place
            self._trailers += line_end - place
            place = line_end + 2
        if self._trailers > _MOST_TRAILERS:
            raise ValueError("the trailers are too long")
        return place


def _whole_chunks(data: bytes, place: int, pieces: list[bytes]) -> int:
    """Add the content of the chunks from `place` on that are complete; where the first begins that may not be."""
    find, add = data.find, pieces.append
    while (line_end := find(_CRLF, place)) >= 0:
        begin = line_end + 2
        after = begin + _size(data[place:line_end])
        if after == begin or data[after : after + 2] != _CRLF:
            return place
        add(data[begin:after])
        place = after + 2
    return place


@lru_cache(maxsize=1024)  # the lines of a log are much of a length
def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].rstrip(b" \t") if not _HEX.issuperset(line) else line
    if not digits or len(line) > _MOST_LINE or len(digits) > 16 or not _HEX.issuperset(digits):
        raise ValueError("a chunk's size is malformed")
    return int(digits, 16)
