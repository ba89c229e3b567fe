"""Read what containers have printed, as events."""

import contextlib
import heapq
import time
from collections.abc import Callable, Iterable, Iterator

from minicompose.engine.protocol import Engine, LogStream
from minicompose.execution.events import AnyEvent, LogLine
from minicompose.execution.log_text import Line, LinesOfStreams, sort_key
from minicompose.execution.sources import Source, state_of
from minicompose.planning.observed import ObservedContainer

OnEvent = Callable[[AnyEvent], None]


def read_logs(
    engine: Engine,
    containers: Iterable[ObservedContainer],
    on_event: OnEvent,
    *,
    tail: int | None = None,
    since: str = "",
    until: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Emit what the containers have printed, merged by time; a bounded part of it is in memory at once."""
    begun = clock()
    with contextlib.ExitStack() as stack:
        streams = []
        for each in containers:
            stream = engine.logs(each.id, tail=tail, since=since, until=until, timestamps=True)
            stack.callback(stream.close)
            source = Source(
                handle=each.id, container=each.name, service=each.service, number=each.number, state=state_of(each)
            )
            streams.append(lines_of(source, stream))
        merged = heapq.merge(*streams, key=lambda found: sort_key(found[2][0]))
        for source, name, line in merged:
            on_event(log_line(source, name, line, clock() - begun))


def lines_of(source: Source, stream: LogStream) -> Iterator[tuple[Source, str, Line]]:
    """`streams_and_lines`, each with the container that printed it."""
    return ((source, name, line) for name, line in streams_and_lines(stream))


def streams_and_lines(stream: LogStream) -> Iterator[tuple[str, Line]]:
    """Every line of a log that was asked for with timestamps, and the name of the stream it was printed on."""
    lines = LinesOfStreams()
    for chunk in stream:
        for line in lines.feed(chunk):
            yield chunk.stream, line
    yield from lines.flush()


def log_line(source: Source, stream: str, line: Line, at: float) -> LogLine:
    """The event that tells of a line, `at` seconds after following or reading began."""
    return LogLine(
        at=at,
        container=source.container,
        service=source.service,
        number=source.number,
        stream="stderr" if stream == "stderr" else "stdout",
        text=line[1],
        time=line[0],
    )
