"""When what a plan has done is to be put back, and which steps of its way back that takes."""

from collections.abc import Collection

import msgspec

from minicompose.planning.plan import Plan, Step


class _Return(msgspec.Struct):
    """The steps of the way back that hang on the same steps of the plan, and the changes that they revert."""

    steps: list[Step]
    groups: set[str]
    broken: bool = False


class WayBack:
    """A plan's way back, as long as it may be needed.

    A change (a `group` of steps) is broken off when a step that its return hangs on cannot be done any more:
    nothing more of it is begun, and when all that was begun is over, what it has changed is put back.
    """

    def __init__(self, plan: Plan) -> None:
        self._returns: dict[tuple[int, ...], _Return] = {}
        for step in plan.way_back:
            found = self._returns.setdefault(step.unless, _Return(steps=[], groups=set()))
            found.steps.append(step)
            found.groups.add(step.group)
        self._members: dict[str, list[int]] = {}
        for step in plan.steps:
            if step.group:
                self._members.setdefault(step.group, []).append(step.id)
        self._open = {group: len(members) for group, members in self._members.items()}

    def settle(self, step: Step) -> None:
        """A step of the plan is over, in whichever way."""
        if step.group and not step.reverts:
            self._open[step.group] -= 1

    def break_off(self, id: int) -> list[int]:
        """Step `id` of the plan cannot be done: the steps of the changes that are broken off with it."""
        groups: set[str] = set()
        for unless, back in self._returns.items():
            if id in unless and not back.broken:
                back.broken = True
                groups |= back.groups
        return sorted(member for group in groups for member in self._members.get(group, ()))

    def due(self, begun: Collection[int], under_way: Collection[int]) -> list[Step]:
        """The steps to take now, of changes that are broken off and over; each is told once.

        Only what reverts one of the steps `begun` is to be done, and edges to others are left out, but for those
        of the way back that are `under_way`.
        """
        found: list[Step] = []
        for unless, back in list(self._returns.items()):
            if back.broken and not any(self._open.get(group) for group in back.groups):
                found.extend(step for step in back.steps if any(id in begun for id in step.reverts))
                del self._returns[unless]
        taken = {step.id for step in found}.union(under_way)
        return [
            msgspec.structs.replace(
                step,
                after=tuple(other for other in step.after if other in taken),
                wants=tuple(other for other in step.wants if other in taken),
            )
            for step in found
        ]
