"""Local files out of a tar, as it comes. Nothing is written outside of the place that is meant."""

import contextlib
import os
import posixpath
import shutil
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from minicompose.errors import MinicomposeError
from minicompose.execution.copying import CONTENTS, Place
from minicompose.wholefiles import whole_file

_PIECE = 1 << 20


def unpack(archive: Iterable[bytes], place: Place, *, own: bool) -> None:
    """What the tar holds, its first entry under the place's name. `own` gives the files their owners, too.

    Raises MinicomposeError for what cannot be written, or may not be.
    """
    unpacking = _Unpacking(place, own=own)
    try:
        with tarfile.open(fileobj=cast(IO[bytes], _Stream(archive)), mode="r|", bufsize=_PIECE) as tar:
            while (entry := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # it would keep all that it has read
                unpacking.write(tar, entry)
        unpacking.finish()
    except tarfile.TarError as error:
        raise MinicomposeError(f"what the engine sends is no archive: {error}") from error
    except OSError as error:
        raise MinicomposeError(f"{error.filename or place.directory}: {error.strerror or error}") from error


class _Stream:
    """Pieces as a file to be read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._rest = b""

    def read(self, size: int) -> bytes:
        found = [self._rest]
        have = len(self._rest)
        while have < size and (piece := next(self._pieces, None)) is not None:
            found.append(piece)
            have += len(piece)
        data = b"".join(found)
        self._rest = data[size:]
        return data[:size]


class _Unpacking:
    """One tar on its way into the file system."""

    def __init__(self, place: Place, *, own: bool) -> None:
        self._directory = os.path.realpath(place.directory)
        self._name = place.name
        self._own = own
        self._top: str | None = None
        self._directories: list[tuple[Path, tarfile.TarInfo]] = []

    def write(self, tar: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
        target = self._target(entry.name)
        if target == Path(self._directory):
            return  # it is there, and is not ours to change
        if entry.isdir():
            self._make_directory(target, entry)
            return
        if target.is_dir() and not target.is_symlink():
            raise MinicomposeError(f"{target} is a directory, and what is copied there is not")
        if not entry.isreg() or target.is_symlink() or not target.is_file():
            target.unlink(missing_ok=True)
        if entry.isreg():
            self._write_file(tar, entry, target)
        elif entry.issym():
            target.symlink_to(entry.linkname)
        elif entry.islnk():
            os.link(self._target(entry.linkname), target, follow_symlinks=False)
            return
        else:
            self._make_node(entry, target)
        self._dress(target, entry)

    def finish(self) -> None:
        """Directories get their modes and times last: until then they are written into."""
        for target, entry in reversed(self._directories):
            self._dress(target, entry)

    def _target(self, name: str) -> Path:
        """Where an entry goes. Raises MinicomposeError where that is not below the place."""
        path = posixpath.normpath(name.lstrip("/"))
        if self._top is None:
            self._top = path
        inside = path if self._top == CONTENTS else posixpath.relpath(path, self._top)
        if inside.split("/")[0] == "..":
            raise MinicomposeError(f"the archive wants to write {name}, outside of where it belongs")
        place = posixpath.normpath(posixpath.join(self._directory, self._name))
        found = Path(posixpath.normpath(posixpath.join(place, inside)))
        if inside != CONTENTS and os.path.commonpath([os.path.realpath(found.parent), place]) != place:
            raise MinicomposeError(f"the archive wants to write {name}, by a link that leads elsewhere")
        return found

    def _make_directory(self, target: Path, entry: tarfile.TarInfo) -> None:
        if not target.is_dir():
            if target.is_symlink() or target.exists():
                raise MinicomposeError(f"{target} is no directory, and what is copied there is one")
            target.mkdir(mode=0o700)
        self._directories.append((target, entry))

    def _write_file(self, tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> None:
        content = tar.extractfile(entry)
        assert content is not None, "a regular file has content"
        with whole_file(target, mode=0o600) as file:
            shutil.copyfileobj(content, file, _PIECE)

    def _make_node(self, entry: tarfile.TarInfo, target: Path) -> None:
        kind = stat.S_IFIFO if entry.isfifo() else stat.S_IFCHR if entry.ischr() else stat.S_IFBLK
        number = 0 if entry.isfifo() else os.makedev(entry.devmajor, entry.devminor)
        os.mknod(target, kind | 0o600, number)

    def _dress(self, target: Path, entry: tarfile.TarInfo) -> None:
        if self._own:
            os.chown(target, entry.uid, entry.gid, follow_symlinks=False)
        if not entry.issym():
            target.chmod(stat.S_IMODE(entry.mode))
            with contextlib.suppress(OSError):  # a file system without such times
                os.utime(target, (entry.mtime, entry.mtime))
