"""Who is who among a project's containers: which one stands for which number of which service."""

from collections.abc import Iterable

import msgspec

from minicompose import labels
from minicompose.planning.observed import Observed, ObservedContainer

# The suffix of a successor's name, until the one that it replaces is gone.
NEXT = ".next"

UP = ("running", "paused", "restarting")
GOING = ("dead", "removing")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What there is for one number of a service.

    `successor` was to replace `container` in a run that was interrupted. `renamed_to` is the name that
    `container` should get: it took over, but was not renamed any more. `leftovers` can go.
    """

    number: int
    container: ObservedContainer | None = None
    successor: ObservedContainer | None = None
    renamed_to: str | None = None
    leftovers: tuple[ObservedContainer, ...] = ()


Census = dict[str, dict[int, Standing]]


def is_up(container: ObservedContainer) -> bool:
    """Whether it runs, as far as `up` is concerned: a paused container does."""
    return container.state in UP


def is_successor(container: ObservedContainer) -> bool:
    return labels.REPLACES in container.labels and container.name.endswith(NEXT)


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
    leftovers: list[ObservedContainer] = []
    for container in sorted(containers, key=_worth):
        if container.state in GOING:
            leftovers.append(container)
        elif is_successor(container):
            successors.append(container)
        else:
            settled.append(container)
    if not settled:
        if not successors:
            return Standing(number=number, leftovers=tuple(leftovers))
        heir, *rest = successors
        return Standing(
            number=number,
            container=heir,
            renamed_to=heir.name.removesuffix(NEXT),
            leftovers=(*leftovers, *rest),
        )
    container, *doubles = settled
    successor = next((other for other in successors if other.labels[labels.REPLACES] == container.id), None)
    rest = [other for other in successors if other is not successor]
    return Standing(number=number, container=container, successor=successor, leftovers=(*leftovers, *doubles, *rest))


def _worth(container: ObservedContainer) -> tuple[bool, int, str]:
    """Sorts the best of several first: one that runs, then the newest."""
    return (not is_up(container), -container.created, container.id)
