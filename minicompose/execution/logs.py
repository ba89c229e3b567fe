"""Read what containers have printed, as events."""

import contextlib
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from minicompose.engine.protocol import Engine, LogStream
from minicompose.errors import EngineError, EngineUnreachable
from minicompose.execution.events import AnyEvent, LogLine, LogLines, Notice, Output
from minicompose.execution.log_text import Lines
from minicompose.execution.sources import Source

OnEvent = Callable[[AnyEvent], None]
OnLines = Callable[[list[LogLine]], None]

_time = attrgetter("time")


def read_logs(
    engine: Engine,
    sources: Iterable[Source],
    on_event: OnEvent,
    *,
    tail: int | None = None,
    since: str = "",
    until: str = "",
    timestamps: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Emit what the containers have printed, merged by time; a bounded part of it is in memory at once.

    Of one whose log cannot be read, that is told. A single one's lines have no times, unless `timestamps` asks.
    """
    begun = clock()
    sources = list(sources)
    timed = timestamps or len(sources) > 1  # an engine that tells the times takes a fifth longer
    with contextlib.ExitStack() as stack:

        def read(source: Source) -> Iterator[list[LogLine]]:
            """Some drivers are said to be unreadable when they are asked, others when they are read."""
            try:
                stream = engine.logs(source.handle, tail=tail, since=since, until=until, timestamps=timed)
                stack.callback(stream.close)
                yield from lines_of(source, stream, timed=timed)
            except EngineUnreachable:
                raise
            except EngineError as error:
                on_event(unreadable(source, error.message, clock() - begun))

        for lines in merged(map(read, sources)):
            on_event(LogLines(at=clock() - begun, lines=lines))


def unreadable(source: Source, why: str, at: float) -> Notice:
    """What is told, `at` seconds after reading began, of a container whose log the engine cannot show."""
    return Notice(at=at, severity="warning", text=f"no logs of {source.container}: {why}")


def lines_of(source: Source, stream: LogStream, *, timed: bool = True) -> Iterator[list[LogLine]]:
    """The lines of a log, as many at once as come; `timed` when it was asked for with timestamps."""
    cutters: dict[str, Lines] = {}
    for chunk in stream:
        cutter = cutters.get(chunk.stream)
        if cutter is None:
            cutter = cutters[chunk.stream] = Lines(_output(source, chunk.stream), timed=timed)
        if lines := cutter.feed(chunk.data):
            yield lines
    for cutter in cutters.values():
        if lines := cutter.flush():
            yield lines


def _output(source: Source, stream: str) -> Output:
    return Output(
        container=source.container,
        service=source.service,
        number=source.number,
        stream="stderr" if stream == "stderr" else "stdout",
    )


def merged(logs: Iterable[Iterator[list[LogLine]]]) -> Iterator[list[LogLine]]:
    """The lines of all logs by time; no more is held than what came of each at once.

    Each log stays in its own order: a line that is older than one before it, by a clock that was set back, comes
    right after that one.
    """
    at_hand = [each for log in logs if (each := _next_of(log))]
    while len(at_hand) > 1:
        # Up to here nothing can come any more that belongs before.
        bound = min(each.places[-1] for each in at_hand)
        lines: list[LogLine] = []
        places: list[bytes] = []
        left = []
        for each in at_hand:
            count = bisect_right(each.places, bound)
            lines += each.lines[:count]
            places += each.places[:count]
            if rest := each.beyond(count):
                left.append(rest)
        yield [lines[index] for index in sorted(range(len(lines)), key=places.__getitem__)]
        at_hand = left
    for each in at_hand:
        yield each.lines
        yield from each.log


class _AtHand(NamedTuple):
    """What has come of a log. `places` are the latest times in it up to each line, which only grow."""

    lines: list[LogLine]
    places: list[bytes]
    log: Iterator[list[LogLine]]

    def beyond(self, count: int) -> "_AtHand | None":
        """Without so many of its lines; what comes next, when these are all."""
        if count < len(self.lines):
            return _AtHand(self.lines[count:], self.places[count:], self.log)
        return _next_of(self.log, self.places[-1])


def _next_of(log: Iterator[list[LogLine]], last: bytes = b"") -> _AtHand | None:
    """What comes next of a log after a line whose place was `last`; None at its end."""
    lines = next(log, None)
    if lines is None:
        return None
    return _AtHand(lines, list(accumulate(map(_time, lines), max, initial=last))[1:], log)
