"""What was changed by hand and a plan leaves as it is: the limits of containers."""

from typing import TYPE_CHECKING

from minicompose.diagnostic import Diagnostic
from minicompose.engine.protocol import Drift
from minicompose.model import Service, Stack
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import Plan

if TYPE_CHECKING:
    from minicompose.engine.protocol import Engine


def drift_notes(stack: Stack, observed: Observed, plan: Plan, engine: "Engine") -> list[Diagnostic]:
    """A warning for each limit that somebody has changed of a container which the plan has nothing to do with.

    It is told and no more: whoever changed it may have had a reason to, and the container works.
    """
    kept = {subject.name for subject in plan.unchanged if subject.type == "container"}
    containers = {c.id: c for c in observed.containers if c.name in kept and c.service in stack.services}
    if not containers:
        return []
    drifted = engine.drift({id: stack.services[container.service] for id, container in containers.items()})
    return [
        _note(stack, containers[id], stack.services[containers[id].service], drift)
        for id, drifts in drifted.items()
        for drift in drifts
    ]


def _note(stack: Stack, container: ObservedContainer, service: Service, drift: Drift) -> Diagnostic:
    where = ("services", service.name, *drift.attribute.split("."))
    asked = "no such limit" if drift.asked is None else f"{drift.asked}"
    return Diagnostic(
        severity="warning",
        pos=stack.position(*where),
        path=".".join(where),
        summary=f"{container.name} has {drift.found}, changed by hand; the file says {asked}",
        hint=f"`up --force-recreate {service.name}` makes it as the file says",
    )
