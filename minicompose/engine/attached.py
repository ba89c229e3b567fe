"""What somebody has changed of how a container is on its networks: its names, its addresses, and networks besides."""

from collections.abc import Iterator, Mapping
from typing import Any

from minicompose.engine.protocol import Drift
from minicompose.planning.plan import Endpoint

_ADDRESSES = (("ipv4_address", "IPv4Address", "IPAddress"), ("ipv6_address", "IPv6Address", "GlobalIPv6Address"))


def network_drift(asked: tuple[Endpoint, ...], found: Mapping[str, Any]) -> Iterator[Drift]:
    """`found` are the Networks that the engine tells of a container. Those that it was taken off are left out: a plan
    puts it on them. So is one that asks for no network of its own.
    """
    for endpoint in asked:
        there = found.get(endpoint.network)
        if there is not None:
            yield from _differences(endpoint, there)
    names = {endpoint.network for endpoint in asked}
    for name in sorted(found) if asked else ():
        if name not in names:
            yield Drift(attribute="networks", asked=None, found=name, network=name)


def _differences(asked: Endpoint, found: Mapping[str, Any]) -> Iterator[Drift]:
    known = {*(found.get("Aliases") or ()), *(found.get("DNSNames") or ())}
    lost = [alias for alias in asked.aliases if alias not in known]
    if lost:
        yield Drift(attribute="aliases", asked=", ".join(lost), found=None, network=asked.network)
    for attribute, word, actual in _ADDRESSES:
        address = getattr(asked, attribute)
        if address is not None and not _same(address, (found.get("IPAMConfig") or {}).get(word)):
            yield Drift(attribute=attribute, asked=address, found=found.get(actual) or None, network=asked.network)


def _same(one: str, other: str | None) -> bool:
    if one == other or not other:
        return one == other
    import ipaddress  # an IPv6 address has several spellings

    return ipaddress.ip_address(one) == ipaddress.ip_address(other)
