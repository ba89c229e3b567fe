"""Whose the copied files are: the user's that a container runs as, by the container's own list of users.

The engine would look the name up among the users of its machine.
"""

import io
import tarfile
from collections.abc import Iterator

from minicompose.engine.protocol import Engine
from minicompose.errors import EngineError
from minicompose.execution.packing import Owner

_ROOT = Owner(0, 0)


class Owners:
    """Asks each container once: its user stays."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, Owner] = {}

    def of(self, container: str) -> Owner:
        """By the container's id. Raises EngineError."""
        if container not in self._known:
            user = self._engine.container_settings(container).user
            self._known[container] = self._looked_up(container, user) if user else _ROOT
        return self._known[container]

    def _looked_up(self, container: str, user: str) -> Owner:
        name, _, group = user.partition(":")
        if name.isdigit() and group.isdigit():
            return Owner(int(name), int(group))
        return owner_named(user, self._read(container, "/etc/passwd"), self._read(container, "/etc/group"))

    def _read(self, container: str, path: str) -> str:
        """A file of the container; empty where there is none, or a link in its place."""
        try:
            data = b"".join(self._engine.read_files(container, path))
        except EngineError:
            return ""
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            content = tar.extractfile(first) if (first := tar.next()) is not None and first.isreg() else None
            return content.read().decode(errors="replace") if content else ""


def owner_named(user: str, passwd: str, groups: str) -> Owner:
    """The ids for `USER` or `USER:GROUP`, each a name or a number; root's for a name that is not there."""
    name, _, group = user.partition(":")
    uid, gid = next(
        ((int(entry[2]), int(entry[3])) for entry in _entries(passwd, 4) if name in (entry[0], entry[2])),
        (int(name) if name.isdigit() else 0, 0),
    )
    if group:
        found = (int(entry[2]) for entry in _entries(groups, 3) if group == entry[0])
        gid = int(group) if group.isdigit() else next(found, gid)
    return Owner(uid, gid)


def _entries(text: str, numbers_to: int) -> Iterator[list[str]]:
    """The lines that are as they should be: with numbers from the third part on."""
    for line in text.splitlines():
        parts = line.split(":")
        if len(parts) >= numbers_to and all(part.isdigit() for part in parts[2:numbers_to]):
            yield parts
