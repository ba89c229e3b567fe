"""A container's output cut into lines, each with the time at which it was printed, where that was asked for."""

import re

from minicompose.execution.events import LogLine, Output
from minicompose.regex import regex

# The engine keeps a long line in records of this many bytes and puts the time before each of them.
RECORD = 16 * 1024
# A line of more records than this (16 MB) is passed on in pieces, so that memory stays bounded.
MOST_RECORDS = 1024

_STAMP = regex(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d) ")
# Where a stamp as Docker writes it ends: its zone and the blank after it.
_ZONE = slice(29, 31)


class Lines:
    """Cuts what one output of a container printed into lines; `timed` when it was asked for with timestamps."""

    def __init__(self, output: Output, *, timed: bool = True) -> None:
        self._output = output
        self._timed = timed
        self._rest = bytearray()
        self._time = b""

    def feed(self, data: bytes) -> list[LogLine]:
        """The lines that `data` completes."""
        last = data.rfind(b"\n")
        if last < 0:
            self._rest += data
            return self._pieces()
        whole = data[:last]
        if self._rest:
            self._rest += whole
            whole = bytes(self._rest)
        self._rest = bytearray(memoryview(data)[last + 1 :])
        return self._lines(whole)

    def flush(self) -> list[LogLine]:
        """The last line, where it has no end."""
        if not self._rest:
            return []
        line = self._line(bytes(self._rest))
        self._rest.clear()
        return [line]

    def _lines(self, whole: bytes) -> list[LogLine]:
        """Most lines are short and have Docker's own form of stamp: they are cut without a further look."""
        raws, output = whole.split(b"\n"), self._output
        if b"\r" in whole:
            return [self._line(raw) for raw in raws]
        if not self._timed:
            return [LogLine(output, b"", raw) for raw in raws]
        if [True for raw in raws if raw[_ZONE] != b"Z " or len(raw) > RECORD]:
            return [self._line(raw) for raw in raws]
        lines = [LogLine(output, raw[:30], raw[31:]) for raw in raws]
        self._time = lines[-1].time
        return lines

    def _pieces(self) -> list[LogLine]:
        """The beginnings of a line that has become too long, cut where the engine's records end."""
        if len(self._rest) <= MOST_RECORDS * RECORD:
            return []
        pieces = []
        stamp = self._stamp(self._rest)
        size = MOST_RECORDS * (RECORD + (stamp.end() if stamp else 0))
        while len(self._rest) > size:
            pieces.append(self._line(bytes(self._rest[:size])))
            del self._rest[:size]
        return pieces

    def _line(self, raw: bytes) -> LogLine:
        """One line out of the engine's records; a terminal's carriage return before the end goes too.

        One that the engine gave no time has that of the line before.
        """
        stamp = self._stamp(raw)
        if stamp is None:
            return LogLine(self._output, self._time, raw.removesuffix(b"\r"))
        self._time = _of_one_width(stamp)
        records = []
        while stamp is not None:
            place = stamp.end() + RECORD
            records.append(raw[stamp.end() : place])
            stamp = _STAMP.match(raw, place)
        records.append(raw[place:])
        return LogLine(self._output, self._time, b"".join(records).removesuffix(b"\r"))

    def _stamp(self, raw: bytes | bytearray) -> re.Match[bytes] | None:
        """What the engine put before it; without times, what looks like one is the program's own."""
        return _STAMP.match(raw) if self._timed else None


def _of_one_width(stamp: re.Match[bytes]) -> bytes:
    """The time with nine digits of a second: some engines leave zeros out at the end."""
    return b"%b.%b%b" % (stamp[1], (stamp[2] or b"").ljust(9, b"0"), stamp[3])
