"""Follow what containers print and how they end: for an attached `up`, and for `logs -f`.

with Follower(engine, project, on_event, sources_of(plan, observed)) as follower:
    report = run_plan(plan, engine, on_event, interrupts=interrupts)
    ending = follower.wait(interrupts)
    if not isinstance(ending, AllExited):       # Ctrl-C, or a container that ends all
        later = interrupts.from_now_on()
        run_plan(stop_plan, engine, on_event, interrupts=later)
        follower.wait(later, restarts="none")  # the last words of those that were stopped
"""

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterable
from queue import SimpleQueue
from typing import Literal, Self, assert_never

import msgspec

from minicompose.engine.protocol import Engine, EngineEvent
from minicompose.errors import EngineError
from minicompose.execution.events import AnyEvent, ContainerExited, LogLine, LogLines
from minicompose.execution.followed import (
    AbortOn,
    Ended,
    Followed,
    HistoryRead,
    LogEnded,
    ReadOn,
    Restarts,
    what_follows,
)
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.logs import lines_of, unreadable
from minicompose.execution.patience import SECONDS, Patience
from minicompose.execution.readers import LogReaders
from minicompose.execution.seams import Mark, marked
from minicompose.execution.sources import Source, source_of, state_of
from minicompose.execution.subscription import Happened, StreamLive, StreamLost, Subscription, Tidings
from minicompose.planning.observed import ObservedContainer

OnEvent = Callable[[AnyEvent], None]
# What becomes of a wait when all have ended: it ends; it lasts a while for what was stopped; only Ctrl-C ends it.
WaitFor = Literal["none", "soon", "ever"]


# ---- why following ended ----


class AllExited(msgspec.Struct, frozen=True):
    """Every container that was followed has ended, and will not be restarted by the engine."""


class Stopped(msgspec.Struct, frozen=True):
    """Ctrl-C."""


class FirstExited(msgspec.Struct, frozen=True):
    """A container ended, and that was to end all."""

    container: str
    service: str
    exit_code: int


class EngineLost(msgspec.Struct, frozen=True):
    message: str


Ending = AllExited | Stopped | FirstExited | EngineLost


# ---- following ----


class _Await(msgspec.Struct, frozen=True):
    """Somebody wants to know when and why it is over."""

    ending: "SimpleQueue[Ending | _Unheard]"
    there: tuple[ObservedContainer, ...]
    restarts: WaitFor


class _Unheard(msgspec.Struct, frozen=True):
    """`on_event` has raised: a pipe that nobody reads any more, or a full disk."""

    error: Exception


class _NothingCame(msgspec.Struct, frozen=True):
    """What was stopped has not been started again in time, and nothing in its place."""


class _Close(msgspec.Struct, frozen=True):
    """Stop following."""


_Message = Tidings | LogEnded | HistoryRead | _Await | _Unheard | _NothingCame | _Close


class Follower:
    """Follows containers of a project, those that are started or replaced meanwhile included.

    `services` limits it to these; None is all. `abort_on` says which exit ends it all. With `history`
    (for `logs`) what the containers have printed before is shown first, merged by time, as far as `tail` and
    `since` allow.
    `on_event` is called from several threads, one at a time.
    """

    def __init__(
        self,
        engine: Engine,
        project: str,
        on_event: OnEvent,
        sources: Iterable[Source],
        *,
        services: Collection[str] | None = None,
        abort_on: AbortOn | None = None,
        history: bool = False,
        tail: int | None = None,
        since: str = "",
        clock: Callable[[], float] = time.monotonic,
        patience: float = SECONDS,
    ) -> None:
        self._engine = engine
        self._project = project
        self._on_event = on_event
        self._sources = {each.handle: each for each in sources if services is None or each.service in services}
        self._services = services
        self._abort_on = abort_on
        self._history = history
        self._tail = tail
        self._since = since
        self._clock = clock
        self._begun = clock()
        self._emitting = threading.Lock()
        self._messages: SimpleQueue[_Message] = SimpleQueue()
        self._subscription = Subscription(engine, project, self._messages.put)
        self._opened: SimpleQueue[Exception | None] = SimpleQueue()
        self._live = False
        self._closed = threading.Event()
        self._readers = LogReaders(engine, self._tell_lines, self._messages.put, self._closed)
        self._followed: dict[str, Followed] = {}
        self._printed: dict[str, dict[str, Mark]] = {}
        self._patience = Patience(lambda: self._messages.put(_NothingCame()), patience)
        self._restarts: WaitFor = "soon"
        self._waiter: SimpleQueue[Ending | _Unheard] | None = None
        self._unheard: _Unheard | None = None
        self._unheard_told = False
        self._first: FirstExited | None = None
        self._lost: str | None = None
        self.exit_codes: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Subscribe; what is started from now on is followed from its first line."""
        if not self._history:
            self._note_what_was_printed()
        threading.Thread(target=self._conduct, name="log follower", daemon=True).start()
        self._subscription.open()
        if (error := self._opened.get()) is not None:
            self.close()
            raise error
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def wait(self, interrupts: Interrupts, *, restarts: WaitFor = "soon") -> Ending:
        """Block until all have ended, one has that ends all, or Ctrl-C. May be called again, to see the rest end.

        What somebody has stopped may be started again, or replaced: `restarts` says whether that is waited for.
        Raises what `on_event` has raised.
        """
        ending: SimpleQueue[Ending | _Unheard] = SimpleQueue()
        with interrupts.listening(lambda _: ending.put(Stopped())):
            if interrupts.presses:
                return Stopped()
            self._messages.put(_Await(ending, self._there(), restarts))
            found = ending.get()
        if isinstance(found, _Unheard):
            raise found.error
        return found

    def _there(self) -> tuple[ObservedContainer, ...]:
        """The containers as listed, since the events of the last starts may still be on their way."""
        try:
            return self._engine.observe(self._project).containers
        except EngineError:
            return ()

    def close(self) -> None:
        """Stop following at once."""
        self._closed.set()
        self._subscription.close()
        self._messages.put(_Close())
        for each in list(self._followed.values()):
            if (stream := each.stream) is not None:
                stream.close()

    def _note_what_was_printed(self) -> None:
        """Remember where the logs of existing containers end, so that only what comes after is shown."""
        for source in self._sources.values():
            if source.state == "new":
                continue
            with contextlib.suppress(EngineError):
                stream = self._engine.logs(source.handle, tail=1, timestamps=True)
                for lines in lines_of(source, stream):
                    mark = Mark(lines[-1].time)
                    self._printed[source.handle] = {
                        "stdout": mark,
                        "stderr": mark,
                        lines[0].output.stream: marked(None, lines),
                    }

    # ---- the conductor: a thread that owns the state ----

    def _conduct(self) -> None:
        while not isinstance(message := self._messages.get(), _Close):
            self._hear(message)

    def _hear(self, message: _Message) -> None:
        match message:
            case Happened():
                self._hear_event(message.event)
            case LogEnded():
                self._hear_log_ended(self._followed[message.id], message)
            case HistoryRead():
                self._hear_history(message)
            case _Await():
                self._waiter = message.ending
                self._restarts = message.restarts
                self._catch_up(message.there)
                self._tell_waiter()
            case StreamLive():
                self._hear_live()
            case StreamLost():
                self._hear_lost(message.error)
            case _NothingCame():
                self._patience.end()
                self._tell_waiter()
            case _Unheard():
                self._unheard = message
                self._tell_waiter()
            case _Close():
                pass
            case _:
                assert_never(message)

    def _hear_live(self) -> None:
        if self._live:  # again: starts and ends may have been missed
            for each in self._followed.values():
                if each.alive and not each.reading:
                    self._readers.read(each)
            return
        self._live = True
        there = [
            self._follow(source.handle, source)
            for source in self._sources.values()
            if source.state == "running" or (self._history and source.state == "stopped")
        ]
        if self._history:
            self._readers.read_history(there)
        else:
            for each in there:
                self._readers.read(each)
        self._opened.put(None)

    def _hear_history(self, history: HistoryRead) -> None:
        for id in history.ids:
            found = self._followed[id]
            if found.tail != 0:  # what had printed nothing yet is read from its first line
                found.tail = None
            self._readers.read(found)

    def _hear_lost(self, error: Exception) -> None:
        if not self._live:
            self._opened.put(error)
            return
        self._lost = str(error)
        self._tell_waiter()

    def _hear_event(self, event: EngineEvent) -> None:
        if event.action == "start":
            self._hear_start(event)
        elif (found := self._followed.get(event.id)) is not None:
            self._hear_of_end(found, event)

    def _hear_of_end(self, found: Followed, event: EngineEvent) -> None:
        match event.action:
            case "kill":
                found.signalled = True
            case "die":
                found.code = event.exit_code
                if found.alive and not found.reading:
                    self._readers.read(found)
            case "destroy":
                found.signalled = False
                self._tell_waiter()
            case _:
                pass

    def _catch_up(self, there: tuple[ObservedContainer, ...]) -> None:
        """Follow what runs, or was started and has ended, and has not been told of by an event yet."""
        for each in there:
            if each.id in self._followed or each.oneoff or not self._is_wanted(each.service):
                continue
            source = self._sources.get(each.id) or self._sources.get(each.name) or source_of(each)
            if state_of(each) == "running" or (each.state == "exited" and source.starts):
                found = self._follow(each.id, source)
                found.lives = 1
                found.told_by_list = True
                self._readers.read(found)

    def _is_wanted(self, service: str) -> bool:
        return self._services is None or service in self._services

    def _hear_start(self, event: EngineEvent) -> None:
        found = self._followed.get(event.id)
        if found is None:
            source = self._source_of(event)
            if source is None:
                return
            found = self._follow(event.id, source)
        if found.told_by_list:
            found.told_by_list = False
            return
        self._patience.renew()
        found.lives += 1
        found.alive = True
        found.signalled = False
        found.code = None
        if not found.reading:
            self._readers.read(found)

    def _source_of(self, event: EngineEvent) -> Source | None:
        """What is known of a container that was started; one nobody told of is looked up."""
        known = self._sources.get(event.id) or self._sources.get(event.name)
        if known is not None or not event.service:
            return known
        there = self._there() if self._is_wanted(event.service) else ()
        return next((source_of(each) for each in there if each.id == event.id and not each.oneoff), None)

    def _follow(self, id: str, source: Source) -> Followed:
        self._followed[id] = Followed(
            id=id,
            source=source,
            tail=self._tail if self._history else None,
            since=self._since if self._history else "",
            marks=dict(self._printed.get(source.handle, {})),
            alive=True,
        )
        return self._followed[id]

    def _hear_log_ended(self, found: Followed, ended: LogEnded) -> None:
        found.reading = False
        found.tail = None
        if ended.unreadable and found.readable:
            found.readable = False
            self._emit(unreadable(found.source, ended.unreadable, self._now()))
        following = what_follows(found, ended)
        match following:
            case ReadOn():
                self._readers.read(found)
            case Restarts():
                self._tell_exit(found, following.code)
            case Ended():
                self._finish(found, following.code)
            case None:
                pass
            case _:
                assert_never(following)

    def _finish(self, found: Followed, code: int) -> None:
        if not found.alive:
            return
        found.alive = False
        source = found.source
        if found.was_seen_running:
            self.exit_codes[source.service] = code
            self._tell_exit(found, code)
            if found.ends_all(code, self._abort_on) and self._first is None:
                self._first = FirstExited(source.container, source.service, code)
        self._tell_waiter()

    def _tell_waiter(self) -> None:
        if self._waiter is None:
            return
        ending = self._ending()
        if ending is not None:
            self._waiter.put(ending)
            self._waiter = None

    def _ending(self) -> Ending | _Unheard | None:
        if self._unheard is not None:
            return self._unheard
        if self._lost is not None:
            return EngineLost(self._lost)
        if self._first is not None and self._abort_on is not None:
            self._abort_on = None  # told once: whoever waits again waits for all
            return self._first
        if self._restarts == "ever" or any(each.alive for each in self._followed.values()):
            return None
        if (
            self._restarts == "soon"
            and not self._patience.is_over
            and any(each.signalled for each in self._followed.values())
        ):
            self._patience.begin()
            return None
        return AllExited()

    def _tell_exit(self, found: Followed, code: int) -> None:
        source = found.source
        self._emit(
            ContainerExited(
                at=self._now(),
                container=source.container,
                service=source.service,
                number=source.number,
                exit_code=code,
            )
        )

    def _tell_lines(self, lines: list[LogLine]) -> None:
        self._emit(LogLines(at=self._now(), lines=lines))

    def _emit(self, event: AnyEvent) -> None:
        with self._emitting:
            if self._closed.is_set() or self._unheard_told:
                return
            try:
                self._on_event(event)
            except Exception as error:  # noqa: BLE001 - this is no thread to raise it in
                self._unheard_told = True
                self._messages.put(_Unheard(error))

    def _now(self) -> float:
        return self._clock() - self._begun
