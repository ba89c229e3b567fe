"""The file system's tidings: which paths change below some roots, from watchdog's threads.

watchdog tells of directories that are there. A root that is a file, one that is not there yet, and one that is taken
away and comes again are seen by their parent, which is watched as well, but not what lies below it.
"""

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from minicompose.errors import MinicomposeError
from minicompose.watching.rules import below

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers.api import ObservedWatch


class Changed(msgspec.Struct, frozen=True):
    """There is something else at this path, or nothing any more."""

    path: str


class RootMoved(msgspec.Struct, frozen=True):
    """A root, or a directory above it, has come or gone: `look_again` is to be called."""


class Overflowed(msgspec.Struct, frozen=True):
    """There were more changes than could be told of: anything may have changed."""


Tidings = Changed | RootMoved | Overflowed
_Identity = tuple[int, int] | None


class Tree:
    """Tells what changes at and below `roots`, absolute paths without links, from threads of its own until closed.

    Directories that are replaced or come later are watched from `look_again` on.
    """

    def __init__(self, roots: Collection[str], tell: Callable[[Tidings], None]) -> None:
        self._roots = sorted(root for root in set(roots) if not any(below(root, other) for other in roots))
        self._tell = tell
        self._known: dict[str, _Identity] = {}
        self._files: set[str] = set()
        self._stale: set[str] = set()
        self._lock = threading.Lock()
        self._watches: dict[tuple[str, bool], tuple[_Identity, ObservedWatch]] = {}
        self._overflow = _OverflowLog(lambda: tell(Overflowed()))

    def open(self) -> None:
        """Begin. Raises MinicomposeError where the system does not let us."""
        from watchdog.observers import Observer  # 60 ms, which only who watches pays for

        logging.getLogger("watchdog").addHandler(self._overflow)
        self._observer = Observer()
        self._observer.start()
        self.look_again()

    def close(self) -> None:
        """Tell nothing more."""
        logging.getLogger("watchdog").removeHandler(self._overflow)
        self._observer.stop()
        self._observer.join()

    def look_again(self) -> list[str]:
        """Watch the roots that are there now; the paths of what has come since the last look, or has gone as a file."""
        with self._lock:
            stale, self._stale = self._stale, set()
        changed: list[str] = []
        for root in self._roots:
            now, is_stale = _identity(root), _is_at_or_below(root, stale)
            if root in self._known and self._known[root] == now and not is_stale:
                continue
            is_news = root in self._known and (now is not None or root in self._files)
            self._known[root] = now
            is_directory = Path(root).is_dir()
            (self._files.discard if is_directory or now is None else self._files.add)(root)
            self._watch(root, recursive=True, there=now if is_directory else None, anew=is_stale)
            changed.extend(files_below(root) if is_news else ())
        self._watch_parents(stale)
        return changed

    def directories(self) -> int:
        """How many directories are watched, or would be if the system lets us."""
        return sum(1 for root in self._roots for _ in os.walk(root))

    # ---- watchdog ----

    def _watch_parents(self, stale: Collection[str]) -> None:
        parents = {_nearest_directory(Path(root).parent) for root in self._roots}
        for path, recursive in list(self._watches):
            if not recursive and path not in parents:
                self._watch(path, recursive=False, there=None)
        for path in sorted(parents):
            self._watch(path, recursive=False, there=_identity(path), anew=_is_at_or_below(path, stale))

    def _watch(self, path: str, *, recursive: bool, there: _Identity, anew: bool = False) -> None:
        """Watch what is `there` at the path instead of what was; None is nothing.

        `anew` where it is not what was there, though it may have got its number.
        """
        old = self._watches.get((path, recursive))
        if old is not None:
            if old[0] == there and not anew:
                return
            self._observer.unschedule(old[1])
            del self._watches[path, recursive]
        if there is None:
            return
        # It is called like watchdog's own class, which would have to be there when this module is imported.
        handler = cast("FileSystemEventHandler", _Handler(self._hear if recursive else self._hear_of_parent))
        try:
            watch = self._observer.schedule(handler, path, recursive=recursive, event_filter=_events())
        except OSError as error:
            if not Path(path).is_dir():  # gone meanwhile: its parent tells when it comes again
                return
            raise _not_watched(path, error) from error
        self._watches[path, recursive] = (there, watch)

    def _hear(self, path: str) -> None:
        if path in self._known:
            self._is_another(path)
        else:
            self._tell(Changed(path))

    def _hear_of_parent(self, path: str) -> None:
        if any(below(root, path) is not None for root in self._roots):
            self._is_another(path)

    def _is_another(self, path: str) -> None:
        with self._lock:
            self._stale.add(path)
        self._tell(RootMoved())


class _Handler:
    """What watchdog calls with each event, in a thread of its own."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        self._hear = hear

    def dispatch(self, event: "FileSystemEvent") -> None:
        for path in (event.src_path, event.dest_path):
            if path:
                self._hear(os.fsdecode(path))


class _OverflowLog(logging.Handler):
    """watchdog tells in its log alone that the kernel has dropped events."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._told = tell

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage():
            self._told()


def _events() -> "list[type[FileSystemEvent]]":
    """Those after which a path is something else. That a directory has other entries is told by these themselves."""
    from watchdog import events

    return [
        events.FileCreatedEvent,
        events.FileModifiedEvent,
        events.FileAttribEvent,
        events.FileDeletedEvent,
        events.FileMovedEvent,
        events.DirCreatedEvent,
        events.DirDeletedEvent,
        events.DirMovedEvent,
    ]


def _identity(path: str) -> _Identity:
    """Which file or directory it is, by whatever name; None where there is none."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_at_or_below(path: str, others: Collection[str]) -> bool:
    return any(below(path, other) is not None for other in others)


def _nearest_directory(path: Path) -> str:
    return str(next(each for each in (path, *path.parents) if each.is_dir()))


def files_below(root: str) -> Iterator[str]:
    """The path itself where it is no directory, or else all below it, a directory before what is in it."""
    if not Path(root).is_dir():
        yield root
        return
    for directory, names, files in os.walk(root):
        yield from (f"{directory.rstrip(os.sep)}{os.sep}{name}" for name in (*sorted(names), *sorted(files)))


def changed_at(path: str) -> float:
    """When something of the path was changed last, its content or its name; 0 where it is gone."""
    try:
        return Path(path).lstat().st_ctime
    except OSError:
        return 0.0


def _not_watched(path: str, error: OSError) -> MinicomposeError:
    hint = "allow more: sysctl fs.inotify.max_user_watches=524288, and fs.inotify.max_user_instances=512"
    return MinicomposeError(
        f"{path} cannot be watched: {error.strerror or error}", hint if error.errno in (24, 28) else ""
    )


def most_directories() -> int | None:
    """How many directories the system lets us watch, where it says so."""
    try:
        return int(Path("/proc/sys/fs/inotify/max_user_watches").read_text())
    except (OSError, ValueError):
        return None
