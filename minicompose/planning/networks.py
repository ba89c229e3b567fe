"""A network that is made anew, and its containers, which are taken off the old one and put on the new one."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from minicompose import labels
from minicompose.model import Network, NetworkAttachment, Stack
from minicompose.planning.census import plain_name, subject_of
from minicompose.planning.masking import masked
from minicompose.planning.observed import ObservedContainer, ObservedNetwork
from minicompose.planning.plan import (
    ConnectNetwork,
    CreateNetwork,
    DisconnectNetwork,
    Endpoint,
    NetworkReplaced,
    Reason,
    RemoveNetwork,
    Subject,
)
from minicompose.planning.record import read
from minicompose.planning.spec import links_by_name
from minicompose.planning.steps import Steps


class Remade(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of one network's change that others have to know of.

    `created` is the step after which it is there; `connected` are by container those after which that one is on
    it again. In the way back, `freed` come after what the new containers on it do, and `connected_back` are
    by container those after which it is on the old network again.
    """

    created: int
    connected: Mapping[str, int]
    freed: tuple[int, ...]
    connected_back: Mapping[str, int]


def remake(
    stack: Stack,
    steps: Steps,
    there: ObservedNetwork,
    network: Network,
    its_labels: dict[str, str],
    because: Reason,
    containers: Iterable[ObservedContainer],
) -> Remade:
    """Add the steps that make `network` anew and reconnect the containers that are on it, and their way back.

    What runs goes on running, and is off the network for as long as that takes.
    """
    on_it = sorted((c for c in containers if there.name in c.networks), key=lambda c: c.name)
    subject = Subject(type="network", name=there.name)
    group = f"network {there.name}"
    reason = NetworkReplaced(network=there.name)
    off = {
        c.id: steps.add(subject_of(c), DisconnectNetwork(container=c.id, network=there.id), reason, group=group)
        for c in on_it
    }
    removed = steps.add(subject, RemoveNetwork(network=there.id), because, after=off.values(), group=group)
    create = CreateNetwork(network=network, labels=its_labels)
    created = steps.add(subject, create, because, after=(removed,), group=group)
    connected = {
        c.id: steps.add(
            subject_of(c),
            ConnectNetwork(container=c.id, endpoint=_endpoint(stack, c, there.name, network)),
            reason,
            after=(created,),
            group=group,
        )
        for c in on_it
    }

    back = steps.way_back
    freed = tuple(
        back.add(
            subject_of(c),
            DisconnectNetwork(container=c.id, network=there.name),
            group=group,
            reverts=(connected[c.id],),
        )
        for c in on_it
    )
    away = back.add(subject, RemoveNetwork(network=there.name), group=group, reverts=(created,), wants=freed)
    restore = CreateNetwork(network=there.definition, labels=there.labels)
    again = back.add(subject, restore, group=group, reverts=(removed,), wants=(away,))
    connected_back = {
        c.id: back.add(
            subject_of(c),
            ConnectNetwork(container=c.id, endpoint=_endpoint(stack, c, there.name, there.definition)),
            group=group,
            reverts=(off[c.id],),
            wants=(again,),
        )
        for c in on_it
    }
    return Remade(created=created, connected=connected, freed=(*freed, away), connected_back=connected_back)


def _endpoint(stack: Stack, container: ObservedContainer, name: str, network: Network) -> Endpoint:
    """How a container is on a network by its own record, with those of its addresses that the network can give."""
    record = read(container.labels.get(labels.SPEC, "")) or {}
    said = (record.get("networks") or {}).get(name) or {}
    attachment = msgspec.convert({key: value for key, value in said.items() if _is_kept(value)}, NetworkAttachment)
    aliases = (plain_name(container), container.service, *(attachment.aliases or ()))
    return Endpoint(
        network=name,
        aliases=tuple(dict.fromkeys(aliases)),
        ipv4_address=_within(attachment.ipv4_address, network),
        ipv6_address=_within(attachment.ipv6_address, network),
        link_local_ips=attachment.link_local_ips or (),
        mac_address=attachment.mac_address,
        driver_opts=attachment.driver_opts,
        gw_priority=attachment.gw_priority,
        interface_name=attachment.interface_name,
        links=links_by_name(stack, record.get("links") or (), record.get("external_links") or ()),
    )


def _is_kept(value: Any) -> bool:
    """Not a secret, of which the record has only the digest."""
    return bool(masked(value) == value)


def _within(address: str | None, network: Network) -> str | None:
    if address is None:
        return None
    import ipaddress  # only where a network is made anew that has fixed addresses

    pools = (network.ipam.config if network.ipam else None) or ()
    subnets = [ipaddress.ip_network(pool.subnet, strict=False) for pool in pools if pool.subnet]
    return address if any(ipaddress.ip_address(address) in subnet for subnet in subnets) else None
