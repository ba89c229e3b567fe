"""What services need where the stack file does not say: what their containers were made to depend on."""

from collections.abc import Iterable

from minicompose import labels
from minicompose.model import Dependency, Stack
from minicompose.planning import graph
from minicompose.planning.observed import Observed, ObservedContainer


def needs_of(stack: Stack | None, observed: Observed) -> graph.Graph:
    """By the stack, and for services that it does not have by what their containers say."""
    needs = labelled_needs(observed.containers)
    if stack is not None:
        needs |= graph.dependencies(stack)
    return needs


def labelled_needs(containers: Iterable[ObservedContainer]) -> graph.Graph:
    """For each service those that its containers were made to depend on, and how."""
    needs: graph.Graph = {}
    for container in containers:
        needs.setdefault(container.service, {}).update(_of_one(container))
    return needs


def _of_one(container: ObservedContainer) -> dict[str, Dependency]:
    """As in `db:service_healthy:false,...`."""
    found: dict[str, Dependency] = {}
    for entry in container.labels.get(labels.DEPENDS_ON, "").split(","):
        name, _, rest = entry.partition(":")
        condition, _, restart = rest.partition(":")
        match condition:
            case "service_started" | "service_healthy" | "service_completed_successfully":
                found[name] = Dependency(condition=condition, restart=restart == "true")
            case _ if name:
                found[name] = Dependency()
            case _:
                pass
    return found
