"""Where reading a log was left, so that reading it again from about there neither loses nor doubles a line."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import msgspec

from minicompose.execution.events import LogLine


class Mark(msgspec.Struct, frozen=True):
    """How far an output has been read: the time of the last line, and how many of the last lines have that time."""

    time: bytes
    count: int = 0


def marked(mark: Mark | None, lines: list[LogLine]) -> Mark:
    """The mark after these lines, too."""
    time = lines[-1].time
    count = 0
    for line in reversed(lines):
        if line.time != time:
            return Mark(time, count)
        count += 1
    return Mark(time, count + mark.count if mark is not None and mark.time == time else count)


def beyond(marks: dict[str, Mark], log: Iterable[list[LogLine]]) -> Iterator[list[LogLine]]:
    """What of a log, read from before the marks, comes after them; `marks` go along with what is taken."""
    before = dict(marks)
    for lines in log:
        stream = lines[0].output.stream
        mark = before.pop(stream, None)
        if mark is not None:
            lines, left = _cut(mark, lines)
            if not lines:
                before[stream] = left
                continue
        marks[stream] = marked(marks.get(stream), lines)
        yield lines


def _cut(mark: Mark, lines: list[LogLine]) -> tuple[list[LogLine], Mark]:
    """The lines beyond the mark, and the mark without those of its lines that were among these."""
    count = mark.count
    for index, line in enumerate(lines):
        if line.time == mark.time and count:
            count -= 1
        elif line.time >= mark.time:
            return lines[index:], mark
    return [], Mark(mark.time, count)


def reaches_back(log: Collection[list[LogLine]], marks: Iterable[Mark], *, asked: int) -> bool:
    """Whether the end of a log, for so many lines as were `asked` for, has all that comes after the marks.

    It has where it begins before the last line that was read, for a log is read in its own order, or where it is all of
    it.
    """
    last = max(mark.time for mark in marks)
    return sum(map(len, log)) < asked or min(lines[0].time for lines in log) < last


def a_second_before(marks: Iterable[Mark]) -> str:
    """From when a log is to be read on: what comes twice is told apart by the marks. "" without any."""
    last = max((mark.time for mark in marks), default=b"")
    if not last:
        return ""
    second, zone = last[:19].decode(), last[29:].decode()  # some engines write the time of their own zone
    return str(int(datetime.fromisoformat(second + zone).timestamp()) - 1)
