"""The chunks of an HTTP body (RFC 9112, 7.1) put together again: a log comes in a chunk for each line, which is too
many for h11, that makes an event of each."""

_CRLF = b"\r\n"


class ChunkedBody:
    """Takes the body's content out of what comes, however it is cut. Raises ValueError for what is none."""

    def __init__(self) -> None:
        self._rest = b""  # of a line that is not complete
        self._left = 0  # bytes of a chunk, with the line end after it, that are still to come
        self._trailing = False
        self.over = False

    def feed(self, data: bytes) -> bytes:
        """The content in `data`; `over` is set when that was the last."""
        if self._left:
            if self._left > len(data) + 2:  # amid a large chunk
                self._left -= len(data)
                return data
            content, place = self._end_of_chunk(data)
            pieces = [content]
        else:
            data = self._rest + data
            pieces, place = [], 0
        self._rest = b""
        if not self._trailing:
            place = self._chunks(data, place, pieces)
        if self._trailing:
            place = self._trailers(data, place)
        if not self._left:
            self._rest = data[place:]
        return b"".join(pieces)

    def _chunks(self, data: bytes, place: int, pieces: list[bytes]) -> int:
        """Add the content of the chunks from `place` on; where the first line begins that is not complete."""
        size_of, find, add, known = int, data.find, pieces.append, len(data)
        while (line_end := find(_CRLF, place)) >= 0:
            line = data[place:line_end]
            size = size_of(line.partition(b";")[0] if b";" in line else line, 16)
            place = line_end + 2
            if size <= 0:
                if size < 0:
                    raise ValueError("a chunk's size is below zero")
                self._trailing = True
                return place
            after = place + size
            add(data[place:after])
            place = after + 2
            if place > known:
                self._left = place - known
                return known
        return place

    def _end_of_chunk(self, data: bytes) -> tuple[bytes, int]:
        """What is left of the chunk that is being read, without the line end after it."""
        taken = min(self._left, len(data))
        self._left -= taken
        return data[: max(0, taken - max(0, 2 - self._left))], taken

    def _trailers(self, data: bytes, place: int) -> int:
        while (line_end := data.find(_CRLF, place)) >= 0:
            self.over = line_end == place
            place = line_end + 2
            if self.over:
                break
        return place
