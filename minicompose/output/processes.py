"""What runs in containers, as `top` tells of it."""

from collections.abc import Iterable

import msgspec

from minicompose.engine.protocol import Processes
from minicompose.output.tables import fitted

_GAP = "  "
_FIRST = ("SERVICE", "#")
_SPARE = ("C", "STIME", "TTY", "PPID", "TIME", "UID")


class Running(msgspec.Struct, frozen=True):
    """The processes of one container."""

    service: str
    number: int
    processes: Processes


def processes_table(running: Iterable[Running], *, width: int | None = None) -> str:
    """A line for each process, under the titles that the containers have; "" when nothing runs."""
    running = [each for each in running if each.processes.rows]
    if not running:
        return ""
    titles = list(dict.fromkeys((*_FIRST, *(title for each in running for title in each.processes.titles))))
    rows = [
        [found.get(title, "-") for title in titles]
        for each in running
        for found in (dict(zip(each.processes.titles, row, strict=False)) | _place(each) for row in each.processes.rows)
    ]
    spare = [titles.index(title) for title in _SPARE if title in titles]
    return fitted(titles, rows, width=width, least=2, spare=spare, gap=_GAP)


def _place(running: Running) -> dict[str, str]:
    return {"SERVICE": running.service, "#": str(running.number)}
