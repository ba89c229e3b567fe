"""What a live display shows, as values: one row for each resource, and how it stands."""

from collections.abc import Callable
from typing import Literal, assert_never

import msgspec

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
from minicompose.output.step_words import change_done, doing_and_done, put_back_words
from minicompose.planning.plan import BuildImage, Plan, PullImage, PushImage, RunHook, Step, Subject, WaitUntil

Standing = Literal["failed", "active", "waiting", "done", "pending", "cancelled"]

# What is shown first when there is no room for all.
_IMPORTANCE: dict[Standing, int] = {
    "failed": 0, "active": 1, "waiting": 2, "cancelled": 3, "pending": 4, "done": 5,
}  # fmt: skip
_MOST_NAMES = 2


class Row(msgspec.Struct):
    """One resource. `since` is when it began what it does now; `spent` what its finished steps took.

    `layers` maps the layers of a pull or a push to (bytes there, bytes in all); `detail` is the latest line
    of a build or a hook, or why a pull or a push is tried again;
    `below` is what is to be read under it: a failure's reason and output.
    """

    subject: Subject
    steps: list[Step]
    standing: Standing = "pending"
    words: str = ""
    since: float = 0.0
    spent: float = 0.0
    layers: dict[str, tuple[int, int]] = {}
    detail: str = ""
    below: list[str] = []

    @property
    def key(self) -> tuple[str, str]:
        return (self.subject.type, self.subject.name)

    @property
    def why(self) -> str:
        """The reason for what is done to it, where that is news."""
        acting = (step for step in self.steps if not isinstance(step.action, WaitUntil))
        return next((reason for step in acting if (reason := told_reason(step))), "")

    @property
    def bytes(self) -> tuple[int, int]:
        """How much of a pull or a push is there, and of how much that is known of."""
        return sum(current for current, _ in self.layers.values()), sum(total for _, total in self.layers.values())


class Board:
    """Events in, rows out; knows nothing of terminals."""

    def __init__(self, plan: Plan) -> None:
        self.project = plan.project
        self.interrupted = 0
        self.notices: list[str] = []
        self.finished: RunFinished | None = None
        self._steps = {step.id: step for step in (*plan.steps, *plan.way_back)}
        self._settled: set[int] = set()
        self._done: set[int] = set()
        self._started: dict[int, float] = {}
        self._row_of: dict[int, Row] = {}
        # Steps of the way back that are to be taken, by the row that they are about.
        self._to_put_back: dict[tuple[str, str], int] = {}
        self._way_back: dict[tuple[str, str], list[Step]] = {}
        rows: dict[tuple[str, str], Row] = {}
        for step in plan.steps:
            row = rows.setdefault((step.subject.type, step.subject.name), Row(subject=step.subject, steps=[]))
            row.steps.append(step)
            self._row_of[step.id] = row
        for step in plan.way_back:
            subject = (step.subject.type, step.subject.name)
            self._row_of[step.id] = rows.get(subject) or Row(subject=step.subject, steps=[])
        # What is no resource has no row: the plan's own stops.
        self.rows = [row for row in rows.values() if row.subject.type not in ("stack", "service")]

    def hear(self, event: AnyEvent) -> None:
        match event:
            case StepStarted():
                self._begin(event.step, event.at, "active", doing_and_done(self._steps[event.step].action)[0])
            case StepWaits():
                self._begin(event.step, event.at, "waiting", f"waiting until {event.what}")
            case StepProgress():
                self._progress(event)
            case StepDone():
                self._end(event)
            case StepFailed():
                self._fail(event)
            case StepCancelled():
                self._cancel(event)
            case TurnedBack():
                self._turn_back(event)
            case Interrupted():
                self.interrupted = event.times
            case Notice():
                self.notices.append(event.text if event.severity == "info" else f"{event.severity}: {event.text}")
            case RunFinished():
                self.finished = event
            case RunStarted() | LogLines() | ContainerExited():
                pass
            case _:
                assert_never(event)

    def waits_for(self, row: Row) -> str:
        """The resources that keep a pending row from going on, in words; nothing when it is only in line."""
        following = next((step for step in row.steps if step.id not in self._settled), None)
        if following is None:
            return ""
        others = [self._row_of[id] for id in (*following.after, *following.wants) if id not in self._settled]
        names = list(dict.fromkeys(other.subject.name for other in others if other is not row))
        if not names:
            return ""
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        return f"after {', '.join(names[:_MOST_NAMES])}{more}"

    def choose(self, room: int, height: Callable[[Row], int]) -> list[Row]:
        """All rows if they fit in `room` lines; else of those that tell something as many as fit, the most urgent ones.

        While the run goes on, failures leave half of the room to the others; at the end every one of them is there.
        """
        if sum(map(height, self.rows)) <= room:
            return self.rows
        telling = [place for place, row in enumerate(self.rows) if self._tells(row)]
        chosen = []
        for_failures = room // 2
        for place in sorted(telling, key=lambda place: (_IMPORTANCE[self.rows[place].standing], place)):
            row = self.rows[place]
            if row.standing == "failed" and not self.finished:
                for_failures -= height(row)
                if for_failures < 0:
                    continue
            room -= height(row)
            if room < 0 and not (self.finished and row.standing == "failed"):
                break
            chosen.append(place)
        return [self.rows[place] for place in sorted(chosen)]

    def _tells(self, row: Row) -> bool:
        """Whether there is more to a row than that it is over, or has not begun."""
        return row.standing != "done" and (row.standing != "pending" or bool(row.words or self.waits_for(row)))

    def count(self, *standings: Standing) -> int:
        return sum(row.standing in standings for row in self.rows)

    def _begin(self, id: int, at: float, standing: Standing, words: str) -> None:
        row = self._row_of[id]
        if self._steps[id].reverts:
            standing, words = "active", "putting back what was there"
        if id not in self._started:
            self._started[id] = at
            row.since = at
        row.standing, row.words = standing, words

    def _progress(self, event: StepProgress) -> None:
        row = self._row_of[event.step]
        if event.layer and event.total:
            row.layers = {**row.layers, event.layer: (min(event.current, event.total), event.total)}
        elif event.layer in row.layers and event.status in ("Download complete", "Pull complete", "Pushed"):
            total = row.layers[event.layer][1]
            row.layers = {**row.layers, event.layer: (total, total)}
        lines = [line.strip() for line in event.text.splitlines() if line.strip()]
        if lines and isinstance(self._steps[event.step].action, BuildImage | PullImage | PushImage | RunHook):
            row.detail = lines[-1]
            row.layers = {}  # a pull that is tried again begins anew

    def _end(self, event: StepDone) -> None:
        row = self._row_of[event.step]
        self._settled.add(event.step)
        row.layers, row.detail = {}, ""
        if event.step in self._started:
            row.spent += event.at - self._started[event.step]
        if self._steps[event.step].reverts:
            self._put_back(row)
            return
        if not event.skipped:
            self._done.add(event.step)
        if row.standing in ("failed", "cancelled"):
            return
        done = [step for step in row.steps if step.id in self._done]
        if all(step.id in self._settled for step in row.steps):
            row.standing = "done"
            row.words = _all_done(done) if done else "unchanged"
        else:
            row.standing = "pending"
            row.words = doing_and_done(done[-1].action)[1] if done else ""

    def _fail(self, event: StepFailed) -> None:
        row = self._row_of[event.step]
        self._settled.add(event.step)
        if self._steps[event.step].reverts:
            row.standing = "failed"
            row.below = [*row.below, f"could not put back what was there: {event.message}"]
            return
        row.standing, row.words = "failed", "failed"
        row.layers, row.detail = {}, ""
        if event.step in self._started:
            row.spent += event.at - self._started[event.step]
        row.below = [event.message, *event.hint.splitlines()]
        row.below += [f"| {line}" for line in event.output.splitlines()[-10:]]

    def _cancel(self, event: StepCancelled) -> None:
        row = self._row_of[event.step]
        self._settled.add(event.step)
        if row.standing in ("failed", "cancelled"):
            return
        row.standing = "cancelled"
        row.words = event.because if event.because == "interrupted" else f"not done, since {event.because}"

    def _turn_back(self, event: TurnedBack) -> None:
        for id in event.steps:
            row = self._row_of[id]
            self._to_put_back[row.key] = self._to_put_back.get(row.key, 0) + 1
            self._way_back.setdefault(row.key, []).append(self._steps[id])
            if row.standing not in ("failed", "cancelled"):
                row.standing = "cancelled"
            row.words = row.words if row.standing == "failed" else "is put back"

    def _put_back(self, row: Row) -> None:
        """One step less to take on the way back."""
        self._to_put_back[row.key] -= 1
        if self._to_put_back[row.key]:
            return
        words = put_back_words(self._way_back[row.key])
        if row.below:
            row.standing, row.words = "failed", "failed"
            row.below = [*row.below, words]
        else:
            row.standing, row.words = "cancelled", words


def _all_done(steps: list[Step]) -> str:
    """The last word on a row: healthy and completed tell more than started."""
    last = steps[-1].action
    word = doing_and_done(last)[1]
    change = change_done(steps)
    if isinstance(last, RunHook):
        return change
    return word if change in ("started", word) else change
