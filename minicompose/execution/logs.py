"""Read what containers have printed, as events."""

import contextlib
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter

from minicompose.engine.protocol import Engine, LogStream
from minicompose.errors import EngineError, EngineUnreachable
from minicompose.execution.events import AnyEvent, LogLine, LogLines, Notice, Output
from minicompose.execution.log_text import Lines
from minicompose.execution.sources import Source

OnEvent = Callable[[AnyEvent], None]
OnLines = Callable[[list[LogLine]], None]

_time = attrgetter("time")
_NONE: list[LogLine] = []


def read_logs(
    engine: Engine,
    sources: Iterable[Source],
    on_event: OnEvent,
    *,
    tail: int | None = None,
    since: str = "",
    until: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Emit what the containers have printed, merged by time; a bounded part of it is in memory at once.

    Of one whose log cannot be read, that is told.
    """
    begun = clock()
    with contextlib.ExitStack() as stack:

        def read(source: Source) -> Iterator[list[LogLine]]:
            """Some drivers are said to be unreadable when they are asked, others when they are read."""
            try:
                stream = engine.logs(source.handle, tail=tail, since=since, until=until, timestamps=True)
                stack.callback(stream.close)
                yield from lines_of(source, stream)
            except EngineUnreachable:
                raise
            except EngineError as error:
                on_event(unreadable(source, error.message, clock() - begun))

        for lines in merged(map(read, sources)):
            on_event(LogLines(at=clock() - begun, lines=lines))


def unreadable(source: Source, why: str, at: float) -> Notice:
    """What is told, `at` seconds after reading began, of a container whose log the engine cannot show."""
    return Notice(at=at, severity="warning", text=f"no logs of {source.container}: {why}")


def lines_of(source: Source, stream: LogStream) -> Iterator[list[LogLine]]:
    """The lines of a log that was asked for with timestamps, as many at once as come."""
    cutters: dict[str, Lines] = {}
    for chunk in stream:
        cutter = cutters.get(chunk.stream)
        if cutter is None:
            cutter = cutters[chunk.stream] = Lines(_output(source, chunk.stream))
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
    """The lines of all logs by time, of each log in its order; no more is held than what came of each at once."""
    at_hand = [(lines, log) for log in logs if (lines := next(log, _NONE))]
    while len(at_hand) > 1:
        # Up to here nothing can come any more that belongs before.
        bound = min(lines[-1].time for lines, _ in at_hand)
        ripe: list[LogLine] = []
        left = []
        for lines, log in at_hand:
            count = len(lines) if lines[-1].time <= bound else bisect_right(lines, bound, key=_time)
            ripe += lines[:count]
            rest = lines[count:] or next(log, _NONE)
            if rest:
                left.append((rest, log))
        ripe.sort(key=_time)
        yield ripe
        at_hand = left
    for lines, log in at_hand:
        yield lines
        yield from log
