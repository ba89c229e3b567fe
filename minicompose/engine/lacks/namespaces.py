"""What a container cannot have of its own when it shares another's network, or the host's.

The engine refuses each of these when the container is created, or started.
"""

from collections.abc import Iterator, Mapping

from minicompose.engine.lacks.lack import Lack
from minicompose.model import Service
from minicompose.planning.graph import DEFAULT_BRIDGE

_OF_ANOTHER = ("service:", "container:")
# What belongs to a container's network, and so to the container that it is shared with.
_OF_A_NETWORK = ("hostname", "dns", "extra_hosts", "mac_address", "ports", "expose", "links", "external_links")
_NOT_ON_THE_HOSTS = ("mac_address", "links", "external_links")
_LINKS = ("links", "external_links")


def excluded(service: Service, others: Mapping[str, Service]) -> Iterator[Lack]:
    """Attributes beside a `network_mode` or a `uts` that leaves no room for them; `others` are all services."""
    mode = service.network_mode or ""
    if mode.startswith(_OF_ANOTHER):
        kind, _, other = mode.partition(":")
        hint = f"move it to {other}" if kind == "service" else ""
        yield from _own(service, _OF_A_NETWORK, f"the network is that of {other}", hint)
    elif mode == "host":
        yield from _own(service, _NOT_ON_THE_HOSTS, "the network is that of the host")
        yield from _sysctls_of_the_host(service)
    elif mode == "none":
        for name in _said(service, _LINKS):
            yield Lack((name,), f"`{name}` has no effect: there is no network", harmless=True)
    elif mode in DEFAULT_BRIDGE:
        yield from _links(service, others)
    if service.uts == "host":
        yield from _own(service, ("hostname",), "`uts: host` means the host's name")


def _own(service: Service, names: tuple[str, ...], why: str, hint: str = "") -> Iterator[Lack]:
    for name in _said(service, names):
        yield Lack((name,), f"{why}, and so there can be no `{name}` of its own", hint=hint)


def _said(service: Service, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if getattr(service, name)]


def _sysctls_of_the_host(service: Service) -> Iterator[Lack]:
    for name in service.sysctls or ():
        if name.startswith("net."):
            yield Lack(("sysctls", name), f"the network is that of the host, where `{name}` cannot be set from within")


def _links(service: Service, others: Mapping[str, Service]) -> Iterator[Lack]:
    """On its own bridge the engine links containers with each other, and no others."""
    for index, link in enumerate(service.links or ()):
        name = link.partition(":")[0]
        if name in others and others[name].network_mode not in DEFAULT_BRIDGE:
            why = f'"{name}" is not on the network `{service.network_mode}`, and cannot be linked to from there'
            yield Lack(("links", index), why, hint=f"remove `network_mode`, or give {name} the same one")
