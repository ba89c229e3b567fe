"""Carry out a plan: every step as soon as what it needs is done, and nothing twice.

The calling thread owns the state and is the only one that emits events. Workers make the engine's
calls and put what came of them on one queue; so do the subscription to the engine's events and the
interrupts; the loop takes one message after the other. A step that waits has no thread.
"""

import contextlib
import heapq
import time
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import assert_never

import msgspec

from minicompose.engine.protocol import Engine, EngineEvent, Progress
from minicompose.errors import EngineUnreachable, MinicomposeError, NotFound
from minicompose.execution.actions import failure, perform
from minicompose.execution.conditions import Sight, concerns, is_met_by, look, waits_for
from minicompose.execution.events import (
    AnyEvent,
    Interrupted,
    RunFinished,
    RunReport,
    RunStarted,
    StepCancelled,
    StepDone,
    StepFailed,
    StepProgress,
    StepStarted,
    StepUndone,
    StepWaits,
)
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.order import Order, Rank
from minicompose.execution.subscription import Happened, StreamLive, StreamLost, Subscription, Tidings
from minicompose.execution.workers import Job, Workers
from minicompose.planning.plan import Action, BuildImage, Plan, RestartContainer, StartContainer, Step, WaitUntil

OnEvent = Callable[[AnyEvent], None]

# How many lines of a build's output are kept to show when it fails.
BUILD_LINES = 30
INTERRUPTED = "interrupted"


def run_plan(
    plan: Plan,
    engine: Engine,
    on_event: OnEvent,
    *,
    interrupts: Interrupts | None = None,
    workers: int = 4,
    deadline: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> RunReport:
    """Carry out `plan` and tell `on_event` what happens; both in the calling thread.

    At most `workers` engine calls are in flight. `deadline` is in seconds from now: waits that are
    open then fail. The first of `interrupts` lets what runs end and begins nothing more, except
    what puts back what was; the second returns at once. Failed steps are in the report.
    Raises EngineUnreachable when the plan has waits and the engine's events cannot be had at
    all, ValueError for a plan whose edges make no sense, and, when all is over, whatever
    a step raised that is not one of `minicompose.errors`.
    """
    return _Run(plan, engine, on_event, interrupts or Interrupts(), workers, deadline, clock).run()


# ---- what the loop hears ----


class _Pressed(msgspec.Struct, frozen=True):
    times: int


class _PremiseFailed(msgspec.Struct, frozen=True):
    step: int


class _PremiseHolds(msgspec.Struct, frozen=True):
    step: int


class _Progressed(msgspec.Struct, frozen=True):
    step: int
    progress: Progress


class _Performed(msgspec.Struct, frozen=True):
    step: int
    error: Exception | None = None


class _Looked(msgspec.Struct, frozen=True):
    step: int
    sight: Sight | None
    error: Exception | None = None


class _Undone(msgspec.Struct, frozen=True):
    """The undo of one step of a group; `last` frees the worker."""

    step: int
    error: Exception | None
    last: bool


_Message = _Pressed | _PremiseFailed | _PremiseHolds | _Progressed | _Performed | _Looked | _Undone | Tidings


class _Wait(msgspec.Struct):
    """A `WaitUntil` that has begun. `again`: something happened while it was being looked at."""

    step: int
    action: WaitUntil
    since: float
    what: str
    looking: bool = True
    again: bool = False


class _Run:
    """The state of one run. All of it belongs to the calling thread, except the queue."""

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        on_event: OnEvent,
        interrupts: Interrupts,
        workers: int,
        deadline: float | None,
        clock: Callable[[], float],
    ) -> None:
        self._plan = plan
        self._engine = engine
        self._on_event = on_event
        self._interrupts = interrupts
        self._workers = Workers(workers)
        self._deadline = deadline
        self._clock = clock
        self._start = clock()
        self._messages: SimpleQueue[_Message] = SimpleQueue()
        self._order = Order(plan)
        self._needs = dict(self._order.needs)
        # Not settled yet, in the plan's order; and those of all that a worker or a wait has taken up.
        self._open = dict(self._order.steps)
        self._begun: set[int] = set()
        self._ready: list[tuple[Rank, int]] = []
        # Before any ready step: looks at what is waited for, and undoing.
        self._urgent: deque[Job] = deque()
        self._waits: dict[int, _Wait] = {}
        self._waiting_for: dict[str, set[int]] = {}
        # Containers that are being started and whose start has not been seen among the events yet:
        # what the stream tells of them may be of their life before.
        self._starting: set[str] = set()
        self._groups: dict[str, list[Step]] = {}
        self._group_open: dict[str, int] = {}
        self._undoing = 0
        self._build_output: dict[int, list[str]] = {}
        self._live = False
        self._stream_error: Exception | None = None
        self._presses = 0
        self._deadline_passed = False
        self._done: list[int] = []
        self._changed: set[int] = set()
        self._skipped: set[int] = set()
        self._failures: dict[int, str] = {}
        self._cancelled: list[int] = []
        self._bug: Exception | None = None

    # ---- the loop ----

    def run(self) -> RunReport:
        self._emit(RunStarted(at=self._now(), plan=self._plan))
        if self._plan.steps:
            self._prepare()
            try:
                with self._listening():
                    self._hear_press(self._interrupts.presses)
                    self._loop()
            finally:
                self._workers.dismiss()
        self._emit(
            RunFinished(
                at=self._now(),
                done=len(self._done) - len(self._skipped),
                failed=len(self._failures),
                cancelled=len(self._cancelled),
                skipped=len(self._skipped),
            )
        )
        if self._bug is not None:
            raise self._bug
        return RunReport(
            plan=self._plan,
            done=tuple(self._done),
            failures=tuple(self._failures.items()),
            cancelled=tuple(self._cancelled),
            interrupted=self._presses > 0,
        )

    def _prepare(self) -> None:
        for step in self._plan.steps:
            if not self._needs[step.id]:
                self._make_ready(step.id)
            group = _group(step)
            self._groups.setdefault(group, []).append(step)
            self._group_open[group] = self._group_open.get(group, 0) + 1

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """The interrupts, and the engine's events where something is waited for, come to the queue."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._interrupts.listening(lambda times: self._messages.put(_Pressed(times))))
            if any(isinstance(step.action, WaitUntil) for step in self._plan.steps):
                subscription = Subscription(self._engine, self._plan.project, self._messages.put)
                stack.callback(subscription.close)
                subscription.open()
            else:
                self._live = True
            yield

    def _loop(self) -> None:
        while self._open or self._undoing or not self._workers.idle:
            if self._live:
                self._hand_out()
            message = self._next()
            if message is None:
                self._pass_deadline()
            else:
                self._hear(message)
            if self._presses > 1:
                self._give_up()
                return

    def _next(self) -> _Message | None:
        """The next message, or None when the deadline has come before it."""
        if self._deadline is None or self._deadline_passed:
            return self._messages.get()
        left = self._deadline - self._now()
        try:
            return self._messages.get(timeout=max(left, 0)) if left > 0 else self._messages.get_nowait()
        except Empty:
            return None

    def _hear(self, message: _Message) -> None:
        match message:
            case Happened():
                self._hear_event(message.event)
            case _Looked():
                self._hear_look(message)
            case _Performed():
                self._workers.take_back()
                self._hear_result(message.step, message.error)
            case _Progressed():
                self._hear_progress(message.step, message.progress)
            case _PremiseHolds():
                self._begin(self._order.steps[message.step])
            case _PremiseFailed():
                self._workers.take_back()
                self._settle_done(message.step, skipped=True)
            case _Undone():
                self._hear_undone(message)
            case _Pressed():
                self._hear_press(message.times)
            case StreamLive():
                self._hear_live()
            case StreamLost():
                self._hear_lost(message.error)
            case _:
                assert_never(message)

    # ---- handing out ----

    def _make_ready(self, id: int) -> None:
        heapq.heappush(self._ready, (self._order.ranks[id], id))

    def _hand_out(self) -> None:
        """Give work to the free workers: the urgent first, then ready steps by their rank."""
        while self._workers.free and (self._urgent or self._ready):
            if self._urgent:
                self._workers.hand(self._urgent.popleft())
                continue
            _, id = heapq.heappop(self._ready)
            if id in self._open:
                self._take_up(self._open[id])

    def _take_up(self, step: Step) -> None:
        self._begun.add(step.id)
        if step.when is not None:
            self._workers.hand(lambda: self._check_and_perform(step))
            return
        self._begin(step)
        if not isinstance(step.action, WaitUntil):
            self._workers.hand(lambda: self._perform(step))

    def _begin(self, step: Step) -> None:
        """The step is about to be done: its premise holds, where it has one."""
        if isinstance(step.action, WaitUntil):
            self._open_wait(step, step.action)
            return
        self._changed.add(step.id)
        if isinstance(step.action, StartContainer | RestartContainer):
            self._starting.add(step.action.container)
        self._emit(StepStarted(at=self._now(), step=step.id))

    # ---- in a worker ----

    def _check_and_perform(self, step: Step) -> None:
        assert step.when is not None
        try:
            holds = self._engine.image_id(step.when.image) != step.when.id
        except Exception as error:  # noqa: BLE001 - the loop decides what it means
            self._messages.put(_Performed(step.id, error))
            return
        if not holds:
            self._messages.put(_PremiseFailed(step.id))
            return
        self._messages.put(_PremiseHolds(step.id))
        self._perform(step)

    def _perform(self, step: Step) -> None:
        try:
            if not isinstance(step.action, WaitUntil):
                perform(self._engine, step.action, lambda progress: self._messages.put(_Progressed(step.id, progress)))
        except Exception as error:  # noqa: BLE001 - the loop decides what it means
            self._messages.put(_Performed(step.id, error))
        else:
            self._messages.put(_Performed(step.id))

    def _look(self, step: int, action: WaitUntil) -> None:
        try:
            self._messages.put(_Looked(step, look(self._engine, action.container, action.condition)))
        except Exception as error:  # noqa: BLE001 - the loop decides what it means
            self._messages.put(_Looked(step, None, error))

    def _undo(self, steps: list[Step]) -> None:
        """Undo the last step first; what several of them would do is done once."""
        tried: list[Action] = []
        for step in steps:
            error: Exception | None = None
            for action in step.undo:
                if action in tried:
                    continue
                tried.append(action)
                try:
                    perform(self._engine, action, _unheard)
                except NotFound:
                    continue  # it was never made: nothing to take back
                except Exception as problem:  # noqa: BLE001 - the rest still has to be put back
                    error = error or problem
            self._messages.put(_Undone(step.id, error, step is steps[-1]))

    # ---- results ----

    def _hear_result(self, id: int, error: Exception | None) -> None:
        step = self._order.steps[id]
        if isinstance(step.action, WaitUntil) and error is None:
            return  # its premise was checked by a worker, and now it waits without one
        if error is None:
            self._settle_done(id)
        else:
            self._fail_with(id, error)

    def _hear_progress(self, id: int, progress: Progress) -> None:
        if progress.text and isinstance(self._order.steps[id].action, BuildImage):
            lines = self._build_output.setdefault(id, [])
            lines.append(progress.text)
            del lines[:-BUILD_LINES]
        self._emit(
            StepProgress(
                at=self._now(),
                step=id,
                layer=progress.layer,
                status=progress.status,
                current=progress.current,
                total=progress.total,
                text=progress.text,
            )
        )

    def _settle_done(self, id: int, *, skipped: bool = False) -> None:
        self._settle(id)
        self._done.append(id)
        if skipped:
            self._skipped.add(id)
        self._emit(StepDone(at=self._now(), step=id, skipped=skipped))
        for other in self._order.dependents[id]:
            self._release(other)
        self._undo_if_over(id)

    def _fail_with(self, id: int, error: Exception) -> None:
        """Fail a step for what its call raised."""
        output = "".join(line if line.endswith("\n") else f"{line}\n" for line in self._build_output.pop(id, ()))
        if isinstance(error, MinicomposeError):
            self._fail(id, error.message, error.hint, output)
            return
        self._bug = self._bug or error
        self._fail(id, f"{type(error).__name__}: {error}", "this is a bug in minicompose", output)

    def _fail(self, id: int, message: str, hint: str = "", output: str = "") -> None:
        self._settle(id)
        self._failures[id] = message
        self._emit(StepFailed(at=self._now(), step=id, message=message, hint=hint, output=output.rstrip("\n")))
        step = self._order.steps[id]
        because = failure(step.action, f"{step.subject.type} {step.subject.name}")
        self._cancel(self._downstream(id), because)
        self._undo_if_over(id)

    def _downstream(self, id: int) -> list[int]:
        """What needs step `id` and is not cancelled already, in the plan's order."""
        found: set[int] = set()
        to_see = [id]
        while to_see:
            for other in self._order.dependents[to_see.pop()]:
                if other in self._open and other not in found:
                    found.add(other)
                    to_see.append(other)
        return sorted(found, key=lambda other: self._order.ranks[other][2])

    def _cancel(self, ids: list[int], because: str) -> None:
        for id in ids:
            self._settle(id)
            self._cancelled.append(id)
            self._emit(StepCancelled(at=self._now(), step=id, because=because))
        for id in ids:
            self._undo_if_over(id)

    def _settle(self, id: int) -> None:
        """The step is over, in whichever way."""
        step = self._open.pop(id)
        self._group_open[_group(step)] -= 1
        wait = self._waits.pop(id, None)
        if wait is not None:
            self._waiting_for[wait.action.container].discard(id)
        for other in self._order.wanters[id]:
            self._release(other)

    def _release(self, id: int) -> None:
        """One less that step `id` has to wait for."""
        self._needs[id] -= 1
        if not self._needs[id] and id in self._open:
            self._make_ready(id)

    # ---- waiting ----

    def _open_wait(self, step: Step, action: WaitUntil) -> None:
        if self._presses:
            self._cancel([step.id], INTERRUPTED)
            return
        what = waits_for(action.condition)
        self._waits[step.id] = _Wait(step=step.id, action=action, since=self._now(), what=what)
        self._waiting_for.setdefault(action.container, set()).add(step.id)
        self._emit(StepWaits(at=self._now(), step=step.id, what=what))
        self._urgent.append(lambda: self._look(step.id, action))

    def _hear_event(self, event: EngineEvent) -> None:
        if not concerns(event):
            return
        names = {event.id, event.name}
        if event.action == "start":
            self._starting -= names
        told_of_now = not self._starting & names
        for id in sorted(id for name in names for id in self._waiting_for.get(name, ())):
            if told_of_now and is_met_by(self._waits[id].action.condition, event):
                self._settle_done(id)
            else:
                self._look_again(self._waits[id])

    def _look_again(self, wait: _Wait) -> None:
        if wait.looking:
            wait.again = True
            return
        wait.looking = True
        id, action = wait.step, wait.action
        self._urgent.append(lambda: self._look(id, action))

    def _hear_look(self, looked: _Looked) -> None:
        self._workers.take_back()
        wait = self._waits.get(looked.step)
        if wait is None:
            return  # an event told first
        wait.looking = False
        if looked.sight is None:
            self._hear_blind_look(wait, looked.error)
            return
        match looked.sight.verdict:
            case "holds":
                self._settle_done(wait.step)
            case "failed":
                self._fail(wait.step, looked.sight.message, looked.sight.hint, looked.sight.output)
            case "open":
                self._keep_waiting(wait, looked.sight)
            case _:
                assert_never(looked.sight.verdict)

    def _hear_blind_look(self, wait: _Wait, error: Exception | None) -> None:
        """The engine did not answer. While it is being reached again, that is no answer yet."""
        assert error is not None
        if isinstance(error, EngineUnreachable) and self._stream_error is None and not self._deadline_passed:
            wait.again = False
            return
        self._fail_with(wait.step, error)

    def _keep_waiting(self, wait: _Wait, sight: Sight) -> None:
        if wait.again:
            wait.again = False
            self._look_again(wait)
        elif self._deadline_passed:
            self._fail_late(wait, sight)
        elif self._stream_error is not None:
            self._fail_with(wait.step, self._stream_error)
        elif sight.trouble:
            self._tell_trouble(wait, sight.trouble)

    def _tell_trouble(self, wait: _Wait, trouble: str) -> None:
        what = f"{waits_for(wait.action.condition)} ({trouble})"
        if what != wait.what:
            wait.what = what
            self._emit(StepWaits(at=self._now(), step=wait.step, what=what))

    def _fail_late(self, wait: _Wait, sight: Sight) -> None:
        waited = self._now() - wait.since
        message = f"not {waits_for(wait.action.condition)} after {waited:.1f}s of waiting, and the time is up"
        self._fail(wait.step, f"{message} ({sight.present})")

    def _pass_deadline(self) -> None:
        """Time is up: each open wait has one last look, which also tells how things are."""
        self._deadline_passed = True
        for wait in list(self._waits.values()):
            self._look_again(wait)

    def _hear_live(self) -> None:
        """Events come; some may have been missed if they came before."""
        self._live = True
        self._starting.clear()
        for wait in list(self._waits.values()):
            self._look_again(wait)

    def _hear_lost(self, error: Exception) -> None:
        if not self._live:
            raise error  # nothing has been begun
        self._stream_error = error
        for wait in list(self._waits.values()):
            self._look_again(wait)

    # ---- the end of it ----

    def _hear_press(self, times: int) -> None:
        if times <= self._presses:
            return
        self._presses = times
        self._emit(Interrupted(at=self._now(), times=times))
        if self._presses:
            self._cancel([id for id in self._open if id not in self._begun or id in self._waits], INTERRUPTED)

    def _give_up(self) -> None:
        """What still runs is left to itself."""
        for id in list(self._open):
            self._cancelled.append(id)
            self._emit(StepCancelled(at=self._now(), step=id, because=INTERRUPTED))

    def _undo_if_over(self, id: int) -> None:
        """When a step's group is over, put back what its steps that failed or were not begun would have."""
        group = _group(self._order.steps[id])
        if self._group_open[group]:
            return
        members, self._groups[group] = self._groups[group], []
        to_undo: list[Step] = []
        changed_before = False
        for step in members:
            changed_before = changed_before or step.id in self._changed
            failed = step.id in self._failures
            if step.undo and (failed or (changed_before and step.id not in self._done)):
                to_undo.append(step)
        if to_undo:
            to_undo.reverse()
            self._undoing += 1
            self._urgent.append(lambda: self._undo(to_undo))

    def _hear_undone(self, undone: _Undone) -> None:
        if undone.last:
            self._workers.take_back()
            self._undoing -= 1
        error = undone.error
        if error is not None and not isinstance(error, MinicomposeError):
            self._bug = self._bug or error
        self._emit(StepUndone(at=self._now(), step=undone.step, error="" if error is None else str(error)))

    def _emit(self, event: AnyEvent) -> None:
        self._on_event(event)

    def _now(self) -> float:
        return self._clock() - self._start


def _group(step: Step) -> str:
    """The change that a step is part of; one that is in no group is a change of its own."""
    return step.group or f"step {step.id}"


def _unheard(_progress: Progress) -> None:
    """Nobody follows how far an undo is."""
