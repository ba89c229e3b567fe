"""Which service needs which: `depends_on`, and what implies it."""

import heapq
from collections.abc import Iterable, Iterator, Mapping

from minicompose.model import Dependency, Service, Stack

Graph = dict[str, dict[str, Dependency]]

# The words of `network_mode` for the network that the engine has by itself.
DEFAULT_BRIDGE = ("bridge", "default")


def implied(service: Service) -> Iterator[str]:
    """The services that `service` needs without saying so in `depends_on`."""
    yield from (link.partition(":")[0] for link in service.links or ())
    yield from shared_with(service)


def bridge_links(service: Service) -> Iterator[str]:
    """The services that it is linked to on the engine's default bridge, where a link is bound to a container.

    On any other network a link is no more than a name, which whoever has it answers to.
    """
    if service.network_mode in DEFAULT_BRIDGE:
        yield from (link.partition(":")[0] for link in service.links or ())


def shared_with(service: Service) -> Iterator[str]:
    """The services to whose very containers it is bound: by namespaces, by volumes, by links on the default bridge."""
    yield from bridge_links(service)
    for mode in (service.network_mode, service.ipc, service.pid):
        if mode and mode.startswith("service:"):
            yield mode.removeprefix("service:")
    for entry in service.volumes_from or ():
        if not entry.startswith("container:"):
            yield entry.partition(":")[0]


def contexts(service: Service) -> Iterator[str]:
    """The services whose images its own is built from, as its build says."""
    for place in ((service.build and service.build.additional_contexts) or {}).values():
        if place.startswith("service:"):
            yield place.removeprefix("service:")


def with_contexts(stack: Stack, services: Iterable[str]) -> tuple[str, ...]:
    """The services named, and before each those that its build is built from."""
    found: dict[str, None] = {}

    def add(name: str, users: tuple[str, ...]) -> None:
        if name in found or name in users or name not in stack.services:
            return
        for other in contexts(stack.services[name]):
            add(other, (*users, name))
        found[name] = None

    for name in services:
        add(name, ())
    return tuple(found)


def dependencies(stack: Stack) -> Graph:
    """For each service those that it needs, and how. Only services of the stack are in it."""
    found: Graph = {}
    for name, service in stack.services.items():
        needs = {other: Dependency() for other in implied(service)}
        needs.update(service.depends_on or {})
        found[name] = {other: needs[other] for other in sorted(needs) if other in stack.services and other != name}
    return found


def dependents(stack: Stack) -> dict[str, tuple[str, ...]]:
    """For each service those that need it."""
    return reversed_graph(dependencies(stack))


def reversed_graph(graph: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {name: [] for name in graph}
    for name in sorted(graph):
        for other in graph[name]:
            found.setdefault(other, []).append(name)
    return {name: tuple(users) for name, users in found.items()}


def closure(stack: Stack, services: Iterable[str]) -> tuple[str, ...]:
    """The services named and all they need, dependencies first."""
    graph = dependencies(stack)
    found: set[str] = set()
    waiting = [name for name in services if name in graph]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(graph[name])
    return tuple(name for name in order(graph) if name in found)


def order(graph: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Names so that each comes after those it needs, by name where that leaves a choice.

    Where there is a cycle, which only foreign labels can bring, it is broken at the lowest name.
    """
    needs = {name: {other for other in others if other in graph} - {name} for name, others in graph.items()}
    users = reversed_graph({name: sorted(others) for name, others in needs.items()})
    ready = [name for name, others in needs.items() if not others]
    heapq.heapify(ready)
    found: dict[str, None] = {}
    while len(found) < len(needs):
        if not ready:
            ready = [min(name for name in needs if name not in found)]
        name = heapq.heappop(ready)
        if name in found:
            continue
        found[name] = None
        for user in users[name]:
            needs[user].discard(name)
            if not needs[user] and user not in found:
                heapq.heappush(ready, user)
    return tuple(found)
