"""Plain aligned tables, and the rows of `ps`."""

import time
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

from minicompose.planning.observed import ObservedContainer, PublishedPort

GAP = "   "
_COMMAND_WIDTH = 20
_SHORT_ID = 12


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, width: int | None = None, least: int = 0) -> str:
    """Columns aligned on the left, each `least` wide.

    With `width` the widest cells are cut, with an ellipsis, so that it fits.
    """
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(least, *(display_width(row[column]) for row in cells)) for column in range(len(header))]
    if width is not None:
        widths = _shrunk(widths, [display_width(title) for title in header], width)
    lines = []
    for row in cells:
        shown = [_padded(cut(cell, size), size) for cell, size in zip(row, widths, strict=True)]
        lines.append(GAP.join(shown).rstrip())
    return "\n".join(lines)


def _shrunk(widths: list[int], least: list[int], width: int) -> list[int]:
    """Take from the widest column until all fit, or every one is as narrow as its title."""
    widths = list(widths)
    over = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while over > 0:
        spare, column = max((size - low, place) for place, (size, low) in enumerate(zip(widths, least, strict=True)))
        if spare <= 0:
            break
        taken = min(over, spare)
        widths[column] -= taken
        over -= taken
    return widths


def display_width(text: str) -> int:
    """How many columns of a terminal the text takes: East Asian characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text, or as much of it as leaves room for an ellipsis in `width` columns."""
    if display_width(text) <= width:
        return text
    kept, used = [], 1
    for character in text:
        used += _character_width(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


# ---- ps ----

PS_HEADER = ("NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS")


def ps_table(
    containers: Iterable[ObservedContainer], *, full: bool = False, now: float | None = None, width: int | None = None
) -> str:
    """The table of `ps`, a line for each container; `full` shortens nothing, `now` is in seconds since 1970."""
    now = time.time() if now is None else now
    return table(PS_HEADER, ps_rows(containers, now=now, full=full), width=width)


def ps_rows(containers: Iterable[ObservedContainer], *, now: float, full: bool = False) -> list[tuple[str, ...]]:
    return [
        (
            each.name,
            each.image,
            quoted_command(each.command, full=full),
            each.service,
            ago(now - each.created),
            each.status,
            ports_text(each.ports),
        )
        for each in containers
    ]


def ps_json(container: ObservedContainer, project: str, *, now: float | None = None) -> str:
    """One container as a line of `ps --format json`, with the keys that other tools read."""
    now = time.time() if now is None else now
    created = time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC", time.gmtime(container.created))
    told = {
        "Command": quoted_command(container.command, full=False),
        "CreatedAt": created,
        "ExitCode": container.exit_code or 0,
        "Health": "" if container.health == "none" else container.health,
        "ID": container.id[:_SHORT_ID],
        "Image": container.image,
        "Labels": ",".join(f"{name}={value}" for name, value in container.labels.items()),
        "Name": container.name,
        "Names": container.name,
        "Networks": ",".join(container.networks),
        "Ports": ports_text(container.ports),
        "Project": project,
        "Publishers": [
            {
                "URL": port.host_ip or "",
                "TargetPort": port.container_port,
                "PublishedPort": port.host_port or 0,
                "Protocol": port.protocol,
            }
            for port in container.ports
        ],
        "RunningFor": ago(now - container.created),
        "Service": container.service,
        "State": container.state,
        "Status": container.status,
    }
    return msgspec.json.encode(told).decode()


def quoted_command(command: str, *, full: bool) -> str:
    text = command if full else cut(command, _COMMAND_WIDTH)
    return f'"{text}"'


def ports_text(ports: Iterable[PublishedPort]) -> str:
    """As in `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 7000/tcp`."""
    return ", ".join(_port_text(port) for port in ports)


def _port_text(port: PublishedPort) -> str:
    inside = f"{port.container_port}/{port.protocol}"
    if port.host_port is None:
        return inside
    host = port.host_ip or ""
    return f"{f'[{host}]' if ':' in host else host}:{port.host_port}->{inside}"


# The longest span, in seconds, that is told in a unit, and the unit's length.
_UNITS = (
    (60, 1, "second"),
    (60 * 60, 60, "minute"),
    (48 * 3600, 3600, "hour"),
    (14 * 86400, 86400, "day"),
    (60 * 86400, 7 * 86400, "week"),
    (2 * 365 * 86400, 30 * 86400, "month"),
)


def ago(span: float) -> str:
    """How long ago, as `docker ps` says it: "3 seconds ago", "About a minute ago", "2 weeks ago"."""
    whole = max(0, int(span))
    if whole < 1:
        return "Less than a second ago"
    if 60 <= whole < 120:
        return "About a minute ago"
    if 3600 <= whole < 5400:
        return "About an hour ago"
    for limit, length, unit in _UNITS:
        if whole < limit:
            number = whole // length
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return f"{whole // (365 * 86400)} years ago"
