"""Follow what containers print and how they end: for an attached `up`, and for `logs`.

with Follower(engine, project, on_event, sources_of(plan, observed)) as follower:
    report = run_plan(plan, engine, on_event, interrupts=interrupts)
    ending = follower.wait(interrupts)
    if not isinstance(ending, AllExited):       # Ctrl-C, or a container that ends all
        later = interrupts.from_now_on()
        run_plan(stop_plan, engine, on_event, interrupts=later)
        follower.wait(later)                    # the last words of those that were stopped
"""

import contextlib
import heapq
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from queue import SimpleQueue
from typing import Literal, Self, assert_never

import msgspec

from minicompose.engine.protocol import ContainerState, Engine, EngineEvent, LogStream
from minicompose.errors import EngineError, EngineUnreachable, NotFound
from minicompose.execution.events import AnyEvent, ContainerExited, LogLine, Notice
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.log_text import Line, LinesOfStreams, sort_key
from minicompose.execution.subscription import Happened, StreamLive, StreamLost, Subscription, Tidings
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import (
    CreateContainer,
    Plan,
    RemoveContainer,
    RestartContainer,
    StartContainer,
    StopContainer,
    WaitUntil,
)

OnEvent = Callable[[AnyEvent], None]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A container whose output is wanted. `handle` is the id or name by which the engine knows it now.

    `state`: a new one is shown from its first line, one that is stopped from its next start on, a
    running one from now on. The plan `starts` it; or ends it, so that the end of one that `leaves`
    means nothing. A `job` is meant to end with 0.
    """

    handle: str
    container: str
    service: str
    number: int
    state: Literal["new", "stopped", "running"]
    starts: bool = False
    leaves: bool = False
    job: bool = False


def sources_of(plan: Plan, observed: Observed) -> tuple[Source, ...]:
    """The containers that there are, one-offs left out, and those that the plan will create."""
    actions = [step.action for step in plan.steps]
    leaving = {
        action.container for action in actions if isinstance(action, StopContainer | RemoveContainer | RestartContainer)
    }
    starting = {action.container for action in actions if isinstance(action, StartContainer | RestartContainer)}
    jobs = {action.container for action in actions if isinstance(action, WaitUntil) and action.condition == "completed"}
    there = tuple(
        Source(
            handle=each.id,
            container=each.name,
            service=each.service,
            number=each.number,
            state=_state(each),
            starts=bool({each.id, each.name} & starting),
            leaves=bool({each.id, each.name} & leaving),
            job=bool({each.id, each.name} & jobs),
        )
        for each in observed.containers
        if not each.oneoff
    )
    created = tuple(
        Source(
            handle=action.name,
            container=action.spec.name,
            service=action.spec.service.name,
            number=action.spec.number,
            state="new",
            starts=True,
            job=action.name in jobs,
        )
        for action in actions
        if isinstance(action, CreateContainer)
    )
    return there + created


def _found(container: ObservedContainer) -> Source:
    """One that was created by somebody else meanwhile."""
    return Source(
        handle=container.id,
        container=container.name,
        service=container.service,
        number=container.number,
        state="new",
        starts=True,
    )


def _state(container: ObservedContainer) -> Literal["stopped", "running"]:
    return "running" if container.state in ("running", "paused", "restarting") else "stopped"


# ---- logs as they are ----


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
                handle=each.id, container=each.name, service=each.service, number=each.number, state=_state(each)
            )
            streams.append(_lines_of(source, stream))
        merged = heapq.merge(*streams, key=lambda found: sort_key(found[2][0]))
        for source, name, line in merged:
            on_event(_log_line(source, name, line, clock() - begun))


def _lines_of(source: Source, stream: LogStream) -> Iterator[tuple[Source, str, Line]]:
    return ((source, name, line) for name, line in _streams_and_lines(stream))


def _streams_and_lines(stream: LogStream) -> Iterator[tuple[str, Line]]:
    lines = LinesOfStreams()
    for chunk in stream:
        for line in lines.feed(chunk):
            yield chunk.stream, line
    yield from lines.flush()


def _log_line(source: Source, stream: str, line: Line, at: float) -> LogLine:
    return LogLine(
        at=at,
        container=source.container,
        service=source.service,
        number=source.number,
        stream="stderr" if stream == "stderr" else "stdout",
        text=line[1],
        time=line[0],
    )


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


class _LogEnded(msgspec.Struct, frozen=True):
    """A container's log has ended. `state` is how the container was found then, None where the engine did not say.

    `heard` is whether the log had anything, `gone` that there is no such container any more, and
    `unreadable` says why there is no log.
    """

    id: str
    state: ContainerState | None = None
    heard: bool = False
    gone: bool = False
    unreadable: str = ""


class _Await(msgspec.Struct, frozen=True):
    """Somebody wants to know when and why it is over."""

    ending: "SimpleQueue[Ending | _Unheard]"
    there: tuple[ObservedContainer, ...]


class _Unheard(msgspec.Struct, frozen=True):
    """`on_event` has raised: a pipe that nobody reads any more, or a full disk."""

    error: Exception


class _Close(msgspec.Struct, frozen=True):
    """Stop following."""


_Message = Tidings | _LogEnded | _Await | _Unheard | _Close


class _Followed(msgspec.Struct):
    """One container. `lives` counts its starts that were seen; `last` is the time of each stream's last line.
    `told_by_list`: it was found to have been started before the event that tells so came.

    Belongs to the conductor, except `last` and `stream`: these to the thread that reads, while there is one.
    """

    id: str
    source: Source
    tail: int | None = None
    since: str = ""
    last: dict[str, str] = {}
    alive: bool = True
    reading: bool = False
    readable: bool = True
    told_by_list: bool = False
    lives: int = 0
    read_life: int = 0
    code: int | None = None
    stream: LogStream | None = None


class Follower:
    """Follows containers of a project, those that are started or replaced meanwhile included.

    `services` limits it to these; None is all. `abort_on` says which exit ends it all. With `history`
    (for `logs`) what the containers have printed before is shown first, as far as `tail` and `since` allow.
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
        abort_on: Literal["exit", "failure"] | None = None,
        history: bool = False,
        tail: int | None = None,
        since: str = "",
        clock: Callable[[], float] = time.monotonic,
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
        self._followed: dict[str, _Followed] = {}
        self._printed: dict[str, str] = {}
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

    def wait(self, interrupts: Interrupts) -> Ending:
        """Block until all have ended, one has that ends all, or Ctrl-C. May be called again, to see the rest end.

        Raises what `on_event` has raised.
        """
        ending: SimpleQueue[Ending | _Unheard] = SimpleQueue()
        with interrupts.listening(lambda _: ending.put(Stopped())):
            if interrupts.presses:
                return Stopped()
            self._messages.put(_Await(ending, self._there()))
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
                times = [sort_key(line[0]) for _, _, line in _lines_of(source, stream)]
                self._printed[source.handle] = max(times, default="")

    # ---- the conductor: a thread that owns the state ----

    def _conduct(self) -> None:
        while not isinstance(message := self._messages.get(), _Close):
            self._hear(message)

    def _hear(self, message: _Message) -> None:
        match message:
            case Happened():
                self._hear_event(message.event)
            case _LogEnded():
                self._hear_log_ended(self._followed[message.id], message)
            case _Await():
                self._waiter = message.ending
                self._catch_up(message.there)
                self._tell_waiter()
            case StreamLive():
                self._hear_live()
            case StreamLost():
                self._hear_lost(message.error)
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
                    self._read(each)
            return
        self._live = True
        for source in self._sources.values():
            if source.state == "running" or (self._history and source.state == "stopped"):
                self._read(self._follow(source.handle, source))
        self._opened.put(None)

    def _hear_lost(self, error: Exception) -> None:
        if not self._live:
            self._opened.put(error)
            return
        self._lost = str(error)
        self._tell_waiter()

    def _hear_event(self, event: EngineEvent) -> None:
        if event.action == "start":
            self._hear_start(event)
        elif event.action == "die" and (found := self._followed.get(event.id)) is not None:
            found.code = event.exit_code
            if found.alive and not found.reading:
                self._read(found)

    def _catch_up(self, there: tuple[ObservedContainer, ...]) -> None:
        """Follow what runs, or was started and has ended, and has not been told of by an event yet."""
        for each in there:
            if each.id in self._followed or each.oneoff or not self._is_wanted(each.service):
                continue
            source = self._sources.get(each.id) or self._sources.get(each.name) or _found(each)
            if _state(each) == "running" or (each.state == "exited" and source.starts):
                found = self._follow(each.id, source)
                found.lives = 1
                found.told_by_list = True
                self._read(found)

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
        found.lives += 1
        found.alive = True
        found.code = None
        if not found.reading:
            self._read(found)

    def _source_of(self, event: EngineEvent) -> Source | None:
        """What is known of a container that was started; one nobody told of is looked up."""
        known = self._sources.get(event.id) or self._sources.get(event.name)
        if known is not None or not event.service:
            return known
        there = self._there() if self._is_wanted(event.service) else ()
        return next((_found(each) for each in there if each.id == event.id and not each.oneoff), None)

    def _follow(self, id: str, source: Source) -> _Followed:
        printed = self._printed.get(source.handle, "")
        self._followed[id] = _Followed(
            id=id,
            source=source,
            tail=self._tail if self._history else None,
            since=self._since if self._history else "",
            last={"stdout": printed, "stderr": printed} if printed else {},
            alive=True,
        )
        return self._followed[id]

    def _hear_log_ended(self, found: _Followed, ended: _LogEnded) -> None:
        found.reading = False
        found.tail = None
        if ended.unreadable and found.readable:
            found.readable = False
            self._emit(
                Notice(
                    at=self._now(), severity="warning", text=f"no logs of {found.source.container}: {ended.unreadable}"
                )
            )
        if found.lives > found.read_life:
            self._read(found)  # it was started again meanwhile
        elif ended.gone:
            self._finish(found, found.code or 0)
        elif ended.state is not None:
            self._judge(found, ended.state, ended.heard)

    def _judge(self, found: _Followed, state: ContainerState, heard: bool) -> None:
        match state.state:
            case "exited" | "dead" | "removing":
                self._finish(found, state.exit_code)
            case "restarting":
                self._tell_exit(found, state.exit_code)  # its next start is told by an event
            case "running" | "paused":
                if heard:
                    self._read(found)  # the stream broke, not the container
            case "created":
                pass
            case _:
                assert_never(state.state)

    def _finish(self, found: _Followed, code: int) -> None:
        if not found.alive:
            return
        found.alive = False
        source = found.source
        was_seen_running = found.lives > 0 or source.state == "running"
        if was_seen_running:
            self.exit_codes[source.service] = code
            self._tell_exit(found, code)
            if self._ends_all(found, code) and self._first is None:
                self._first = FirstExited(source.container, source.service, code)
        self._tell_waiter()

    def _ends_all(self, found: _Followed, code: int) -> bool:
        if found.source.leaves and not found.lives:
            return False
        match self._abort_on:
            case None:
                return False
            case "failure":
                return code != 0
            case "exit":
                return code != 0 or not found.source.job
            case _:
                assert_never(self._abort_on)

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
        if any(each.alive for each in self._followed.values()):
            return None
        return AllExited()

    def _tell_exit(self, found: _Followed, code: int) -> None:
        source = found.source
        self._emit(ContainerExited(at=self._now(), container=source.container, service=source.service, exit_code=code))

    # ---- the readers: a thread for each container that has something to say ----

    def _read(self, found: _Followed) -> None:
        found.reading = True
        found.read_life = found.lives
        threading.Thread(
            target=self._read_to_end, args=(found,), name=f"logs of {found.source.container}", daemon=True
        ).start()

    def _read_to_end(self, found: _Followed) -> None:
        try:
            ended = self._pass_on_log(found)
        except NotFound:
            ended = _LogEnded(found.id, gone=True)
        except Exception:  # noqa: BLE001 - the engine is away; its events tell when it is back
            ended = _LogEnded(found.id)
        self._messages.put(ended)

    def _pass_on_log(self, found: _Followed) -> _LogEnded:
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
            heard = self._pass_on(found, follow=False) or heard
        return _LogEnded(found.id, state, heard, unreadable=unreadable)

    def _pass_on(self, found: _Followed, *, follow: bool) -> bool:
        """Emit the lines that were not emitted yet; return whether there were any."""
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
        for source_stream, line in _streams_and_lines(stream):
            time = sort_key(line[0])
            if time and time <= seen.get(source_stream, ""):
                continue
            heard = True
            found.last[source_stream] = max(time, found.last.get(source_stream, ""))
            self._emit(_log_line(found.source, source_stream, line, self._now()))
        return heard

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


def _a_second_before(time: str) -> str:
    """For a log that is read on: what comes twice is told apart by its time."""
    return str(int(datetime.fromisoformat(f"{time[:19]}+00:00").timestamp()) - 1)
