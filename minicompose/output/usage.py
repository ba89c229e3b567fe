"""What containers use, as `stats` tells of it: records with the fields that docker has."""

from minicompose.engine.protocol import Usage
from minicompose.output.formats import Form, Record
from minicompose.output.sizes import binary_size, decimal_size
from minicompose.planning.observed import ObservedContainer

_SHORT_ID = 12

FORM = Form(
    titles={
        "Container": "CONTAINER",
        "ID": "CONTAINER ID",
        "Name": "NAME",
        "CPUPerc": "CPU %",
        "MemUsage": "MEM USAGE / LIMIT",
        "MemPerc": "MEM %",
        "NetIO": "NET I/O",
        "BlockIO": "BLOCK I/O",
        "PIDs": "PIDS",
    },
    columns=("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"),
    spare=("ID", "PIDs", "BlockIO", "NetIO", "MemPerc"),
    tails=("Name",),
)
_NOTHING_YET = "--"


def usage_record(container: ObservedContainer, usage: Usage | None, *, full: bool = False) -> Record:
    """`usage` is None for what is not known yet; `full` shortens nothing."""
    known: dict[str, object] = dict.fromkeys(("CPUPerc", "MemPerc", "PIDs"), _NOTHING_YET)
    known |= dict.fromkeys(("MemUsage", "NetIO", "BlockIO"), f"{_NOTHING_YET} / {_NOTHING_YET}")
    if usage is not None:
        share = usage.memory / usage.memory_limit * 100 if usage.memory_limit else 0.0
        known = {
            "CPUPerc": f"{usage.cpu:.2f}%",
            "MemUsage": f"{binary_size(usage.memory)} / {binary_size(usage.memory_limit)}",
            "MemPerc": f"{share:.2f}%",
            "NetIO": f"{decimal_size(usage.received)} / {decimal_size(usage.sent)}",
            "BlockIO": f"{decimal_size(usage.read)} / {decimal_size(usage.written)}",
            "PIDs": str(usage.processes),
        }
    return {
        "Container": container.id,
        "ID": container.id if full else container.id[:_SHORT_ID],
        "Name": container.name,
        **known,
    }
