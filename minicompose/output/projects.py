"""The projects of an engine, as `ls` tells of them."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from minicompose import labels
from minicompose.output.tables import fitted
from minicompose.planning.observed import ObservedContainer

_LEAST = 17


class Listed(msgspec.Struct, frozen=True):
    """`files` are its stack files, with commas between."""

    name: str = msgspec.field(name="Name")
    status: str = msgspec.field(name="Status")
    files: str = msgspec.field(name="ConfigFiles")


def projects_in(containers: Iterable[ObservedContainer]) -> list[Listed]:
    """The projects that these containers belong to, by their labels, sorted by name."""
    projects: dict[str, list[ObservedContainer]] = {}
    for container in containers:
        if (name := container.labels.get(labels.PROJECT)) and labels.CONFIG_HASH in container.labels:
            projects.setdefault(name, []).append(container)
    return [Listed(name, _status(its), _files(its)) for name, its in sorted(projects.items())]


def _status(containers: Iterable[ObservedContainer]) -> str:
    """As in `exited(1), running(3)`."""
    numbers = Counter(container.state for container in containers)
    return ", ".join(f"{state}({number})" for state, number in sorted(numbers.items()))


def _files(containers: Iterable[ObservedContainer]) -> str:
    told = (container.labels.get(labels.CONFIG_FILES, "") for container in containers)
    files = dict.fromkeys(file for each in told for file in each.split(",") if file)
    return ",".join(files) or "N/A"


def projects_table(projects: Iterable[Listed], *, width: int | None = None) -> str:
    rows = [(each.name, each.status, each.files) for each in projects]
    return fitted(("NAME", "STATUS", "CONFIG FILES"), rows, width=width, least=_LEAST, spare=(2,))


def projects_json(projects: Iterable[Listed]) -> str:
    return msgspec.json.encode(list(projects)).decode()
