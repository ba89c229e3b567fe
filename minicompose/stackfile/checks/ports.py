"""What is exposed is a port, and no two containers of the stack publish the same port of the host.

What does not fit is a warning: the services may never run at the same time.
"""

import re
from collections.abc import Iterator

from minicompose.model import Port, Stack
from minicompose.regex import regex
from minicompose.stackfile.checks.findings import Findings

_Place = tuple[str, str, str, int]
_EVERYWHERE = ("", "0.0.0.0", "::")
_EXPOSED = regex(r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(?:tcp|udp|sctp))?", re.IGNORECASE)


def check_ports(stack: Stack, findings: Findings) -> None:
    """One host port asked for twice on the same address, by services or by replicas of one."""
    taken: dict[tuple[int, str], dict[str, _Place]] = {}  # who publishes a port, by address
    for name, service in stack.services.items():
        for index, exposed in enumerate(service.expose or ()):
            if not _is_exposed(exposed):
                says = f'"{exposed}" is not a port: write a number, or a range such as 8000-8010'
                findings.error("services", name, "expose", index, says=says)
        for index, port in enumerate(service.ports or ()):
            path = ("services", name, "ports", index)
            for number in _published(port, path, findings):
                holders = taken.setdefault((number, port.protocol), {})
                _check_taken(number, port, path, holders, findings)
                holders.setdefault(port.host_ip or "", path)
                if service.replicas > 1:
                    says = f"{service.replicas} containers of the service cannot all have port {number} of the host"
                    hint = f"leave out the published port, or give a range: {number}-{number + service.replicas - 1}"
                    findings.warning(*path, says=says, hint=hint)


def _is_exposed(text: str) -> bool:
    found = _EXPOSED.fullmatch(text)
    return found is not None and int(found[1]) <= int(found[2] or found[1]) <= 65535


def _check_taken(number: int, port: Port, path: _Place, holders: dict[str, _Place], findings: Findings) -> None:
    other = _holder(port.host_ip or "", holders)
    if other is not None:
        where = f'the service "{other[1]}"' if other[1] != path[1] else "this service"
        says = f"port {number} of the host is already published by {where}, at {findings.place(*other)}"
        findings.warning(*path, says=says)


def _holder(address: str, holders: dict[str, _Place]) -> _Place | None:
    """Who has the port at an address that cannot be had beside `address`. There may be very many addresses."""
    near = (address, *_EVERYWHERE) if address not in _EVERYWHERE else (address, *holders)
    return next((holders[one] for one in near if one in holders and _same_address(one, address)), None)


def _same_address(one: str, other: str) -> bool:
    if one == other:
        return True
    if one == "" or other == "":
        return True
    return (one in _EVERYWHERE or other in _EVERYWHERE) and (":" in one) == (":" in other)


def _published(port: Port, path: _Place, findings: Findings) -> Iterator[int]:
    """The one host port that `port` must have; a range leaves the engine a choice, 0 all of it."""
    if port.published is None or port.published in ("", "0"):
        return
    first, dash, last = port.published.partition("-")
    if not all(part.isascii() and part.isdecimal() and int(part) <= 65535 for part in (first, last or "0")):
        says = f'"{port.published}" is not a port: write a number, or a range such as 8000-8010'
        findings.error(*path, "published", says=says)
    elif not dash or first == last:
        yield int(first)
