"""`kill`, `pause` and `unpause`: each container by itself, in no order."""

import msgspec

from minicompose.model import Stack
from minicompose.planning.census import is_up, subject_of
from minicompose.planning.chosen import chosen, chosen_with_oneoffs
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import (
    Asked,
    KillContainer,
    Orphan,
    PauseContainer,
    Plan,
    RemoveContainer,
    UnpauseContainer,
)
from minicompose.planning.steps import Steps
from minicompose.planning.up import orphans_of


class KillOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `kill` says; `services` are those named, none meaning all."""

    services: tuple[str, ...] = ()
    signal: str = "SIGKILL"
    remove_orphans: bool = False


def plan_kill(observed: Observed, options: KillOptions, stack: Stack | None = None) -> Plan:
    """Send a signal to all that is up of the services, one-offs too; orphans are killed and removed when asked."""
    steps = Steps()
    for container in chosen_with_oneoffs(observed, options.services, stack):
        if is_up(container):
            kill = KillContainer(container=container.id, signal=options.signal)
            steps.add(subject_of(container), kill, Asked(option="kill"))
    if options.remove_orphans and stack is not None:
        for container in orphans_of(stack, observed):
            _take_away(steps, container)
    return steps.plan(observed.project)


def _take_away(steps: Steps, orphan: ObservedContainer) -> None:
    killed: tuple[int, ...] = ()
    if is_up(orphan):
        killed = (steps.add(subject_of(orphan), KillContainer(container=orphan.id, signal="SIGKILL"), Orphan()),)
    steps.add(subject_of(orphan), RemoveContainer(container=orphan.id), Orphan(), after=killed)


def plan_pause(observed: Observed, services: tuple[str, ...] = (), stack: Stack | None = None) -> Plan:
    """Pause what runs of the services; none named means all."""
    steps = Steps()
    containers = chosen(observed, services, stack)
    for container in containers:
        if container.state == "running":
            steps.add(subject_of(container), PauseContainer(container=container.id), Asked(option="pause"))
    return steps.plan(observed.project, unchanged=[subject_of(each) for each in containers if each.state == "paused"])


def plan_unpause(observed: Observed, services: tuple[str, ...] = (), stack: Stack | None = None) -> Plan:
    """Let those of the services' containers go on that are paused; none named means all."""
    steps = Steps()
    containers = chosen(observed, services, stack)
    for container in containers:
        if container.state == "paused":
            steps.add(subject_of(container), UnpauseContainer(container=container.id), Asked(option="unpause"))
    return steps.plan(observed.project, unchanged=[subject_of(each) for each in containers if each.state == "running"])
