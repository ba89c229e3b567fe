"""Where revisions are kept: a file each, in the user's state directory, by engine and project.

    STATE/minicompose/history/unix-var-run-docker-sock-5f2b6a1c/shop/000012.json

A file is written whole and then given its number, which nobody else can take at the same time: whoever is
killed on the way leaves no half of one.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from minicompose.history.revision import Revision, Unreadable, decode, encode
from minicompose.regex import regex
from minicompose.state.directory import name_of

KEPT = 50  # revisions of a project; the oldest ones go

_FILE = regex(r"([0-9]{6,})\.json")
_UNFINISHED = ".tmp"
_ABANDONED = 3600.0  # seconds after which an unfinished file is nobody's any more


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The revisions of a project, the oldest first, and the files that could not be read, with the reason."""

    revisions: tuple[Revision, ...] = ()
    damaged: tuple[tuple[str, str], ...] = ()


class Store:
    """The history of one project on one engine."""

    def __init__(self, state: Path, engine: str, project: str) -> None:
        self.directory = state / "minicompose" / "history" / name_of(engine) / project

    def read(self) -> Found:
        """All revisions; a damaged file is skipped and told of."""
        revisions: list[Revision] = []
        damaged: list[tuple[str, str]] = []
        for number, path in sorted(self._files().items()):
            try:
                revision = decode(path.read_bytes())
                if revision.number != number:
                    raise Unreadable(f"it says that it is revision {revision.number}")
                revisions.append(revision)
            except FileNotFoundError:
                continue  # another one has just removed the oldest
            except (OSError, Unreadable) as error:
                damaged.append((str(path), (error.strerror if isinstance(error, OSError) else None) or str(error)))
        return Found(revisions=tuple(revisions), damaged=tuple(damaged))

    def newest(self) -> Revision | None:
        """The last revision that can be read."""
        for number, path in sorted(self._files().items(), reverse=True):
            with contextlib.suppress(OSError, Unreadable):
                revision = decode(path.read_bytes())
                if revision.number == number:
                    return revision
        return None

    def add(self, numbered: Callable[[int], Revision]) -> Revision:
        """Keep the revision that `numbered` gives for the next number. Raises OSError where that cannot be."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            number = max(self._files(), default=0) + 1
            revision = numbered(number)
            if self._write(f"{number:06d}.json", encode(revision)):
                self._tidy()
                return revision

    def _files(self) -> dict[int, Path]:
        try:
            names = os.listdir(self.directory)  # noqa: PTH208 (names are all that is needed)
        except FileNotFoundError:
            return {}
        return {int(found[1]): self.directory / name for name in names if (found := _FILE.fullmatch(name))}

    def _write(self, name: str, text: bytes) -> bool:
        """Whether the file is there now, with this text: False when the name was taken before."""
        unfinished = self.directory / f".{name}-{os.getpid()}-{os.urandom(4).hex()}{_UNFINISHED}"
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(unfinished, self.directory / name)  # unlike a rename, it fails where there is one
            except FileExistsError:
                return False
        finally:
            unfinished.unlink(missing_ok=True)
        self._sync()
        return True

    def _sync(self) -> None:
        """Names are on the disk, too; not every system has that."""
        with contextlib.suppress(OSError):
            directory = os.open(self.directory, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def _tidy(self) -> None:
        """Remove the oldest revisions, and what was left by those that were killed."""
        files = self._files()
        for number in sorted(files)[:-KEPT]:
            files[number].unlink(missing_ok=True)
        for path in self.directory.glob(f".*{_UNFINISHED}"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()
