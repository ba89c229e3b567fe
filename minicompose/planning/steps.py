"""Collecting the steps of a plan, and putting them in their final order."""

import heapq
from collections.abc import Iterable

import msgspec

from minicompose.planning.plan import Action, Premise, Reason, Step, Subject


class Steps:
    """The steps of a plan in the making. `add` returns a step's number, for others to come after."""

    def __init__(self) -> None:
        self._drafts: list[Step] = []
        self._after: dict[int, set[int]] = {}
        self._wants: dict[int, set[int]] = {}

    def add(
        self,
        subject: Subject,
        action: Action,
        because: Reason,
        *,
        after: Iterable[int] = (),
        wants: Iterable[int] = (),
        when: Premise | None = None,
        undo: tuple[Action, ...] = (),
        group: str = "",
    ) -> int:
        number = len(self._drafts)
        self._drafts.append(
            Step(id=number, subject=subject, action=action, because=because, when=when, undo=undo, group=group)
        )
        self._after[number] = set(after)
        self._wants[number] = set(wants)
        return number

    def come_after(self, step: int, others: Iterable[int]) -> None:
        self._after[step].update(others)

    def want(self, step: int, others: Iterable[int]) -> None:
        self._wants[step].update(others)

    def finished(self) -> tuple[Step, ...]:
        """The steps, numbered from 1, each after those it waits for, otherwise in the order of `add`."""
        before = {number: self._after[number] | self._wants[number] for number in self._after}
        users: dict[int, list[int]] = {number: [] for number in before}
        for number, others in before.items():
            for other in others:
                users[other].append(number)
        missing = {number: len(others) for number, others in before.items()}
        ready = [number for number, count in missing.items() if not count]
        heapq.heapify(ready)
        ids: dict[int, int] = {}
        while ready:
            number = heapq.heappop(ready)
            ids[number] = len(ids) + 1
            for user in users[number]:
                missing[user] -= 1
                if not missing[user]:
                    heapq.heappush(ready, user)
        assert len(ids) == len(before), "the steps of a plan wait for each other in a circle"
        return self._reduced(ids)

    def _reduced(self, ids: dict[int, int]) -> tuple[Step, ...]:
        """The drafts under their new numbers, without edges that others imply."""
        implied: dict[int, set[int]] = {}  # by new number: all that is done before
        found = []
        for number, step_id in ids.items():
            after = _nearest({ids[other] for other in self._after[number]}, implied)
            implied[step_id] = after.union(*(implied[other] for other in after))
            wants = _nearest({ids[other] for other in self._wants[number]} - implied[step_id], implied)
            step = msgspec.structs.replace(
                self._drafts[number], id=step_id, after=tuple(sorted(after)), wants=tuple(sorted(wants))
            )
            found.append(step)
        return tuple(found)


def _nearest(steps: set[int], implied: dict[int, set[int]]) -> set[int]:
    """Those of `steps` that no other of them comes after."""
    return steps.difference(*(implied[other] for other in steps))
