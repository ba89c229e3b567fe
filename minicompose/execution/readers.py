"""Read the logs of containers that are followed: a thread for each that has something to say."""

import contextlib
import threading
from collections.abc import Callable
from datetime import datetime

from minicompose.engine.protocol import Engine
from minicompose.errors import Conflict, EngineError, EngineUnreachable, NotFound
from minicompose.execution.followed import Followed, LogEnded
from minicompose.execution.log_text import Line, sort_key
from minicompose.execution.logs import streams_and_lines
from minicompose.execution.sources import Source


class LogReaders:
    """Reads logs to their ends. `closed` ends it early.

    `on_line` is given the container, the name of the stream and the line, `on_ended` how a log ended;
    both are called from the reading threads.
    """

    def __init__(
        self,
        engine: Engine,
        on_line: Callable[[Source, str, Line], None],
        on_ended: Callable[[LogEnded], None],
        closed: threading.Event,
    ) -> None:
        self._engine = engine
        self._on_line = on_line
        self._on_ended = on_ended
        self._closed = closed

    def read(self, found: Followed) -> None:
        """Read a log to its end, or on from the line where the reading before ended."""
        found.reading = True
        found.read_life = found.lives
        threading.Thread(
            target=self._read_to_end, args=(found,), name=f"logs of {found.source.container}", daemon=True
        ).start()

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
                heard = self._pass_on(found, follow=True)
            except (NotFound, EngineUnreachable):
                raise
            except EngineError as error:  # the logging driver keeps nothing to read
                unreadable = error.message
        state = self._engine.inspect_container(found.id)
        if state.state in ("exited", "dead") and found.readable and not unreadable and (heard or found.tail is None):
            # The engine may end a followed log before the last that a short-lived container printed.
            with contextlib.suppress(NotFound, Conflict):  # it is being removed, and how it ended is known
                heard = self._pass_on(found, follow=False) or heard
        return LogEnded(found.id, state, heard, unreadable=unreadable)

    def _pass_on(self, found: Followed, *, follow: bool) -> bool:
        """Pass on the lines that were not passed on yet; return whether there were any."""
        last = max(found.last.values(), default="")
        stream = self._engine.logs(
            found.id,
            follow=follow,
            tail=None if last else found.tail,
            since=_a_second_before(last) if last else found.since,
            timestamps=True,
        )
        found.stream = stream
        if self._closed.is_set():
            stream.close()
        heard = False
        seen = dict(found.last)
        for source_stream, line in streams_and_lines(stream):
            time = sort_key(line[0])
            if time and time <= seen.get(source_stream, ""):
                continue
            heard = True
            found.last[source_stream] = max(time, found.last.get(source_stream, ""))
            self._on_line(found.source, source_stream, line)
        return heard


def _a_second_before(time: str) -> str:
    """For a log that is read on: what comes twice is told apart by its time."""
    return str(int(datetime.fromisoformat(f"{time[:19]}+00:00").timestamp()) - 1)
