"""Containers that go: at once, or when all that a plan brings works."""

from collections.abc import Collection

from minicompose.model import Stack
from minicompose.planning.census import OLD, is_up, subject_of
from minicompose.planning.decide import Removal
from minicompose.planning.hooks import hooks_again, stop
from minicompose.planning.observed import ObservedContainer
from minicompose.planning.plan import (
    Action,
    RemoveContainer,
    RenameContainer,
    StartContainer,
    StopContainer,
    Unfinished,
)
from minicompose.planning.replacement import Before
from minicompose.planning.resources import Resources
from minicompose.planning.steps import Steps


class Removals:
    """Adds their steps.

    `last` are the steps that come when all else has worked, and `stopped` the containers that are stopped. `freed` has
    by name the step after which another can have it.
    """

    def __init__(
        self, stack: Stack, steps: Steps, resources: Resources, *, timeout: int | None, rolls_back: bool
    ) -> None:
        self._stack = stack
        self._steps = steps
        self._resources = resources
        self._timeout = timeout
        self._rolls_back = rolls_back
        self.last: list[int] = []
        self.stopped: list[ObservedContainer] = []
        self.freed: dict[str, int] = {}

    def remove_at_once(self, removal: Removal) -> None:
        container = removal.container
        stopped = self._stop_all(removal, Before(self._resources.connects(container)), group="")
        remove = RemoveContainer(container=container.id)
        self.freed[container.name] = self._steps.add(
            subject_of(container), remove, removal.because, after=stopped.after
        )

    def remove_at_last(self, removal: Removal, wanted: Collection[str]) -> None:
        """Stop it, and have another take its name where one wants it; it goes when all has worked."""
        container, because = removal.container, removal.because
        subject, group = subject_of(container), f"remove {container.name}"
        stopped = last = self._stop_all(removal, Before(self._resources.connects(container)), group)
        renamed: int | None = None
        if container.name in wanted:
            rename = RenameContainer(container=container.id, name=container.name + OLD)
            renamed = self._steps.add(subject, rename, because, after=last.after, group=group)
            self.freed[container.name] = renamed
            last = Before((renamed,))
        remove = RemoveContainer(container=container.id)
        self.last.append(self._steps.add(subject, remove, because, after=last.after, group=group))
        if not self._rolls_back:
            return
        back: tuple[int, ...] = ()
        if renamed is not None:
            name = RenameContainer(container=container.id, name=container.name)
            back = (self._steps.way_back.add(subject, name, group=group, reverts=(renamed,)),)
        if is_up(container):
            service = self._stack.services.get(container.service)
            actions: tuple[Action, ...] = (
                StartContainer(container=container.id),
                *hooks_again(container, service),
            )
            for action in actions:
                back = (self._steps.way_back.add(subject, action, group=group, reverts=stopped.after, wants=back),)

    def _stop_all(self, removal: Removal, before: Before, group: str) -> Before:
        container = removal.container
        actions = self._stop(container) if is_up(container) else ()
        if container.state == "created" and isinstance(removal.because, Unfinished):
            # The run that made it may have been killed while the engine was about to start it.
            actions = (StopContainer(container=container.id, timeout=self._timeout),)
        for action in actions:
            step = self._steps.add(subject_of(container), action, removal.because, after=before.after, group=group)
            before = Before((step,))
        return before

    def _stop(self, container: ObservedContainer) -> tuple[Action, ...]:
        self.stopped.append(container)
        return stop(container, self._stack.services.get(container.service), self._timeout)
