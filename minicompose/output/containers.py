"""Containers as `ps` tells of them: records with the fields that docker has, and one that says why."""

import re
import time
from collections.abc import Mapping, Sequence

import msgspec

from minicompose.output.formats import Form, Record, formatted, label_of
from minicompose.output.ports import ports_text, sorted_ports
from minicompose.output.spans import ago
from minicompose.output.tables import cut
from minicompose.planning.observed import ObservedContainer, ObservedMount
from minicompose.regex import regex

_COMMAND_WIDTH = 20
_MOUNT_WIDTH = 15
_SHORT_ID = 12

FORM = Form(
    titles={
        "ID": "CONTAINER ID",
        "Name": "NAME",
        "Names": "NAMES",
        "Image": "IMAGE",
        "Command": "COMMAND",
        "Project": "PROJECT",
        "Service": "SERVICE",
        "CreatedAt": "CREATED AT",
        "RunningFor": "CREATED",
        "State": "STATE",
        "Status": "STATUS",
        "Health": "HEALTH",
        "ExitCode": "EXIT CODE",
        "Ports": "PORTS",
        "Publishers": "PUBLISHERS",
        "Size": "SIZE",
        "Labels": "LABELS",
        "Mounts": "MOUNTS",
        "LocalVolumes": "LOCAL VOLUMES",
        "Networks": "NETWORKS",
        "Why": "WHY",
    },
    columns=("Name", "Image", "Command", "Service", "RunningFor", "Status", "Ports"),
    spare=("Command", "Image", "RunningFor", "Service", "Ports"),
    tails=("Name",),
    extra=("Why",),
)
_COLUMNS_WITH_WHY = ("Name", "Image", "Command", "Service", "RunningFor", "Status", "Why", "Ports")
# On fewer columns a reason has a line of its own.
_WIDE_ENOUGH = 100
# On fewer columns spans are told by letters.
_NARROW = 60
_SPAN = regex(r"(About an?|Less than a|\d+) (second|minute|hour|day|week|month|year)s?")


def container_record(
    container: ObservedContainer, project: str, *, full: bool = False, why: str = "", now: float | None = None
) -> Record:
    """`full` shortens nothing; `now` is in seconds since 1970."""
    now = time.time() if now is None else now
    return {
        "Command": quoted_command(container.command, full=full),
        "CreatedAt": time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC", time.gmtime(container.created)),
        "ExitCode": container.exit_code or 0,
        "Health": "" if container.health == "none" else container.health,
        "ID": container.id if full else container.id[:_SHORT_ID],
        "Image": container.image,
        "Labels": labels_text(container.labels),
        "LocalVolumes": str(sum(mount.driver == "local" for mount in container.mounts)),
        "Mounts": ",".join(_mount_text(mount, full=full) for mount in container.mounts),
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
            for port in sorted_ports(container.ports)
        ],
        "RunningFor": ago(now - container.created),
        "Service": container.service,
        "Size": "0B",  # which `docker ps` says, too, unless it is asked to measure
        "State": container.state,
        "Status": container.status,
        "Label": label_of(container.labels),
        "Why": why,
    }


def explained_table(records: Sequence[Record], width: int | None) -> list[str]:
    """The plain table with the reasons of what is not well, for people."""
    if width is not None and width < _NARROW:
        records = [{**record, "Status": brief_status(str(record["Status"]))} for record in records]
    if not any(record["Why"] for record in records):
        return formatted("table", FORM, records, width=width)
    if width is None or width >= _WIDE_ENOUGH:
        return formatted("table", FORM, records, width=width, columns=_COLUMNS_WITH_WHY)
    header, *rows = formatted("table", FORM, records, width=width)
    lines = [header]
    for row, record in zip(rows, records, strict=True):
        lines += [row, *([cut(f"  {record['Why']}", width)] if record["Why"] else [])]
    return lines


def brief_status(status: str) -> str:
    """As in `Up 5s (unhealthy)`, `Exited (3) 2h`."""

    def brief(span: re.Match[str]) -> str:
        number = span[1] if span[1].isdecimal() else "<1" if span[1].startswith("Less") else "1"
        return number + ("mo" if span[2] == "month" else span[2][0])

    return _SPAN.sub(brief, status).removesuffix(" ago")


def labels_text(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in labels.items())


def quoted_command(command: str, *, full: bool) -> str:
    """With what cannot be printed, and quotes, written as in a program."""
    text = command if full else cut(command, _COMMAND_WIDTH)
    return msgspec.json.encode(text).decode()


def _mount_text(mount: ObservedMount, *, full: bool) -> str:
    text = mount.name or mount.source
    return text if full else cut(text, _MOUNT_WIDTH)
