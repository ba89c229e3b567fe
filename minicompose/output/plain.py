"""One plain line for each thing that has happened, for logs and pipes."""

from typing import TextIO, assert_never

from minicompose.execution.events import (
    AnyEvent,
    ContainerExited,
    Interrupted,
    LogLines,
    Notice,
    RunFinished,
    RunStarted,
    StepCancelled,
    StepDone,
    StepFailed,
    StepProgress,
    StepStarted,
    StepWaits,
    TurnedBack,
)
from minicompose.output.reasons import told_reason
from minicompose.output.step_words import change_done, doing_and_done, plural, put_back_words, seconds
from minicompose.planning.plan import (
    BuildImage,
    Checkpoint,
    Delay,
    Plan,
    PullImage,
    PushImage,
    RunHook,
    Step,
    WaitUntil,
)

_RED, _YELLOW, _RESET = "\x1b[31m", "\x1b[33m", "\x1b[0m"


class PlainForm:
    """A line when a change is complete, not for each of its steps; when a wait begins and ends; for each failure."""

    draws = False

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        self._stream = stream
        self._color = color
        self._begin(Plan(project=""))

    def _begin(self, plan: Plan) -> None:
        self._steps = {step.id: step for step in (*plan.steps, *plan.way_back)}
        self._count = len(plan.steps)
        self._to_put_back: dict[str, int] = {}
        self._way_back: dict[str, list[Step]] = {}
        self._changes: dict[str, list[Step]] = {}
        for step in plan.steps:
            self._changes.setdefault(_change(step), []).append(step)
        self._left = {key: len(steps) for key, steps in self._changes.items()}
        self._started: dict[int, float] = {}
        self._took: dict[str, float] = {}
        self._done: set[int] = set()
        self._cancelled: set[str] = set()

    def show(self, event: AnyEvent) -> None:
        match event:
            case RunStarted():
                self._begin(event.plan)
            case StepStarted():
                self._show_started(self._steps[event.step], event.at)
            case StepWaits():
                self._started.setdefault(event.step, event.at)
                self._say(self._steps[event.step], f"waiting until {event.what}")
            case StepProgress():
                self._show_progress(self._steps[event.step], event)
            case StepDone():
                self._show_done(self._steps[event.step], event)
            case StepFailed():
                self._show_failed(self._steps[event.step], event)
            case StepCancelled():
                self._show_cancelled(self._steps[event.step], event.because)
            case TurnedBack():
                self._turn_back([self._steps[id] for id in event.steps])
            case Interrupted():
                text = "waiting for what runs to end; once more leaves at once" if event.times == 1 else "leaving"
                self._line(f"interrupted: {text}", _YELLOW)
            case Notice():
                self._line(f"{event.severity}: {event.text}" if event.severity != "info" else event.text)
            case RunFinished():
                self._show_finished(event)
            case LogLines() | ContainerExited():
                pass  # data, for standard output
            case _:
                assert_never(event)

    def above(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def end(self) -> None: ...

    def _show_started(self, step: Step, at: float) -> None:
        self._started[step.id] = at
        if isinstance(step.action, PullImage | PushImage | BuildImage) and not step.reverts:
            self._say(step, doing_and_done(step.action)[0])

    def _show_progress(self, step: Step, event: StepProgress) -> None:
        if isinstance(step.action, PullImage | PushImage):
            if event.text:
                self._say(step, event.text, _YELLOW)
        elif isinstance(step.action, BuildImage | RunHook):
            for line in event.text.splitlines():
                self._say(step, f"| {line.rstrip()}")

    def _show_done(self, step: Step, event: StepDone) -> None:
        if step.reverts:
            self._put_back(step)
            return
        if isinstance(step.action, Checkpoint | Delay):
            return
        key = _change(step)
        took = event.at - self._started.get(step.id, event.at)
        self._took[key] = self._took.get(key, 0.0) + took
        self._left[key] -= 1
        if not event.skipped:
            self._done.add(step.id)
        if isinstance(step.action, WaitUntil):
            if not event.skipped:
                self._say(step, f"{doing_and_done(step.action)[1]} ({seconds(took)})")
            return
        done = [each for each in self._changes[key] if each.id in self._done]
        if not self._left[key] and done:
            self._say(step, f"{change_done(done)} ({seconds(self._took[key])}){_why(done[0])}")

    def _show_failed(self, step: Step, event: StepFailed) -> None:
        if step.reverts:
            self._say(step, f"could not put back what was there: {event.message}", _RED)
            return
        self._cancelled.add(f"{step.subject.type} {step.subject.name}")  # that it goes no further is no news
        self._say(step, f"failed: {event.message}", _RED)
        for line in event.hint.splitlines():
            self._line(f"    {line}")
        for line in event.output.splitlines():
            self._line(f"    | {line}")

    def _show_cancelled(self, step: Step, because: str) -> None:
        key = f"{step.subject.type} {step.subject.name}"
        if because == "interrupted" or key in self._cancelled or isinstance(step.action, Checkpoint | Delay):
            return
        self._cancelled.add(key)
        self._say(step, f"not {doing_and_done(step.action)[1]}, since {because}", _YELLOW)

    def _turn_back(self, steps: list[Step]) -> None:
        for step in steps:
            key = f"{step.subject.type} {step.subject.name}"
            self._to_put_back[key] = self._to_put_back.get(key, 0) + 1
            self._way_back.setdefault(key, []).append(step)

    def _put_back(self, step: Step) -> None:
        """One step less to take on the way back."""
        key = f"{step.subject.type} {step.subject.name}"
        self._to_put_back[key] -= 1
        if not self._to_put_back[key] and not isinstance(step.action, Delay):
            self._say(step, put_back_words(self._way_back[key]))

    def _show_finished(self, event: RunFinished) -> None:
        if event.failed or event.cancelled:
            parts = [f"{event.done} of {plural(self._count, 'step')} done"]
            parts += [f"{event.failed} failed"] if event.failed else []
            parts += [f"{event.cancelled} not done"] if event.cancelled else []
            self._line(f"{', '.join(parts)} ({seconds(event.at)})")

    def _say(self, step: Step, text: str, color: str = "") -> None:
        self._line(f"{step.subject.type} {step.subject.name}: {text}", color)

    def _line(self, text: str, color: str = "") -> None:
        self._stream.write(f"{color}{text}{_RESET}\n" if color and self._color else f"{text}\n")
        self._stream.flush()


def _change(step: Step) -> str:
    """What belongs together in one line; a wait is told by itself."""
    if isinstance(step.action, WaitUntil):
        return f"wait {step.id}"
    return step.group or f"{step.subject.type} {step.subject.name}"


def _why(step: Step) -> str:
    reason = told_reason(step)
    return f": {reason}" if reason else ""
