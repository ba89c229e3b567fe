"""What of this machine can be in a stack's way, where the engine is here: programs that listen, and missing files."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from minicompose.diagnosis.listening import Listener, is_refused, listeners
from minicompose.planning.observed import PublishedPort


def missing_paths(paths: Iterable[str]) -> frozenset[str]:
    """Those that do not exist; one that we may not look at may well be there."""
    gone = set()
    for path in paths:
        with contextlib.suppress(OSError):
            if not Path(path).exists():
                gone.add(path)
    return frozenset(gone)


def listening_on(ports: Iterable[PublishedPort]) -> tuple[Listener, ...]:
    """Who listens on this machine on these ports, where nobody else may then."""
    asked: dict[tuple[str, int], list[str]] = {}
    for port in ports:
        if port.host_port is not None:
            asked.setdefault((port.protocol, port.host_port), []).append(port.host_ip or "")
    found = listeners(asked.keys())
    return tuple(
        each for each in found if any(_is_in_the_way(each, host_ip) for host_ip in asked[each.protocol, each.port])
    )


def _is_in_the_way(listener: Listener, host_ip: str) -> bool:
    """Of all addresses, the one is tried on which it would meet the listener."""
    address = host_ip or ("::" if ":" in listener.address and listener.address != "::" else "0.0.0.0")
    return is_refused(listener.protocol, address, listener.port)
