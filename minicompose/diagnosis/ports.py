"""Who has a port of the engine's machine that somebody asks for."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from minicompose import labels
from minicompose.diagnosis.listening import Listener
from minicompose.model import Port, Service
from minicompose.planning.observed import ObservedContainer, PublishedPort

_EVERYWHERE = ("", "0.0.0.0", "::")


class Holder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A container, with its project where it is of one, or else a program; nothing is said where nobody tells."""

    container: str = ""
    project: str = ""
    program: str = ""
    pid: int | None = None


def asked_ports(service: Service) -> Iterator[tuple[int, PublishedPort]]:
    """The ports of the host that a service publishes by number, with their place in `ports`."""
    if service.network_mode == "host":
        return  # the engine publishes nothing for it: it has the machine's own ports
    for index, port in enumerate(service.ports or ()):
        if (number := _number(port)) is not None:
            host_ip = (port.host_ip or "").strip("[]") or None
            yield (
                index,
                PublishedPort(container_port=port.target, protocol=port.protocol, host_ip=host_ip, host_port=number),
            )


def _number(port: Port) -> int | None:
    """A range leaves the engine a choice, 0 all of it."""
    first, dash, last = (port.published or "0").partition("-")
    if not first.isdigit() or (dash and last != first):
        return None
    return int(first) or None


def holder(
    port: PublishedPort,
    containers: Iterable[ObservedContainer],
    listeners: Iterable[Listener],
    apart_from: Collection[str] = (),
) -> Holder | None:
    """Who has `port`; `apart_from` are ids of containers that do not count, nor what runs in them."""
    containers = tuple(containers)
    publishing = [each for each in containers if any(_same(port, other) for other in each.ports)]
    for container in publishing:
        if container.id not in apart_from:
            return _of_container(container)
    if publishing:
        return None  # who listens for them is the engine itself
    for listener in listeners:
        if not _listens_there(listener, port) or listener.container in apart_from:
            continue
        inside = next((each for each in containers if each.id == listener.container), None)
        if inside is not None:
            return _of_container(inside)
        if listener.pid is None and any(_is_on_host(each) for each in containers if each.id in apart_from):
            continue  # it may be in that one
        return Holder(program=listener.program, pid=listener.pid)
    return None


def _of_container(container: ObservedContainer) -> Holder:
    return Holder(container=container.name, project=container.labels.get(labels.PROJECT, ""))


def _is_on_host(container: ObservedContainer) -> bool:
    return "host" in container.networks


def _same(port: PublishedPort, other: PublishedPort) -> bool:
    if (port.protocol, port.host_port) != (other.protocol, other.host_port):
        return False
    return overlap(port.host_ip or "", other.host_ip or "")


def _listens_there(listener: Listener, port: PublishedPort) -> bool:
    if (listener.protocol, listener.port) != (port.protocol, port.host_port):
        return False
    asked = port.host_ip or ""
    # One that listens on all addresses of IPv6 has those of IPv4 too, as a rule.
    return overlap(asked, listener.address) or (listener.address == "::" and ":" not in asked)


def overlap(one: str, other: str) -> bool:
    """Whether two addresses to listen on are in each other's way; "" is every address."""
    if one == other or "" in (one, other):
        return True
    return (one in _EVERYWHERE or other in _EVERYWHERE) and (":" in one) == (":" in other)
