"""A tar of local files, made as it is read: never more of it in memory than a piece of one file."""

import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from minicompose.errors import MinicomposeError

_PIECE = 1 << 20
_BLOCK = tarfile.BLOCKSIZE


def packed(source: str, name: str) -> Iterator[bytes]:
    """The file or directory `source`, called `name` in the tar; a symbolic link is packed as one.

    Raises MinicomposeError for what cannot be read.
    """
    with tarfile.TarFile(fileobj=io.BytesIO(), mode="w") as names:  # which knows of links between files
        try:
            yield from _entries(names, source, name)
        except OSError as error:
            raise MinicomposeError(f"{error.filename or source}: {error.strerror or error}") from error
    yield bytes(2 * _BLOCK)


class Owner(msgspec.Struct, frozen=True):
    """Whom files belong to."""

    user: int
    group: int


def packed_each(
    files: Iterable[tuple[str, str]], left_out: Callable[[str, OSError], None], owner: Owner
) -> Iterator[bytes]:
    """Files by their paths and names in the tar, each as it is now, for `owner`; of a directory nothing that is in it.

    One that cannot be read, or has gone, is told as `left_out`.
    """
    with tarfile.TarFile(fileobj=io.BytesIO(), mode="w") as names:
        for source, name in files:
            try:
                pieces = _opened(names, source, name, owner)
                first = next(pieces, b"")
            except OSError as error:
                left_out(source, error)
                continue
            yield first
            yield from pieces
    yield bytes(2 * _BLOCK)


def _opened(names: tarfile.TarFile, source: str, name: str, owner: Owner) -> Iterator[bytes]:
    """One entry: that of the very file that is then read, whatever else gets its name meanwhile."""
    if not stat.S_ISREG(os.lstat(source).st_mode):
        entry: tarfile.TarInfo | None = names.gettarinfo(source, name)
        if entry is not None:  # an archive has no sockets
            yield _header(entry, owner)
        return
    with Path(source).open("rb") as content:
        entry = names.gettarinfo(arcname=name, fileobj=content)
        yield _header(entry, owner)
        if entry.isreg():
            yield from _pieces(content, entry.size)


def _header(entry: tarfile.TarInfo, owner: Owner) -> bytes:
    entry.uid, entry.gid, entry.uname, entry.gname = owner.user, owner.group, "", ""
    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _entries(names: tarfile.TarFile, source: str, name: str) -> Iterator[bytes]:
    entry: tarfile.TarInfo | None = names.gettarinfo(source, name)
    if entry is None:  # a socket: an archive has none
        return
    yield entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    if entry.isreg():
        yield from _content(source, entry.size)
    elif entry.isdir():
        for inside in sorted(os.listdir(source)):  # noqa: PTH208 (names, and not paths)
            yield from _entries(names, os.path.join(source, inside), f"{name}/{inside}")  # noqa: PTH118


def _content(file: str, size: int) -> Iterator[bytes]:
    with Path(file).open("rb") as content:
        yield from _pieces(content, size)


def _pieces(content: BinaryIO, size: int) -> Iterator[bytes]:
    """As many bytes as the entry says, whatever the file becomes meanwhile, and up to the end of a block."""
    left = size
    while left and (piece := content.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece
    while left:
        piece = bytes(min(left, _PIECE))
        left -= len(piece)
        yield piece
    if size % _BLOCK:
        yield bytes(_BLOCK - size % _BLOCK)
