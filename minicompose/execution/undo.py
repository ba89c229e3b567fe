"""Putting back what was: which steps of a change are undone once it is over, and undoing them."""

from collections.abc import Callable, Collection

import msgspec

from minicompose.engine.protocol import Engine, Progress
from minicompose.errors import NotFound
from minicompose.execution.actions import perform
from minicompose.planning.plan import Action, Plan, RunHook, StartContainer, Step


class Undone(msgspec.Struct, frozen=True):
    """The undo of one step of a group; `last` frees the worker."""

    step: int
    error: Exception | None
    last: bool


class Groups:
    """The plan's steps by the change that they are part of, and how many of each are not over yet."""

    def __init__(self, plan: Plan) -> None:
        self._members: dict[str, list[Step]] = {}
        self._open: dict[str, int] = {}
        for step in plan.steps:
            group = _group(step)
            self._members.setdefault(group, []).append(step)
            self._open[group] = self._open.get(group, 0) + 1

    def settle(self, step: Step) -> None:
        """The step is over, in whichever way."""
        self._open[_group(step)] -= 1

    def to_undo(
        self, step: Step, *, changed: Collection[int], done: Collection[int], failed: Collection[int]
    ) -> list[Step]:
        """When the step's group is over, its steps that are to be undone, the last first; told once.

        These are the steps that failed, and those that were not done after another had `changed` something:
        their undo puts back what they would have.
        """
        group = _group(step)
        if self._open[group]:
            return []
        members, self._members[group] = self._members[group], []
        found: list[Step] = []
        changed_before = False
        for member in members:
            changed_before = changed_before or member.id in changed
            if member.undo and (member.id in failed or (changed_before and member.id not in done)):
                found.append(member)
        found.reverse()
        return found


def undo(engine: Engine, steps: list[Step], tell: Callable[[Undone], None]) -> None:
    """Undo the steps in their order and tell of each; what several of them would do is done once.

    A container that has not been stopped at all is not started again, and has no hooks to run.
    """
    tried: list[Action] = []
    up: set[str] = set()
    for step in steps:
        error: Exception | None = None
        for action in step.undo:
            if action in tried:
                continue
            tried.append(action)
            try:
                if isinstance(action, StartContainer) and _is_up(engine, action.container):
                    up.add(action.container)
                elif not (isinstance(action, RunHook) and action.container in up):
                    perform(engine, action, _unheard)
            except NotFound:
                continue  # it was never made: nothing to take back
            except Exception as problem:  # noqa: BLE001 - the rest still has to be put back
                error = error or problem
        tell(Undone(step.id, error, step is steps[-1]))


def _is_up(engine: Engine, container: str) -> bool:
    return engine.inspect_container(container).state in ("running", "paused", "restarting")


def _group(step: Step) -> str:
    """The change that a step is part of; one that is in no group is a change of its own."""
    return step.group or f"step {step.id}"


def _unheard(_progress: Progress) -> None:
    """Nobody follows how far an undo is."""
