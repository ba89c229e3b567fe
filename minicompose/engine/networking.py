"""Ports and networks of a container, as the engine has them."""

from collections.abc import Iterator
from typing import Any

from minicompose.model import Service
from minicompose.planning.graph import DEFAULT_BRIDGE
from minicompose.planning.plan import ContainerSpec, Endpoint

Body = dict[str, Any]

# From here on a container is created on all its networks at once, each with its own address of the card.
SEVERAL_AT_CREATE = (1, 44)
_INTERFACE_OPTION = "com.docker.network.endpoint.ifname"


def expose(service: Service) -> Body:
    """`7000`, `7000/udp` and ranges of them."""
    if service.expose is None:
        return {}
    return {"ExposedPorts": {port: {} for entry in service.expose for port in _ports_of(entry)}}


def _ports_of(entry: str) -> Iterator[str]:
    numbers, _, protocol = entry.partition("/")
    first, _, last = numbers.partition("-")
    for number in range(int(first), int(last or first) + 1):
        yield f"{number}/{protocol.lower() or 'tcp'}"


def ports(service: Service) -> Body:
    """Every port is exposed and bound; one without `published` to a port that the engine picks."""
    if service.ports is None:
        return {}
    bindings: dict[str, list[Body]] = {}
    for port in service.ports:
        binding = {"HostIp": (port.host_ip or "").strip("[]"), "HostPort": port.published or ""}
        bindings.setdefault(f"{port.target}/{port.protocol}", []).append(binding)
    return {"ExposedPorts": {key: {} for key in bindings}, "HostConfig": {"PortBindings": bindings}}


def attachments(spec: ContainerSpec, api: tuple[int, int]) -> Body:
    """The network mode, and the networks that it is created on; the rest are connected afterwards."""
    service = spec.service
    links = links_of(service)
    if not spec.endpoints:
        return _by_mode(service.network_mode or "none", service.mac_address, bound_links(spec), api)
    first = spec.endpoints[0]
    at_create = spec.endpoints if api >= SEVERAL_AT_CREATE else spec.endpoints[:1]
    body: Body = {
        "HostConfig": {"NetworkMode": first.network},
        "NetworkingConfig": {"EndpointsConfig": {its.network: endpoint_body(its, links, api) for its in at_create}},
    }
    card = first.mac_address or service.mac_address
    if card and api < SEVERAL_AT_CREATE:
        body["MacAddress"] = card
    elif card:
        body["NetworkingConfig"]["EndpointsConfig"][first.network]["MacAddress"] = card
    return body


def _by_mode(mode: str, card: str | None, links: list[str], api: tuple[int, int]) -> Body:
    """No network of the stack: the engine's own bridge, the host's, that of another container, or none."""
    host: Body = {"NetworkMode": mode}
    if links:
        host["Links"] = links
    if not card:
        return {"HostConfig": host}
    if api < SEVERAL_AT_CREATE:
        return {"HostConfig": host, "MacAddress": card}
    return {"HostConfig": host, "NetworkingConfig": {"EndpointsConfig": {mode: {"MacAddress": card}}}}


def connected_later(spec: ContainerSpec, api: tuple[int, int]) -> tuple[Endpoint, ...]:
    """The networks that an older engine has to be told one by one."""
    return () if api >= SEVERAL_AT_CREATE else spec.endpoints[1:]


def endpoint_body(endpoint: Endpoint, links: list[str], api: tuple[int, int]) -> Body:
    """One entry of EndpointsConfig; also the EndpointConfig of `POST /networks/{id}/connect`."""
    body: Body = {"Aliases": list(endpoint.aliases)}
    if links:
        body["Links"] = links
    addresses: Body = {}
    if endpoint.ipv4_address:
        addresses["IPv4Address"] = endpoint.ipv4_address
    if endpoint.ipv6_address:
        addresses["IPv6Address"] = endpoint.ipv6_address
    if endpoint.link_local_ips:
        addresses["LinkLocalIPs"] = list(endpoint.link_local_ips)
    if addresses:
        body["IPAMConfig"] = addresses
    options = dict(endpoint.driver_opts or {})
    if endpoint.interface_name:
        options[_INTERFACE_OPTION] = endpoint.interface_name
    if options:
        body["DriverOpts"] = options
    if endpoint.mac_address and api >= SEVERAL_AT_CREATE:
        body["MacAddress"] = endpoint.mac_address
    if endpoint.gw_priority is not None:
        body["GwPriority"] = endpoint.gw_priority
    return body


def bound_links(spec: ContainerSpec) -> list[str]:
    """The links that the engine binds to containers: those on its own bridge."""
    return links_of(spec.service) if not spec.endpoints and spec.service.network_mode in DEFAULT_BRIDGE else []


def links_of(service: Service) -> list[str]:
    """`container:alias`; an external link without an alias keeps its name."""
    entries = (*(service.links or ()), *(service.external_links or ()))
    return [entry if ":" in entry else f"{entry}:{entry}" for entry in entries]
