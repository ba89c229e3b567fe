"""The containers whose output is wanted, out of what a plan will do and what is there."""

from typing import Literal

import msgspec

from minicompose.planning.census import NEXT
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import (
    CreateContainer,
    Plan,
    RemoveContainer,
    RestartContainer,
    StartContainer,
    StopContainer,
    WaitUntil,
)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A container whose output is wanted. `handle` is the id or name by which the engine knows it now.

    `state`: a new one is shown from its first line, one that is stopped from its next start on, a
    running one from now on. The plan `starts` it; or ends it, so that the end of one that `leaves`
    means nothing. A `job` is meant to end with 0.
    """

    handle: str
    container: str
    service: str
    number: int
    state: Literal["new", "stopped", "running"]
    starts: bool = False
    leaves: bool = False
    job: bool = False


def sources_of(plan: Plan, observed: Observed) -> tuple[Source, ...]:
    """The containers that there are, one-offs left out, and those that the plan will create."""
    actions = [step.action for step in plan.steps]
    leaving = {
        action.container for action in actions if isinstance(action, StopContainer | RemoveContainer | RestartContainer)
    }
    starting = {action.container for action in actions if isinstance(action, StartContainer | RestartContainer)}
    jobs = {action.container for action in actions if isinstance(action, WaitUntil) and action.condition == "completed"}
    there = tuple(
        Source(
            handle=each.id,
            container=each.name,
            service=each.service,
            number=each.number,
            state=state_of(each),
            starts=bool({each.id, each.name} & starting),
            leaves=bool({each.id, each.name} & leaving),
            job=bool({each.id, each.name} & jobs),
        )
        for each in observed.containers
        if not each.oneoff
    )
    created = tuple(
        Source(
            handle=action.name,
            container=action.spec.name,
            service=action.spec.service.name,
            number=action.spec.number,
            state="new",
            starts=True,
            job=action.name in jobs,
        )
        for action in actions
        if isinstance(action, CreateContainer)
    )
    return there + created


def source_of(container: ObservedContainer) -> Source:
    """The source that a container is which somebody else created meanwhile: all of its output is wanted."""
    return Source(
        handle=container.id,
        container=container.name.removesuffix(NEXT),  # that of one which will have taken another's place
        service=container.service,
        number=container.number,
        state="new",
        starts=True,
    )


def state_of(container: ObservedContainer) -> Literal["stopped", "running"]:
    """Whether there is something to follow now, or only from its next start on."""
    return "running" if container.state in ("running", "paused", "restarting") else "stopped"
