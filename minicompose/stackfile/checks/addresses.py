"""Addresses and subnets are what they must be, and fit into each other.

An empty one, as a variable may leave it, says nothing: the engine picks.
"""

from minicompose.model import IpamPool, NetworkAttachment, Stack
from minicompose.stackfile.checks.findings import Findings

_PoolPath = tuple[str | int, ...]


def check_addresses(stack: Stack, findings: Findings) -> None:
    """Addresses of services in their networks, and the pools of networks."""
    for key, network in stack.networks.items():
        for index, pool in enumerate((network.ipam.config if network.ipam else None) or ()):
            _check_pool(pool, ("networks", key, "ipam", "config", index), findings)
    for name, service in stack.services.items():
        for key, attachment in (service.networks or {}).items():
            if attachment is not None:
                _check_attachment(stack, key, attachment, ("services", name, "networks", key), findings)
        for index, server in enumerate(service.dns or ()):
            if server and not _is_address(server):
                findings.error("services", name, "dns", index, says=f'"{server}" is not an IP address')


def _check_attachment(stack: Stack, key: str, attachment: NetworkAttachment, at: _PoolPath, findings: Findings) -> None:
    for attribute, version in (("ipv4_address", 4), ("ipv6_address", 6)):
        text: str | None = getattr(attachment, attribute)
        if not text:
            continue
        if not _is_address(text, version):
            findings.error(*at, attribute, says=f'"{text}" is not an IPv{version} address')
        elif not _within(text, _subnets(stack, key)):
            subnets = ", ".join(_subnets(stack, key))
            findings.error(*at, attribute, says=f'{text} is in no subnet of the network "{key}" ({subnets})')
    for index, text in enumerate(attachment.link_local_ips or ()):
        if not _is_address(text):
            findings.error(*at, "link_local_ips", index, says=f'"{text}" is not an IP address')


def _subnets(stack: Stack, key: str) -> list[str]:
    network = stack.networks.get(key)
    pools = network.ipam.config if network is not None and network.ipam is not None else None
    return [pool.subnet for pool in pools or () if pool.subnet is not None and _is_subnet(pool.subnet)]


def _within(address: str, subnets: list[str]) -> bool:
    """Whether `address` lies in one of the subnets of its own version, or none is given."""
    import ipaddress  # 3 ms, and few files say addresses

    ip = ipaddress.ip_address(address)
    same = [net for net in (ipaddress.ip_network(text, strict=False) for text in subnets) if net.version == ip.version]
    return not same or any(ip in net for net in same)


def _check_pool(pool: IpamPool, at: _PoolPath, findings: Findings) -> None:
    for attribute in ("subnet", "ip_range"):
        text: str | None = getattr(pool, attribute)
        if text is not None and not _is_subnet(text) and (text or attribute == "subnet"):
            findings.error(*at, attribute, says=f'"{text}" is not a subnet', hint="write it as 10.0.0.0/24")
    named = {"gateway": pool.gateway} | {f"aux_addresses.{host}": ip for host, ip in (pool.aux_addresses or {}).items()}
    subnets = [pool.subnet] if pool.subnet is not None and _is_subnet(pool.subnet) else []
    for attribute, text in named.items():
        path = (*at, *attribute.split(".", 1))
        if text and not _is_address(text):
            findings.error(*path, says=f'"{text}" is not an IP address')
        elif text and not _within(text, subnets):
            findings.error(*path, says=f"{text} is not in the subnet {pool.subnet}")
    if pool.ip_range is not None and _is_subnet(pool.ip_range) and subnets:
        _check_range(pool.ip_range, subnets[0], (*at, "ip_range"), findings)


def _check_range(text: str, subnet: str, path: _PoolPath, findings: Findings) -> None:
    import ipaddress  # 3 ms, and few files say addresses

    inner, outer = ipaddress.ip_network(text, strict=False), ipaddress.ip_network(subnet, strict=False)
    if inner[0] not in outer or inner[-1] not in outer:
        findings.error(*path, says=f"{text} is not in the subnet {subnet}")


def _is_address(text: str, version: int | None = None) -> bool:
    import ipaddress  # 3 ms, and few files say addresses

    try:
        return version in (None, ipaddress.ip_address(text).version)
    except ValueError:
        return False


def _is_subnet(text: str) -> bool:
    import ipaddress  # 3 ms, and few files say addresses

    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text
