"""Who is who among a project's containers: which one stands for which number of which service."""

from collections.abc import Iterable

import msgspec

from minicompose import labels
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import Condition, Subject
from minicompose.planning.record import read

# The suffix of a successor's name until it has settled, and from then on of the name of the one that it replaced.
NEXT = ".next"
OLD = ".old"

UP = ("running", "paused", "restarting")
GOING = ("dead", "removing")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What there is for one number of a service.

    `successor` was to replace `container` in a run that was interrupted. `renamed_to` is the name that
    `container` should get: it took over and was not renamed any more, or was to be replaced and is not.
    `predecessor` is what `container` has replaced, and can go when all is well. `leftovers` can go at once.
    """

    number: int
    container: ObservedContainer | None = None
    successor: ObservedContainer | None = None
    renamed_to: str | None = None
    predecessor: ObservedContainer | None = None
    leftovers: tuple[ObservedContainer, ...] = ()


Census = dict[str, dict[int, Standing]]


def subject_of(container: ObservedContainer, name: str = "") -> Subject:
    """What a step is about that is about a container, under its name or another."""
    return Subject(type="container", name=name or container.name, service=container.service)


def is_up(container: ObservedContainer) -> bool:
    """Whether it runs, as far as `up` is concerned: a paused container does."""
    return container.state in UP


def holds(container: ObservedContainer, condition: Condition) -> bool:
    """Whether a container that no step touches is already as `condition` says."""
    succeeded = container.state == "exited" and container.exit_code == 0
    match condition:
        case "started":
            return True
        case "running":
            return container.state == "running"
        case "healthy":
            return container.state == "running" and container.health == "healthy"
        case "completed":
            return succeeded
        case "settled":
            return succeeded or (container.state == "running" and container.health in ("none", "healthy"))


def is_successor(container: ObservedContainer) -> bool:
    return labels.REPLACES in container.labels and container.name.endswith(NEXT)


def is_displaced(container: ObservedContainer) -> bool:
    """Whether it bears the name of one that was replaced; a service may be called so by its own right."""
    if not container.name.endswith(OLD):
        return False
    its = container.labels
    parts = (its.get(labels.PROJECT, ""), container.service, str(container.number))
    record = read(its.get(labels.SPEC, "")) or {}
    return plain_name(container) in ("-".join(parts), "_".join(parts), record.get("container_name"))


def is_named_by_a_run(container: ObservedContainer) -> bool:
    """Whether it has the name of one that is about to replace another, or was replaced."""
    return is_successor(container) or is_displaced(container)


def plain_name(container: ObservedContainer) -> str:
    """A container's name when it is not about to replace another, or to be replaced."""
    return container.name.removesuffix(NEXT).removesuffix(OLD)


def take_census(observed: Observed) -> Census:
    """The project's containers by service and number; one-offs are not counted."""
    by_place: dict[tuple[str, int], list[ObservedContainer]] = {}
    for container in observed.containers:
        if not container.oneoff:
            by_place.setdefault((container.service, container.number), []).append(container)
    census: Census = {}
    for (service, number), containers in sorted(by_place.items()):
        census.setdefault(service, {})[number] = _standing(number, containers)
    return census


def _standing(number: int, containers: Iterable[ObservedContainer]) -> Standing:
    settled: list[ObservedContainer] = []
    successors: list[ObservedContainer] = []
    displaced: list[ObservedContainer] = []
    leftovers: list[ObservedContainer] = []
    for container in sorted(containers, key=_worth):
        if container.state in GOING:
            leftovers.append(container)
        elif is_successor(container):
            successors.append(container)
        elif is_displaced(container):
            displaced.append(container)
        else:
            settled.append(container)
    if settled:
        container, *doubles = settled
        predecessor = _of_id(displaced, container.labels.get(labels.REPLACES))
        successor = _successor_of(container, successors)
        rest = [other for other in (*successors, *displaced) if other not in (successor, predecessor)]
        return Standing(
            number=number,
            container=container,
            successor=successor,
            predecessor=predecessor,
            leftovers=(*leftovers, *doubles, *rest),
        )
    candidates = [*displaced, *successors]
    if not candidates:
        return Standing(number=number, leftovers=tuple(leftovers))
    container = candidates[0]
    successor = _successor_of(container, successors)
    return Standing(
        number=number,
        container=container,
        successor=successor,
        renamed_to=plain_name(container),
        leftovers=(*leftovers, *(other for other in candidates[1:] if other is not successor)),
    )


def _of_id(containers: Iterable[ObservedContainer], id: str | None) -> ObservedContainer | None:
    return next((container for container in containers if container.id == id), None)


def _successor_of(container: ObservedContainer, successors: Iterable[ObservedContainer]) -> ObservedContainer | None:
    return next((other for other in successors if other.labels[labels.REPLACES] == container.id), None)


def _worth(container: ObservedContainer) -> tuple[bool, int, str]:
    """Sorts the best of several first: one that runs, then the newest."""
    return (not is_up(container), -container.created, container.id)
