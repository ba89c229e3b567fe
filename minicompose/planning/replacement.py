"""How one container succeeds another, and how the old one comes back.

The successor is created as `NAME.next` beside the old one. Where the two may not overlap the old one is stopped before
the successor starts, otherwise only when that has settled. Then they change names, and the old one, `NAME.old`, is
kept until all that the plan brings works. Whatever was done of it can be put back.
"""

from collections.abc import Iterable

import msgspec

from minicompose.planning.census import NEXT, OLD
from minicompose.planning.observed import ObservedContainer
from minicompose.planning.plan import (
    Action,
    CreateContainer,
    ImageDiffers,
    Reason,
    RemoveContainer,
    RenameContainer,
    RunHook,
    StartContainer,
    StopContainer,
    Subject,
    WaitUntil,
)
from minicompose.planning.steps import Steps
from minicompose.planning.update import Policy


class Before(msgspec.Struct, frozen=True):
    """What a step comes after: steps that have to be done, and steps that only have to have ended."""

    after: tuple[int, ...] = ()
    wants: tuple[int, ...] = ()

    def __add__(self, other: "Before") -> "Before":
        return Before((*self.after, *other.after), (*self.wants, *other.wants))


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """One container's replacement: what is done, and to whom.

    `create` is None where the successor is there, and runs. `stop` is how the old one is stopped, nothing where it
    does not run; `again` are the hooks to run when it has been started again. `starts`: the successor is started.
    `before_create` and `before_change` are what creating the successor, and all that touches the old one or starts the
    new one, come after; `before_start` is what the start comes after, too, and `before_stop` what the stop of the old
    one does, where the two do not overlap.
    """

    name: str
    service: str
    old: ObservedContainer
    because: Reason
    when: ImageDiffers | None
    create: CreateContainer | None
    stop: tuple[Action, ...]
    hooks: tuple[RunHook, ...]
    again: tuple[RunHook, ...]
    starts: bool
    timeout: int | None
    renew_volumes: bool
    steady: float
    policy: Policy
    before_create: Before
    before_change: Before
    before_start: Before
    before_stop: Before

    @property
    def subject(self) -> Subject:
        return Subject(type="container", name=self.name, service=self.service)

    @property
    def new(self) -> str:
        return self.name + NEXT

    @property
    def group(self) -> str:
        return f"replace {self.name}"


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of a replacement that others have to know of.

    `created`, `started` and `settled` are None where there is no such step. `up` are those after which the successor
    is up, `named` the one after which it has its name, and `kept` the one after which the old one has given it up.
    `removed` takes the old one away; `last` is what comes before that. `begins` is what comes before the
    successor's start.
    """

    created: int | None
    started: int | None
    up: tuple[int, ...]
    settled: int | None
    kept: int
    named: int
    removed: int
    last: int
    begins: Before


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of a way back: those that take the successor `away`, those that start the old one again (`back`).

    `overlaps`: the old one runs again before the successor goes. `all` are both, in their order.
    """

    away: tuple[int, ...]
    back: tuple[int, ...]
    overlaps: bool = False

    @property
    def all(self) -> tuple[int, ...]:
        return (*self.back, *self.away) if self.overlaps else (*self.away, *self.back)


def replace(steps: Steps, change: Replacement) -> Replaced:
    """Add the steps of a replacement."""

    def add(action: Action, before: Before) -> int:
        return steps.add(
            change.subject,
            action,
            change.because,
            after=before.after,
            wants=before.wants,
            when=change.when,
            group=change.group,
        )

    def add_all(actions: Iterable[Action], before: Before) -> Before:
        """One after the other; what comes after the last of them."""
        for action in actions:
            before = Before((add(action, before),))
        return before

    created = add(change.create, change.before_create) if change.create else None
    there = Before(() if created is None else (created,))
    may_change = there + change.before_change
    may_start = may_change + (change.before_start if change.starts else Before())
    overlaps = change.policy.order == "start-first" and change.starts
    may_stop = may_change + (change.before_stop if change.starts else Before())
    last = may_start if overlaps else add_all(change.stop, may_stop)
    begins = may_start + last
    started = settled = None
    up = there
    if change.starts:
        if change.create:
            started = add(StartContainer(container=change.new), begins)
            up = add_all(change.hooks, Before((started,)))
        wait = WaitUntil(container=change.new, condition="settled", steady=change.steady, monitor=change.policy.monitor)
        settled = add(wait, up + last)
        last = Before((settled,))
    kept = add(RenameContainer(container=change.old.id, name=change.name + OLD), there + last)
    named = add(RenameContainer(container=change.new, name=change.name), Before((kept,)))
    last = add_all(change.stop, Before((named,))) if overlaps else Before((named,))
    removed = add(RemoveContainer(container=change.old.id, volumes=change.renew_volumes), last)
    return Replaced(
        created=created,
        started=started,
        up=up.after,
        settled=settled,
        kept=kept,
        named=named,
        removed=removed,
        last=last.after[-1],
        begins=begins,
    )


def put_back(steps: Steps, change: Replacement, done: Replaced, policy: Policy) -> Return:
    """Add the way back of a replacement, by the service's policy for it."""
    forward = _Forward(steps, change)
    overlaps = policy.order == "start-first"
    back = _start_again(forward, change, policy, ()) if overlaps else ()
    away = _take_away(forward, change, done, back[-1:])
    if not overlaps:
        back = _start_again(forward, change, policy, away[-1:])
    return Return(away=away, back=back, overlaps=overlaps)


class _Forward(msgspec.Struct, frozen=True):
    """The steps of the change, and what reverts them."""

    steps: Steps
    change: Replacement

    def revert(self, action: Action, reverts: Iterable[int], wants: Iterable[int]) -> int:
        change = self.change
        return self.steps.way_back.add(change.subject, action, group=change.group, reverts=reverts, wants=wants)

    def stops(self) -> list[int]:
        """The steps that stop the old one."""
        return self.steps.of(StopContainer, group=self.change.group)


def _take_away(forward: _Forward, change: Replacement, done: Replaced, wants: tuple[int, ...]) -> tuple[int, ...]:
    """The successor loses its name and goes, and the old one has its own again."""
    found = [forward.revert(RenameContainer(container=change.name, name=change.new), (done.named,), wants)]
    if done.started is not None:
        stop = StopContainer(container=change.new, timeout=change.timeout)
        found.append(forward.revert(stop, (done.started,), found[-1:]))
    if done.created is not None:
        gone = RemoveContainer(container=change.new, volumes=True)
        found.append(forward.revert(gone, (done.created,), found[-1:]))
    name = RenameContainer(container=change.old.id, name=change.name)
    found.append(forward.revert(name, (done.kept,), found[-1:]))
    return tuple(found)


def _start_again(forward: _Forward, change: Replacement, policy: Policy, wants: tuple[int, ...]) -> tuple[int, ...]:
    """The old one runs again, if it did before it was stopped."""
    stopped = forward.stops()
    if not stopped:
        return ()
    found = [forward.revert(StartContainer(container=change.old.id), stopped, wants)]
    for hook in change.again:
        found.append(forward.revert(hook, stopped, found[-1:]))
    if policy.monitor:
        wait = WaitUntil(container=change.old.id, condition="settled", monitor=policy.monitor)
        found.append(forward.revert(wait, stopped, found[-1:]))
    return tuple(found)
