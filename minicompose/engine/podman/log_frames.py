"""The frames of Podman's logs with times, in which each line has its time once, as Docker's have."""

import struct
from collections.abc import Callable, Iterator, Mapping

from minicompose.engine.transport import Answer, RawStream

_HEAD = struct.Struct(">BxxxL")


def with_times_once(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same frames; those that go on with a line begun in one before lose the time that stands before them.

    Podman keeps a line in as many records as it was read in, and sends each as a frame with a time.
    """
    rest = b""
    unfinished: dict[int, bool] = {}
    for chunk in chunks:
        data = rest + chunk
        place = 0
        mended: list[bytes] = []
        while (begin := place + _HEAD.size) <= len(data):
            stream, size = _HEAD.unpack_from(data, place)
            if begin + size > len(data):
                break
            content = data[begin : begin + size]
            if unfinished.get(stream):
                content = content.partition(b" ")[2]
            unfinished[stream] = not content.endswith(b"\n")
            mended += (_HEAD.pack(stream, len(content)), content)
            place = begin + size
        rest = data[place:]
        if mended:
            yield b"".join(mended)
    if rest:
        yield rest


class Mended:
    """An answer of which `mend` makes another."""

    def __init__(self, answer: Answer, mend: Callable[[Iterator[bytes]], Iterator[bytes]]) -> None:
        self._answer = answer
        self._mend = mend

    @property
    def status(self) -> int:
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer.headers

    def read(self) -> bytes:
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        return self._mend(self._answer.chunks())

    def hijack(self) -> RawStream:
        raise TypeError("what is mended is read, and not spoken to")

    def close(self) -> None:
        self._answer.close()
