"""What happens while a plan runs: the only thing that output sees."""

import contextlib
from collections.abc import Callable
from typing import Literal

import msgspec

from minicompose.planning.plan import Plan


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=str):
    """`at` is in seconds since the run began."""

    at: float


class RunStarted(Event, frozen=True, kw_only=True):
    plan: Plan


class StepStarted(Event, frozen=True, kw_only=True):
    step: int


class StepWaits(Event, frozen=True, kw_only=True):
    """A `WaitUntil` has begun; `what` says in words what it waits for ("healthy")."""

    step: int
    what: str


class StepProgress(Event, frozen=True, kw_only=True):
    """Of a pull or a push (`layer`, `status`, bytes; `text` when tried again), of a build or of a hook (`text`)."""

    step: int
    layer: str = ""
    status: str = ""
    current: int = 0
    total: int = 0
    text: str = ""


class StepDone(Event, frozen=True, kw_only=True):
    """`skipped`: its premise did not hold, and there was nothing to do."""

    step: int
    skipped: bool = False


class StepFailed(Event, frozen=True, kw_only=True):
    """`message` and `hint` are for the reader; `output` is the container's, the build's or
    the hook's last lines."""

    step: int
    message: str
    hint: str = ""
    output: str = ""


class StepCancelled(Event, frozen=True, kw_only=True):
    """It was not done, or not to its end: `because` is "interrupted", or the failed step it needed, in words."""

    step: int
    because: str


class TurnedBack(Event, frozen=True, kw_only=True):
    """What was there is put back: these steps of the plan's way back are taken."""

    steps: tuple[int, ...]


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two outputs of a container. `container` is its name."""

    container: str
    service: str
    number: int
    stream: Literal["stdout", "stderr"]


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """A line that was printed, without its line end.

    `time` is when, as "2026-11-24T00:30:44.789834694Z", always of that width, so that times compare as bytes do; empty
    where nobody asked for it, which spares the engine work.
    """

    output: Output
    time: bytes
    text: bytes


class LogLines(Event, frozen=True, kw_only=True):
    """Lines that containers have printed, in order: as many at once as have come."""

    lines: list[LogLine]


class ContainerExited(Event, frozen=True, kw_only=True):
    """A container that was attached to has ended."""

    container: str
    service: str
    number: int
    exit_code: int


class Interrupted(Event, frozen=True, kw_only=True):
    """Ctrl-C: `times` 1 stops gracefully, 2 at once."""

    times: int


class Notice(Event, frozen=True, kw_only=True):
    """Something to tell that belongs to no step."""

    severity: Literal["info", "warning", "error"]
    text: str


class RunFinished(Event, frozen=True, kw_only=True):
    """`done`, `cancelled`, `skipped` are numbers of steps of the plan, `put_back` of its way back; `failed` of both."""

    done: int
    failed: int
    cancelled: int
    skipped: int
    put_back: int = 0


AnyEvent = (
    RunStarted
    | StepStarted
    | StepWaits
    | StepProgress
    | StepDone
    | StepFailed
    | StepCancelled
    | TurnedBack
    | LogLines
    | ContainerExited
    | Interrupted
    | Notice
    | RunFinished
)


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended. `failures` are (step, message) in the order in which they happened.

    `put_back` are the steps of the plan's way back that have been done.
    """

    plan: Plan
    done: tuple[int, ...] = ()
    failures: tuple[tuple[int, str], ...] = ()
    cancelled: tuple[int, ...] = ()
    put_back: tuple[int, ...] = ()
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        return not self.failures and not self.cancelled and not self.interrupted


def nothing_done(plan: Plan, on_event: Callable[[AnyEvent], None]) -> RunReport:
    """The run of a plan without steps: it needs no engine, and nothing of what carries plans out."""
    with contextlib.suppress(OSError):  # nobody can be told any more
        on_event(RunStarted(at=0.0, plan=plan))
        on_event(RunFinished(at=0.0, done=0, failed=0, cancelled=0, skipped=0))
    return RunReport(plan=plan)
