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

from minicompose.engine.progress import Progress
from minicompose.engine.protocol import Engine, EngineEvent
from minicompose.errors import CalledOff, Conflict, EngineError, MinicomposeError, NotFound
from minicompose.execution.actions import failure, holds, perform
from minicompose.execution.events import (
    AnyEvent,
    Interrupted,
    Notice,
    RunFinished,
    RunReport,
    RunStarted,
    StepCancelled,
    StepDone,
    StepFailed,
    StepProgress,
    StepStarted,
    StepWaits,
    TurnedBack,
    nothing_done,
)
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.order import Order, Rank
from minicompose.execution.subscription import Happened, StreamLive, StreamLost, Subscription, Tidings
from minicompose.execution.waits import Blind, Looked, Met, Missed, Troubled, Waits
from minicompose.execution.way_back import WayBack
from minicompose.execution.workers import Job, Workers
from minicompose.planning.plan import (
    BuildImage,
    Checkpoint,
    CreateNetwork,
    Delay,
    DisconnectNetwork,
    Plan,
    RemoveContainer,
    RemoveNetwork,
    RestartContainer,
    RunHook,
    StartContainer,
    Step,
    WaitUntil,
)

OnEvent = Callable[[AnyEvent], None]

# How many lines of what a build or a hook prints are kept to show when it fails.
OUTPUT_LINES = 30
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
    the plan's way back where it is needed; the second returns at once. Failed steps are in the report.
    Raises EngineUnreachable when the plan has waits and the engine's events cannot be had at
    all, ValueError for a plan whose edges make no sense, and, when all is over, whatever
    a step raised that is not one of `minicompose.errors`.
    """
    if not plan.steps:
        return nothing_done(plan, on_event)
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


_Message = _Pressed | _PremiseFailed | _PremiseHolds | _Progressed | _Performed | Looked | Tidings


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
        self._is_heard = True
        self._interrupts = interrupts
        self._workers = Workers(workers)
        self._clock = clock
        self._start = clock()
        self._messages: SimpleQueue[_Message] = SimpleQueue()
        self._order = Order(plan)
        self._needs = dict(self._order.needs)
        # Not settled yet, in the plan's order; and those of all that a worker or a wait has taken up.
        self._open = dict(self._order.steps)
        self._begun: set[int] = set()
        # Stops whose process has ended, while the engine still clears away.
        self._exited: set[int] = set()
        self._ready: list[tuple[Rank, int]] = []
        # Before any ready step: looks at what is waited for.
        self._urgent: deque[Job] = deque()
        self._waits = Waits(engine, self._urgent.append, self._messages.put, deadline)
        self._delays: dict[int, float] = {}
        self._way_back = WayBack(plan)
        self._output: dict[int, list[str]] = {}
        self._live = False
        self._presses = 0
        self._done: list[int] = []
        self._put_back: list[int] = []
        self._changed: set[int] = set()
        self._skipped: set[int] = set()
        self._failures: dict[int, str] = {}
        self._cancelled: list[int] = []
        self._warnings: set[str] = set()
        self._bug: Exception | None = None

    # ---- the loop ----

    def run(self) -> RunReport:
        self._emit(RunStarted(at=self._now(), plan=self._plan))
        for step in self._plan.steps:
            if not self._needs[step.id]:
                self._make_ready(step.id)
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
                put_back=len(self._put_back),
            )
        )
        if self._bug is not None:
            raise self._bug
        return RunReport(
            plan=self._plan,
            done=tuple(self._done),
            failures=tuple(self._failures.items()),
            cancelled=tuple(self._cancelled),
            put_back=tuple(self._put_back),
            interrupted=self._presses > 0,
        )

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """The interrupts, and the engine's events where they are needed, come to the queue.

        Only waits cannot do without events: a stop that comes after another one's end has its answer, too.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._interrupts.listening(lambda times: self._messages.put(_Pressed(times))))
            self._live = not any(
                isinstance(step.action, WaitUntil) for step in (*self._plan.steps, *self._plan.way_back)
            )
            if not self._live or self._order.next_stops:
                subscription = Subscription(self._engine, self._plan.project, self._messages.put)
                stack.callback(subscription.close)
                subscription.open()
            yield

    def _loop(self) -> None:
        while self._open or not self._workers.idle:
            if self._live:
                self._hand_out()
            if not self._open and self._workers.idle:
                return  # what was handed out took no worker
            message = self._next()
            if message is None:
                self._pass_time()
            else:
                self._hear(message)
            self._turn_back()
            if self._presses > 1:
                self._give_up()
                return

    def _next(self) -> _Message | None:
        """The next message, or None when something is to be done before it."""
        times = [left for left in (self._waits.time_left(self._now()), self._delay_left()) if left is not None]
        if not times:
            return self._messages.get()
        left = min(times)
        try:
            return self._messages.get(timeout=left) if left > 0 else self._messages.get_nowait()
        except Empty:
            return None

    def _hear(self, message: _Message) -> None:
        match message:
            case Happened():
                self._hear_event(message.event)
            case Looked():
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
        match step.action:
            case Checkpoint():
                self._pass_checkpoint(step, step.action)
            case Delay():
                self._delays[step.id] = self._now() + step.action.seconds
            case _ if step.when is not None:
                self._workers.hand(lambda: self._check_and_perform(step))
            case WaitUntil():
                self._begin(step)
            case _:
                self._begin(step)
                self._workers.hand(lambda: self._perform(step))

    def _pass_checkpoint(self, step: Step, checkpoint: Checkpoint) -> None:
        failed = sum(id in self._failures for id in checkpoint.of)
        if failed > checkpoint.tolerated:
            most = f"of {len(checkpoint.of)}, and at most {checkpoint.tolerated} may" if checkpoint.tolerated else ""
            self._fail(step.id, f"the update is stopped: {failed} {most or 'of its containers'} failed".strip())
            return
        self._settle_done(step.id)

    # ---- time ----

    def _delay_left(self) -> float | None:
        return max(min(self._delays.values()) - self._now(), 0) if self._delays else None

    def _pass_time(self) -> None:
        now = self._now()
        for id in [id for id, over in self._delays.items() if over <= now]:
            del self._delays[id]
            self._settle_done(id)
        self._waits.pass_time(now)

    def _begin(self, step: Step) -> None:
        """The step is about to be done: its premise holds, where it has one."""
        if isinstance(step.action, WaitUntil):
            self._open_wait(step.id, step.action)
            return
        self._changed.add(step.id)
        if isinstance(step.action, StartContainer | RestartContainer):
            self._waits.expect_start(step.action.container)
        self._emit(StepStarted(at=self._now(), step=step.id))

    # ---- in a worker ----

    def _check_and_perform(self, step: Step) -> None:
        assert step.when is not None
        try:
            is_to_do = holds(self._engine, step.when)
        except Exception as error:  # noqa: BLE001 - the loop decides what it means
            self._messages.put(_Performed(step.id, error))
            return
        if not is_to_do:
            self._messages.put(_PremiseFailed(step.id))
            return
        self._messages.put(_PremiseHolds(step.id))
        self._perform(step)

    def _perform(self, step: Step) -> None:
        try:
            if not isinstance(step.action, WaitUntil):  # its premise was checked, and now it waits without a worker
                perform(self._engine, step.action, lambda progress: self._messages.put(_Progressed(step.id, progress)))
        except Exception as error:  # noqa: BLE001 - the loop decides what it means
            self._messages.put(_Performed(step.id, error))
        else:
            self._messages.put(_Performed(step.id))

    # ---- results ----

    def _hear_result(self, id: int, error: Exception | None) -> None:
        step = self._order.steps[id]
        if isinstance(step.action, WaitUntil) and error is None:
            return
        if error is None or _is_done_already(step, error):
            action = step.action
            if isinstance(action, StartContainer):
                self._waits.note_start(action.container, self._now())
            self._settle_done(id)
        else:
            self._fail_with(id, error)

    def _hear_progress(self, id: int, progress: Progress) -> None:
        if progress.warning:
            self._hear_warning(progress.warning)
            return
        if progress.text and isinstance(self._order.steps[id].action, BuildImage | RunHook):
            lines = self._output.setdefault(id, [])
            lines.append(progress.text)
            del lines[:-OUTPUT_LINES]
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

    def _hear_warning(self, warning: str) -> None:
        """The engine's own; what it says of each container alike is told once."""
        if warning not in self._warnings:
            self._warnings.add(warning)
            self._emit(Notice(at=self._now(), severity="warning", text=f"the engine says: {warning}"))

    def _settle_done(self, id: int, *, skipped: bool = False) -> None:
        self._settle(id)
        (self._put_back if self._order.steps[id].reverts else self._done).append(id)
        if skipped:
            self._skipped.add(id)
        self._emit(StepDone(at=self._now(), step=id, skipped=skipped))
        for other in self._order.dependents[id]:
            if not self._is_free_of(other, id):
                self._release(other)

    def _fail_with(self, id: int, error: Exception) -> None:
        """Fail a step for what its call raised."""
        if isinstance(error, CalledOff) and self._presses:
            self._cancel([id], INTERRUPTED)
            return
        output = "".join(line if line.endswith("\n") else f"{line}\n" for line in self._output.pop(id, ()))
        if isinstance(error, MinicomposeError):
            told = error.output if isinstance(error, EngineError) else None
            self._fail(id, error.message, error.hint, output if told is None else told)
            return
        self._bug = self._bug or error
        self._fail(id, f"{type(error).__name__}: {error}", "this is a bug of minicompose", output)

    def _fail(self, id: int, message: str, hint: str = "", output: str = "") -> None:
        self._settle(id)
        self._failures[id] = message
        self._emit(StepFailed(at=self._now(), step=id, message=message, hint=hint, output=output.rstrip("\n")))
        step = self._order.steps[id]
        because = failure(step.action, f"{step.subject.type} {step.subject.name}")
        self._break_off(id, because)
        self._cancel(self._downstream([id]), because)

    def _downstream(self, ids: list[int]) -> list[int]:
        """What needs one of these steps and is not over already, in the plan's order."""
        found: set[int] = set()
        to_see = list(ids)
        while to_see:
            id = to_see.pop()
            for other in self._order.dependents[id]:
                if other in self._open and other not in found and not self._is_free_of(other, id):
                    found.add(other)
                    to_see.append(other)
        return sorted(found, key=lambda other: self._order.ranks[other][2])

    def _cancel(self, ids: list[int], because: str) -> None:
        for id in ids:
            self._settle(id)
            self._cancelled.append(id)
            self._emit(StepCancelled(at=self._now(), step=id, because=because))
        for id in ids:
            self._break_off(id, because)

    def _settle(self, id: int) -> None:
        """The step is over, in whichever way."""
        step = self._open.pop(id)
        self._way_back.settle(step)
        self._waits.close(id)
        self._delays.pop(id, None)
        for other in self._order.wanters[id]:
            self._release(other)

    def _release(self, id: int) -> None:
        """One less that step `id` has to wait for."""
        self._needs[id] -= 1
        if not self._needs[id] and id in self._open:
            self._make_ready(id)

    def _is_free_of(self, other: int, id: int) -> bool:
        """Whether step `other`, which comes after the stop `id`, needs nothing more of it."""
        return id in self._exited and other in self._order.next_stops[id]

    # ---- waiting ----

    def _open_wait(self, id: int, action: WaitUntil) -> None:
        if self._presses and not self._order.steps[id].reverts:
            self._cancel([id], INTERRUPTED)
            return
        what = self._waits.open(id, action, self._now())
        self._emit(StepWaits(at=self._now(), step=id, what=what))

    def _hear_event(self, event: EngineEvent) -> None:
        if event.action == "die":
            for id in (*self._order.stops.get(event.id, ()), *self._order.stops.get(event.name, ())):
                self._hear_exit(id)
        for id, is_met in self._waits.woken_by(event):
            if is_met:
                self._settle_done(id)
            else:
                self._waits.look(id)

    def _hear_exit(self, id: int) -> None:
        """The process that step `id` stops has ended: what only waits for that goes on beside the clearing away."""
        if id in self._open and id in self._begun and id not in self._exited and id in self._order.next_stops:
            self._exited.add(id)
            for other in self._order.next_stops[id]:
                self._release(other)

    def _hear_look(self, looked: Looked) -> None:
        self._workers.take_back()
        outcome = self._waits.hear_look(looked, self._now())
        match outcome:
            case Met():
                self._settle_done(looked.step)
            case Missed():
                self._fail(looked.step, outcome.message, outcome.hint, outcome.output)
            case Blind():
                self._fail_with(looked.step, outcome.error)
            case Troubled():
                self._emit(StepWaits(at=self._now(), step=looked.step, what=outcome.what))
            case None:
                pass
            case _:
                assert_never(outcome)

    def _hear_live(self) -> None:
        self._live = True
        self._waits.hear_live()

    def _hear_lost(self, error: Exception) -> None:
        if not self._live:
            raise error  # nothing has been begun
        self._waits.hear_lost(error)

    # ---- the end of it ----

    def _hear_press(self, times: int) -> None:
        if times <= self._presses:
            return
        self._presses = times
        self._emit(Interrupted(at=self._now(), times=times))
        if self._presses:
            self._engine.call_off()
            self._cancel([id for id in self._open if self._can_be_cancelled(id)], INTERRUPTED)

    def _give_up(self) -> None:
        """What still runs is left to itself."""
        for id in list(self._open):
            self._cancelled.append(id)
            self._emit(StepCancelled(at=self._now(), step=id, because=INTERRUPTED))

    # ---- the way back ----

    def _break_off(self, id: int, because: str) -> None:
        """Step `id` cannot be done: go on with none of the changes that would be put back without it."""
        members = [member for member in self._way_back.break_off(id) if self._can_be_cancelled(member)]
        self._cancel(members, because)
        self._cancel(self._downstream(members), because)

    def _can_be_cancelled(self, id: int) -> bool:
        """It is neither over nor at the engine."""
        return id in self._open and (id not in self._begun or id in self._waits or id in self._delays)

    def _turn_back(self) -> None:
        """Take the steps of the way back that are due."""
        steps = self._way_back.due(self._changed, self._open)
        if not steps:
            return
        self._order.extend(steps)
        self._emit(TurnedBack(at=self._now(), steps=tuple(step.id for step in steps)))
        for step in steps:
            self._open[step.id] = step
            self._needs[step.id] = self._order.needs[step.id]
            if not self._needs[step.id]:
                self._make_ready(step.id)

    def _emit(self, event: AnyEvent) -> None:
        """Tell it. Where nobody can be told any more (a closed pipe, a terminal that is gone, a full disk) the run goes
        on unheard: to leave a stack half changed is worse.
        """
        if self._is_heard:
            try:
                self._on_event(event)
            except OSError:
                self._is_heard = False

    def _now(self) -> float:
        return self._clock() - self._start


def _is_done_already(step: Step, error: Exception) -> bool:
    """Whether what is to be taken away is gone, or was never made; or what is to be put back is there."""
    if isinstance(error, Conflict):
        return bool(step.reverts) and isinstance(step.action, CreateNetwork)
    takes_away = isinstance(step.action, RemoveContainer | RemoveNetwork | DisconnectNetwork)
    return isinstance(error, NotFound) and (bool(step.reverts) or takes_away)
