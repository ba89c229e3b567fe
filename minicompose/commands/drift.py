"""What was changed by hand and a plan leaves as it is: limits of containers, and how they are on their networks."""

from typing import TYPE_CHECKING

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.engine.protocol import Drift, MadeOf
from minicompose.model import Service, Stack
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import Plan
from minicompose.planning.record import service_networks
from minicompose.planning.spec import service_endpoint

if TYPE_CHECKING:
    from minicompose.engine.protocol import Engine


def drift_notes(stack: Stack, observed: Observed, plan: Plan, engine: "Engine") -> list[Diagnostic]:
    """A warning for all that somebody has changed of a container which the plan has nothing to do with.

    It is told and no more: whoever changed it may have had a reason to, and the container works.
    """
    kept = {subject.name for subject in plan.unchanged if subject.type == "container"}
    containers = {c.id: c for c in observed.containers if c.name in kept and c.service in stack.services}
    if not containers:
        return []
    drifted = engine.drift({id: _made_of(stack, container) for id, container in containers.items()})
    return [
        _note(stack, containers[id], stack.services[containers[id].service], drift)
        for id, drifts in drifted.items()
        for drift in drifts
    ]


def _made_of(stack: Stack, container: ObservedContainer) -> MadeOf:
    """Without its own name among the names that it answers to: it may have been renamed since."""
    service = stack.services[container.service]
    endpoints = (
        service_endpoint(stack, service, container.name, network) for network in service_networks(stack, service)
    )
    return MadeOf(
        service=service,
        endpoints=tuple(
            msgspec.structs.replace(each, aliases=tuple(name for name in each.aliases if name != container.name))
            for each in endpoints
        ),
    )


def _note(stack: Stack, container: ObservedContainer, service: Service, drift: Drift) -> Diagnostic:
    where = ("services", service.name, *_place(stack, drift))
    return Diagnostic(
        severity="warning",
        pos=stack.position(*where),
        path=".".join(where),
        summary=f"{container.name} {_words(drift)}",
        hint=f"`up --force-recreate {service.name}` makes it as the file says",
    )


def _place(stack: Stack, drift: Drift) -> tuple[str, ...]:
    """Where in its service it is written, or would be."""
    keys = [key for key, network in stack.networks.items() if network.name == drift.network]
    if drift.network and drift.attribute != "networks":
        return ("networks", *(keys or [drift.network])[:1], drift.attribute)
    return tuple(drift.attribute.split("."))


def _words(drift: Drift) -> str:
    match drift.attribute:
        case "aliases":
            return f"does not answer to {drift.asked} on the network {drift.network}, changed by hand"
        case "networks":
            return f"is on the network {drift.network}, put there by hand; the file does not say so"
        case _:
            on = f" on the network {drift.network}" if drift.network else ""
            asked = "nothing of it" if drift.asked is None else f"{drift.asked}"
            return f"has {drift.found or 'none'}{on}, changed by hand; the file says {asked}"
