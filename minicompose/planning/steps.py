"""Collecting the steps of a plan and of its way back, and putting them in their final order."""

import functools
import heapq
import operator
from collections.abc import Iterable

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.planning.plan import Action, Checkpoint, Failed, Plan, Premise, Reason, Step, Subject


class Steps:
    """The steps of a plan in the making. `add` returns a step's number, for others to come after."""

    def __init__(self) -> None:
        self._drafts: list[Step] = []
        self._after: dict[int, set[int]] = {}
        self._wants: dict[int, set[int]] = {}
        self.way_back = WayBack()

    def of(self, *actions: type, group: str | None = None) -> list[int]:
        """The numbers of the steps so far whose action is one of these, all or those of one change."""
        return [
            step.id
            for step in self._drafts
            if isinstance(step.action, actions) and (group is None or step.group == group)
        ]

    def subjects_of(self, action: type) -> dict[int, Subject]:
        """The steps so far with this action: their numbers, and what they are about."""
        return {number: self._drafts[number].subject for number in self.of(action)}

    @property
    def all(self) -> list[int]:
        """The numbers of the steps so far."""
        return list(self._after)

    def add(
        self,
        subject: Subject,
        action: Action,
        because: Reason,
        *,
        after: Iterable[int] = (),
        wants: Iterable[int] = (),
        when: Premise | None = None,
        group: str = "",
    ) -> int:
        number = len(self._drafts)
        self._drafts.append(Step(id=number, subject=subject, action=action, because=because, when=when, group=group))
        self._after[number] = set(after)
        self._wants[number] = set(wants)
        return number

    def come_after(self, step: int, others: Iterable[int]) -> None:
        self._after[step].update(others)

    def want(self, step: int, others: Iterable[int]) -> None:
        self._wants[step].update(others)

    def plan(self, project: str, *, unchanged: Iterable[Subject] = (), notes: Iterable[Diagnostic] = ()) -> Plan:
        """The plan: steps numbered from 1, each after those it waits for, otherwise in the order of `add`."""
        before = {number: self._after[number] | self._wants[number] for number in self._after}
        ids = {number: place for place, number in enumerate(_in_order(before), start=1)}
        return Plan(
            project=project,
            steps=self._reduced(ids),
            way_back=self.way_back.finished(ids),
            unchanged=tuple(unchanged),
            notes=tuple(notes),
        )

    def _reduced(self, ids: dict[int, int]) -> tuple[Step, ...]:
        """The drafts under their new numbers, without edges that others imply."""
        implied: dict[int, int] = {}  # by new number: all that is done before, a bit for each
        found = []
        for number, step_id in ids.items():
            before = {ids[other] for other in self._after[number]}
            after = _without(before, _all_before(before, implied))
            done = implied[step_id] = _all_before(after, implied) | sum(1 << other for other in after)
            wanted = _without({ids[other] for other in self._wants[number]}, done)
            wants = _without(wanted, _all_before(wanted, implied))
            draft = self._drafts[number]
            action = draft.action
            if isinstance(action, Checkpoint):
                action = msgspec.structs.replace(action, of=tuple(sorted(ids[other] for other in action.of)))
            step = msgspec.structs.replace(
                draft,
                id=step_id,
                action=action,
                after=tuple(sorted(after)),
                wants=tuple(sorted(wants)),
            )
            found.append(step)
        return tuple(found)


class WayBack:
    """The steps of a way back in the making. As a rule each wants only that those before it have ended: what can
    be put back is put back, whatever becomes of the rest.
    """

    def __init__(self) -> None:
        self._drafts: list[Step] = []
        self._after: dict[int, set[int]] = {}
        self._wants: dict[int, set[int]] = {}

    def add(
        self, subject: Subject, action: Action, *, group: str, reverts: Iterable[int], wants: Iterable[int] = ()
    ) -> int:
        """`reverts` are numbers of the plan's steps, `wants` of steps of the way back."""
        number = len(self._drafts)
        step = Step(id=number, subject=subject, action=action, because=Failed(), group=group, reverts=tuple(reverts))
        self._drafts.append(step)
        self._after[number] = set()
        self._wants[number] = set(wants)
        return number

    def want(self, step: int, others: Iterable[int]) -> None:
        self._wants[step].update(others)

    def come_after(self, step: int, others: Iterable[int]) -> None:
        self._after[step].update(others)

    def reverted_by(self, steps: Iterable[int]) -> list[int]:
        """What these steps revert."""
        return sorted({reverted for step in steps for reverted in self._drafts[step].reverts})

    def hang_on(self, steps: Iterable[int], unless: int) -> None:
        """These are needed if the plan's step `unless` cannot be done, too."""
        for step in steps:
            draft = self._drafts[step]
            self._drafts[step] = msgspec.structs.replace(draft, unless=(*draft.unless, unless))

    @property
    def is_loose(self) -> bool:
        """Whether there is a step that hangs on nothing yet."""
        return any(not step.unless for step in self._drafts)

    def hang_all_on(self, unless: int) -> None:
        """So are all that hang on nothing yet."""
        self.hang_on([step.id for step in self._drafts if not step.unless], unless)

    def finished(self, ids: dict[int, int]) -> tuple[Step, ...]:
        """Numbered on from the plan's steps, whose final numbers are `ids`."""
        before = {number: self._after[number] | self._wants[number] for number in self._wants}
        own = {number: place for place, number in enumerate(_in_order(before), start=len(ids) + 1)}
        found = []
        for number, step_id in own.items():
            draft = self._drafts[number]
            assert draft.unless, "a step of the way back hangs on a step of the plan"
            step = msgspec.structs.replace(
                draft,
                id=step_id,
                after=tuple(sorted(own[other] for other in self._after[number])),
                wants=tuple(sorted(own[other] for other in self._wants[number] - self._after[number])),
                reverts=tuple(sorted(ids[other] for other in draft.reverts)),
                unless=tuple(sorted(ids[other] for other in draft.unless)),
            )
            found.append(step)
        return tuple(found)


def _in_order(before: dict[int, set[int]]) -> list[int]:
    """The numbers so that each comes after those before it, otherwise from the lowest on."""
    users: dict[int, list[int]] = {number: [] for number in before}
    for number, others in before.items():
        for other in others:
            users[other].append(number)
    missing = {number: len(others) for number, others in before.items()}
    ready = [number for number, count in missing.items() if not count]
    heapq.heapify(ready)
    found: list[int] = []
    while ready:
        number = heapq.heappop(ready)
        found.append(number)
        for user in users[number]:
            missing[user] -= 1
            if not missing[user]:
                heapq.heappush(ready, user)
    assert len(found) == len(before), "the steps of a plan wait for each other in a circle"
    return found


def _all_before(steps: Iterable[int], implied: dict[int, int]) -> int:
    """What is done before any of `steps`, as bits."""
    return functools.reduce(operator.or_, (implied[step] for step in steps), 0)


def _without(steps: set[int], bits: int) -> set[int]:
    """Those of `steps` whose bit is not set."""
    return {step for step in steps if not bits >> step & 1}
