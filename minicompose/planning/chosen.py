"""Which containers a verb is about: those of the services named, or else of all that the stack file enables."""

from collections.abc import Collection

from minicompose.model import Stack
from minicompose.planning.observed import Observed, ObservedContainer


def chosen(observed: Observed, services: Collection[str], stack: Stack | None) -> list[ObservedContainer]:
    """The containers by name, one-offs left out. Without a stack, none named means all that the project has."""
    return [container for container in chosen_with_oneoffs(observed, services, stack) if not container.oneoff]


def chosen_with_oneoffs(observed: Observed, services: Collection[str], stack: Stack | None) -> list[ObservedContainer]:
    """As `chosen`, and those that `run` has made of these services."""
    wanted = services or (None if stack is None else stack.services)
    found = [container for container in observed.containers if wanted is None or container.service in wanted]
    return sorted(found, key=lambda container: container.name)
