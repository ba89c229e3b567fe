"""The waits of a run: one look at the container when a wait begins, and again when an event wakes it."""

from collections.abc import Callable
from typing import assert_never

import msgspec

from minicompose.engine.protocol import Engine, EngineEvent
from minicompose.errors import EngineUnreachable
from minicompose.execution.conditions import Sight, concerns, is_met_by, look, waits_for
from minicompose.execution.workers import Job
from minicompose.planning.plan import WaitUntil


class Looked(msgspec.Struct, frozen=True):
    """A worker has looked at what step `step` waits for; `sight` is None when the engine did not answer."""

    step: int
    sight: Sight | None
    error: Exception | None = None


# ---- what a look tells of a wait ----


class Met(msgspec.Struct, frozen=True):
    """What was waited for is there."""


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """It cannot come any more, or has not come in time."""

    message: str
    hint: str = ""
    output: str = ""


class Blind(msgspec.Struct, frozen=True):
    """The engine cannot be asked, or its events do not come any more."""

    error: Exception


class Troubled(msgspec.Struct, frozen=True):
    """It is still waited for, and does not look well. `what` is waited for, with the trouble."""

    what: str


Outcome = Met | Missed | Blind | Troubled


class _Wait(msgspec.Struct):
    """A `WaitUntil` that has begun. `again`: something happened while it was being looked at.

    `steady_at` is when the container will have run for long enough, set while only that is waited for;
    `died` is the code with which it ended, other than 0, while it was waited for.
    """

    step: int
    action: WaitUntil
    since: float
    what: str
    looking: bool = False
    again: bool = False
    steady_at: float | None = None
    died: int | None = None


class Waits:
    """The waits that are open. They take no thread: a look is a job given to `ask`, and told to `tell`.

    `deadline` and each `now` are in seconds since the run began.
    """

    def __init__(
        self,
        engine: Engine,
        ask: Callable[[Job], None],
        tell: Callable[[Looked], None],
        deadline: float | None,
    ) -> None:
        self._engine = engine
        self._ask = ask
        self._tell = tell
        self._deadline = deadline
        self._deadline_passed = False
        self._lost: Exception | None = None
        self._open: dict[int, _Wait] = {}
        self._waiting_for: dict[str, set[int]] = {}
        # Containers that are being started and whose start has not been seen among the events yet:
        # what the stream tells of them may be of their life before.
        self._starting: set[str] = set()
        self._start_of: dict[str, float] = {}

    def __contains__(self, step: int) -> bool:
        return step in self._open

    def open(self, step: int, action: WaitUntil, now: float) -> str:
        """Begin to wait with a first look; returns what is waited for, in words."""
        what = waits_for(action.condition)
        self._open[step] = _Wait(step=step, action=action, since=now, what=what)
        self._waiting_for.setdefault(action.container, set()).add(step)
        self.look(step)
        return what

    def close(self, step: int) -> None:
        """The step is over, whether it waited or not."""
        wait = self._open.pop(step, None)
        if wait is not None:
            self._waiting_for[wait.action.container].discard(step)

    def look(self, step: int) -> None:
        """Have a worker look; one that is at it may have looked too early, so it looks again after that."""
        wait = self._open[step]
        if wait.looking:
            wait.again = True
            return
        wait.looking = True
        self._ask(lambda: self._look(wait.step, wait.action))

    def _look(self, step: int, action: WaitUntil) -> None:
        """In a worker."""
        try:
            self._tell(Looked(step, look(self._engine, action.container, action.condition, steadily=action.steady > 0)))
        except Exception as error:  # noqa: BLE001 - the loop decides what it means
            self._tell(Looked(step, None, error))

    def _look_at_all(self) -> None:
        for step in self._open:
            self.look(step)

    # ---- what happens meanwhile ----

    def expect_start(self, container: str) -> None:
        """The container is about to be started."""
        self._starting.add(container)

    def note_start(self, container: str, now: float) -> None:
        """The container has been started: what it has to be steady from."""
        self._start_of[container] = now

    def woken_by(self, event: EngineEvent) -> list[tuple[int, bool]]:
        """The steps that wait for the event's container, and whether it tells that the wait is met."""
        if not concerns(event):
            return []
        names = {event.id, event.name}
        if event.action == "start":
            self._starting -= names
        told_of_now = not self._starting & names
        if told_of_now and event.action == "die" and event.exit_code:
            for step in (step for name in names for step in self._waiting_for.get(name, ())):
                self._open[step].died = event.exit_code
        return [
            (step, told_of_now and _is_met_by(self._open[step].action, event))
            for step in sorted(step for name in names for step in self._waiting_for.get(name, ()))
        ]

    def hear_live(self) -> None:
        """Events come; some may have been missed if they came before."""
        self._starting.clear()
        self._look_at_all()

    def hear_lost(self, error: Exception) -> None:
        """No events will come any more."""
        self._lost = error
        self._look_at_all()

    def time_left(self, now: float) -> float | None:
        """The seconds until there is something to do without being told; None when there is not."""
        times = [wait.steady_at for wait in self._open.values() if wait.steady_at is not None]
        if self._deadline is not None and not self._deadline_passed:
            times.append(self._deadline)
        return max(min(times) - now, 0) if times else None

    def pass_time(self, now: float) -> None:
        """Look at what has run for long enough; at the deadline, each open wait has one last look."""
        for wait in self._open.values():
            if wait.steady_at is not None and wait.steady_at <= now:
                wait.steady_at = None
                self.look(wait.step)
        if self._deadline is not None and self._deadline <= now and not self._deadline_passed:
            self._deadline_passed = True
            self._look_at_all()

    # ---- what a look found ----

    def hear_look(self, looked: Looked, now: float) -> Outcome | None:
        """What the look tells; None when there is nothing to tell: the wait goes on, or is over already."""
        wait = self._open.get(looked.step)
        if wait is None:
            return None  # an event told first
        wait.looking = False
        if looked.sight is None:
            return self._hear_blind_look(wait, looked.error)
        match looked.sight.verdict:
            case "holds":
                return self._judge_steadiness(wait, looked.sight, now)
            case "failed":
                return Missed(message=looked.sight.message, hint=looked.sight.hint, output=looked.sight.output)
            case "open":
                return self._keep_waiting(wait, looked.sight, now)
            case _:
                assert_never(looked.sight.verdict)

    def _judge_steadiness(self, wait: _Wait, sight: Sight, now: float) -> Outcome | None:
        """The condition holds: whether it has held for long enough."""
        steady = max(wait.action.steady if sight.provisional else 0.0, wait.action.monitor)
        if not steady:
            return Met()
        if wait.died is not None:
            return Missed(message=f"exited with code {wait.died} as soon as it was started")
        steady_at = self._start_of.get(wait.action.container, wait.since) + steady
        if now >= steady_at:
            return Met()
        if self._deadline_passed:
            return _late(wait, sight, now)
        wait.steady_at = steady_at
        return None

    def _hear_blind_look(self, wait: _Wait, error: Exception | None) -> Blind | None:
        """The engine did not answer. While it is being reached again, that is no answer yet."""
        assert error is not None
        if isinstance(error, EngineUnreachable) and self._lost is None and not self._deadline_passed:
            wait.again = False
            return None
        return Blind(error)

    def _keep_waiting(self, wait: _Wait, sight: Sight, now: float) -> Outcome | None:
        if wait.again:
            wait.again = False
            self.look(wait.step)
            return None
        if self._deadline_passed:
            return _late(wait, sight, now)
        if self._lost is not None:
            return Blind(self._lost)
        return _trouble(wait, sight.trouble) if sight.trouble else None


def _is_met_by(action: WaitUntil, event: EngineEvent) -> bool:
    return not action.monitor and is_met_by(action.condition, event)


def _late(wait: _Wait, sight: Sight, now: float) -> Missed:
    what = waits_for(wait.action.condition)
    return Missed(message=f"not {what} after {now - wait.since:.1f}s of waiting, and the time is up ({sight.present})")


def _trouble(wait: _Wait, trouble: str) -> Troubled | None:
    """The trouble, unless it was told already."""
    what = f"{waits_for(wait.action.condition)} ({trouble})"
    if what == wait.what:
        return None
    wait.what = what
    return Troubled(what)
