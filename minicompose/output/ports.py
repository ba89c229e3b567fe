"""Ports as docker writes them."""

from collections.abc import Iterable

from minicompose.planning.observed import PublishedPort


def sorted_ports(ports: Iterable[PublishedPort]) -> list[PublishedPort]:
    return sorted(ports, key=lambda port: (port.container_port, port.host_ip or "", port.host_port or 0, port.protocol))


def ports_text(ports: Iterable[PublishedPort]) -> str:
    """As in `7000-7002/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp`.

    Ports that have the same number on both sides, or only one, are told as ranges, in front of the others.
    """
    spans: dict[tuple[str, str], list[list[int]]] = {}
    moved: list[str] = []
    for port in sorted_ports(ports):
        inside, host = port.container_port, _bracketed(port.host_ip or "")
        if host and port.host_port != inside:
            moved.append(f"{address_text(port)}->{inside}/{port.protocol}")
            continue
        found = spans.setdefault((host, port.protocol), [])
        if found and inside == found[-1][1] + 1:
            found[-1][1] = inside
        else:
            found.append([inside, inside])
    # Of each address and protocol all ranges but the last come first, as docker has it.
    early = [_span_text(*key, *span) for key, found in spans.items() for span in found[:-1]]
    last = [_span_text(*key, *found[-1]) for key, found in spans.items()]
    return ", ".join((*early, *last, *moved))


def address_text(port: PublishedPort) -> str:
    """Where it is reached: `0.0.0.0:8080`, `[::]:8080`."""
    return f"{_bracketed(port.host_ip or '')}:{port.host_port}"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _span_text(host: str, protocol: str, first: int, last: int) -> str:
    numbers = f"{first}" if first == last else f"{first}-{last}"
    return f"{host}:{numbers}->{numbers}/{protocol}" if host else f"{numbers}/{protocol}"
