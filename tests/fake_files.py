"""The file system of a container in memory, as tars go in and out of it."""

import io
import posixpath
import tarfile
from collections.abc import Iterable, Iterator

from minicompose.engine.protocol import FileInContainer
from minicompose.errors import BadRequest, NotFound


class FakeBytes:
    """A tar, in pieces."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._data), 512):
            yield self._data[start : start + 512]

    def close(self) -> None: ...


class FakeFiles:
    """Entries of tars, by their absolute paths."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
        for path in ("/", "/etc", "/tmp"):
            entry = tarfile.TarInfo(path)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            self._entries[path] = (entry, b"")

    def told(self, path: str) -> FileInContainer:
        entry, _ = self._entries[self._there(path)]
        return FileInContainer(
            name=posixpath.basename(path),
            is_directory=entry.isdir(),
            link_target=entry.linkname if entry.issym() else "",
        )

    def read(self, path: str) -> FakeBytes:
        top = self._there(path)
        place = posixpath.dirname(top)
        return self._tar(place, [each for each in self._entries if each == top or each.startswith(f"{top}/")])

    def all(self) -> FakeBytes:
        return self._tar("/", [path for path in self._entries if path != "/"])

    def write(self, path: str, archive: Iterable[bytes]) -> None:
        """Raises NotFound where there is no such directory."""
        place = self._there(path)
        if not self._entries[place][0].isdir():
            raise BadRequest("not a directory", status=400)
        with tarfile.open(fileobj=io.BytesIO(b"".join(archive)), mode="r:") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() else None
                target = posixpath.normpath(posixpath.join(place, entry.name))
                self._entries[target] = (entry, content.read() if content else b"")

    def _there(self, path: str) -> str:
        found = posixpath.normpath(path)
        if found not in self._entries:
            raise NotFound(f"Could not find the file {path}", status=404)
        return found

    def _tar(self, place: str, paths: Iterable[str]) -> FakeBytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for path in sorted(paths):
                entry, content = self._entries[path]
                tar.addfile(entry.replace(name=posixpath.relpath(path, place)), io.BytesIO(content))
        return FakeBytes(buffer.getvalue())
