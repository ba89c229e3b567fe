"""Read the logs of containers that are followed: a thread for each that has something to say."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from minicompose.engine.protocol import Engine, LogStream
from minicompose.errors import Conflict, EngineError, EngineUnreachable, NotFound
from minicompose.execution.events import LogLine
from minicompose.execution.followed import Followed, HistoryRead, LogEnded
from minicompose.execution.logs import OnLines, lines_of, merged
from minicompose.execution.seams import a_second_before, beyond, reaches_back

# How many of the last lines of a log that has ended are looked at, to see that nothing was left out.
_FEW = 64


class LogReaders:
    """Reads logs to their ends. `closed` ends it early.

    `on_lines` is given what comes, `on_ended` how a log ended, or that the history of some has been read;
    both are called from the reading threads.
    """

    def __init__(
        self,
        engine: Engine,
        on_lines: OnLines,
        on_ended: Callable[[LogEnded | HistoryRead], None],
        closed: threading.Event,
    ) -> None:
        self._engine = engine
        self._on_lines = on_lines
        self._on_ended = on_ended
        self._closed = closed

    def read(self, found: Followed) -> None:
        """Read a log to its end, or on from the line where the reading before ended."""
        found.reading = True
        found.read_life = found.lives
        threading.Thread(
            target=self._read_to_end, args=(found,), name=f"logs of {found.source.container}", daemon=True
        ).start()

    def read_history(self, followed: list[Followed]) -> None:
        """Read what there is of these logs now, merged by time."""
        for found in followed:
            found.reading = True
        threading.Thread(target=self._read_history, args=(followed,), name="logs until now", daemon=True).start()

    def _read_history(self, followed: list[Followed]) -> None:
        for lines in merged([self._until_now(found) for found in followed]):
            self._on_lines(lines)
        self._on_ended(HistoryRead(tuple(found.id for found in followed)))

    def _until_now(self, found: Followed) -> Iterator[list[LogLine]]:
        """What there is of a log now; what cannot be read is told of when it is read on."""
        with contextlib.suppress(EngineError):
            yield from self._lines(found, follow=False)

    def _read_to_end(self, found: Followed) -> None:
        try:
            ended = self._pass_on_log(found)
        except NotFound:
            ended = LogEnded(found.id, gone=True)
        except Exception:  # noqa: BLE001 - the engine is away; its events tell when it is back
            ended = LogEnded(found.id)
        self._on_ended(ended)

    def _pass_on_log(self, found: Followed) -> LogEnded:
        heard = False
        unreadable = ""
        if found.readable:
            try:
                heard = self._pass_on(self._lines(found, follow=True))
            except (NotFound, EngineUnreachable):
                raise
            except EngineError as error:  # the logging driver keeps nothing to read
                unreadable = error.message
        state = self._engine.inspect_container(found.id)
        if state.state in ("exited", "dead") and found.readable and not unreadable and (heard or found.tail is None):
            # The engine may end a followed log before the last that a short-lived container printed.
            with contextlib.suppress(NotFound, Conflict):  # it is being removed, and how it ended is known
                heard = self._pass_on(self._left_out(found)) or heard
        return LogEnded(found.id, state, heard, unreadable=unreadable)

    def _pass_on(self, log: Iterator[list[LogLine]]) -> bool:
        """Pass on the lines that were not passed on yet; return whether there were any."""
        heard = False
        for lines in log:
            heard = True
            self._on_lines(lines)
        return heard

    def _left_out(self, found: Followed) -> Iterator[list[LogLine]]:
        """The lines of a log that has ended which were not read yet. Mostly there are none, which its end shows."""
        if found.marks:
            last = list(lines_of(found.source, self._opened(found, tail=_FEW, since=found.since)))
            if reaches_back(last, found.marks.values(), asked=_FEW):
                return beyond(found.marks, last)
        return self._lines(found, follow=False)

    def _lines(self, found: Followed, *, follow: bool) -> Iterator[list[LogLine]]:
        """The lines that were not read yet."""
        since = a_second_before(found.marks.values())
        tail, since = (None, since) if since else (found.tail, found.since)
        return beyond(found.marks, lines_of(found.source, self._opened(found, follow=follow, tail=tail, since=since)))

    def _opened(self, found: Followed, *, tail: int | None, since: str, follow: bool = False) -> LogStream:
        """A reading of its log, which `closed` ends early."""
        stream = self._engine.logs(found.id, follow=follow, tail=tail, since=since, timestamps=True)
        found.stream = stream
        if self._closed.is_set():
            stream.close()
        return stream
