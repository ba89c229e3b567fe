"""A lock that one process has at a time, and that says who has it.

It is the kernel's, on an open file: when its holder ends, however that happens, it is free. The file itself
means nothing; it is there for whoever waits, with the holder's particulars in it.
"""

import contextlib
import errno
import os
import sys
from pathlib import Path

import msgspec

from minicompose.state.directory import give_to_owner_of, make_directory

_MOST = 4096  # bytes that a file with a holder's particulars has
_BEYOND = 1 << 30  # a place that no text reaches: on Windows, what is locked cannot be read


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who has a lock: `since` is in seconds since 1970."""

    pid: int
    user: str
    host: str
    command: str
    since: float


class Lock:
    """A lock that is held, until it is released or this process ends."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            # Only now: whoever opened this file before finds out that it is no longer the one at its place.
            # Windows removes no open file; there it stays, and means nothing.
            with contextlib.suppress(OSError):
                if _is_at(self._path, descriptor):
                    self._path.unlink()
        finally:
            os.close(descriptor)


def take(path: Path, mine: Holder) -> Lock | None:
    """The lock at `path`; None when another one has it. Raises OSError where there can be no lock."""
    make_directory(path.parent)
    while True:
        descriptor = _open(path)
        try:
            if not _try_lock(descriptor):
                os.close(descriptor)
                return None
            if _is_at(path, descriptor):
                _write(descriptor, mine)
                return Lock(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder has removed it meanwhile, and there may be another


def read_holder(path: Path) -> Holder | None:
    """Who has the lock; None while nobody has it, or its holder has not written that yet."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None


def _open(path: Path) -> int:
    # Files that Python opens are not passed on to programs that it runs, so that none keeps the lock.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        give_to_owner_of(path.parent, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _write(descriptor: int, mine: Holder) -> None:
    with contextlib.suppress(OSError):  # on a full disk it is a lock all the same
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, msgspec.json.encode(mine))


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is the one at `path`."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _try_lock(descriptor: int) -> bool:
    """Lock an open file, without waiting; False when another process has it locked."""
    if sys.platform == "win32":
        import msvcrt  # what there is depends on the platform

        os.lseek(descriptor, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True
    else:
        import fcntl  # as above

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
