"""Which steps need which, and which of the ready ones to take first."""

from collections.abc import Sequence

from minicompose.planning.plan import Action, Plan, RemoveContainer, RunHook, Step, StopContainer

# Smaller comes first: the longest chain that hangs on a step, then stops, then the plan's order.
Rank = tuple[int, int, int]


class Order:
    """A plan's edges both ways. Raises ValueError when they name no step, or run in a circle.

    `dependents` need a step to be done, `wanters` to be over; `needs` counts both for each step. `next_stops` are
    those of the dependents that stop another container (or run its `pre_stop`): all they need is that the first one's
    process has ended. `stops` are the steps that stop a container, by what the step calls it.
    """

    def __init__(self, plan: Plan) -> None:
        self.steps: dict[int, Step] = {}
        self.dependents: dict[int, list[int]] = {}
        self.wanters: dict[int, list[int]] = {}
        self.next_stops: dict[int, list[int]] = {}
        self.stops: dict[str, list[int]] = {}
        self.needs: dict[int, int] = {}
        self.ranks: dict[int, Rank] = {}
        self.extend(plan.steps)

    def extend(self, steps: Sequence[Step]) -> None:
        """Steps that come in addition; the longest chain that hangs on each is counted among them alone."""
        for step in steps:
            self.steps[step.id] = step
            self.dependents[step.id] = []
            self.wanters[step.id] = []
            if isinstance(step.action, StopContainer):
                self.stops.setdefault(step.action.container, []).append(step.id)
        for step in steps:
            after = set(step.after)
            wants = set(step.wants) - after
            self.needs[step.id] = len(after) + len(wants)
            self._hang(step.id, after, self.dependents)
            self._hang(step.id, wants, self.wanters)
            for other in after:
                if _stops_another(step.action, self.steps[other].action):
                    self.next_stops.setdefault(other, []).append(step.id)
        self.ranks.update(self._ranks([step.id for step in steps]))

    def _hang(self, id: int, before: set[int], edges: dict[int, list[int]]) -> None:
        for other in sorted(before):
            if other not in self.steps:
                raise ValueError(f"step {id} comes after step {other}, which is not in the plan")
            edges[other].append(id)

    def _ranks(self, ids: Sequence[int]) -> dict[int, Rank]:
        chain: dict[int, int] = {}
        for id in reversed(self._sorted(ids)):
            chain[id] = 1 + max((chain[other] for other in self._next(id)), default=0)
        return {
            id: (-chain[id], 0 if isinstance(self.steps[id].action, StopContainer | RemoveContainer) else 1, place)
            for place, id in enumerate(ids)
        }

    def _next(self, id: int) -> list[int]:
        return self.dependents[id] + self.wanters[id]

    def _sorted(self, ids: Sequence[int]) -> list[int]:
        """The steps' ids, each after all that it needs of these."""
        left = dict.fromkeys(ids, 0)
        for id in ids:
            for other in self._next(id):
                left[other] += 1
        ordered = [id for id, count in left.items() if count == 0]
        for id in ordered:  # grows while it is read
            for other in self._next(id):
                left[other] -= 1
                if left[other] == 0:
                    ordered.append(other)
        if len(ordered) != len(left):
            circle = ", ".join(str(id) for id, count in left.items() if count)
            raise ValueError(f"the plan's steps wait for each other: {circle}")
        return ordered


def _stops_another(action: Action, before: Action) -> bool:
    """Whether `before` stops a container, and `action` stops another one or is its hook before that."""
    match before, action:
        case StopContainer(), StopContainer() | RunHook(moment="pre_stop"):
            return action.container != before.container
        case _:
            return False
