"""A build's context as a tar, made while it is sent: what is in memory does not grow with it."""

import os
import stat
import tarfile  # costs 15 ms, so this module is imported only when something is built
from collections.abc import Iterator, Mapping
from pathlib import Path

from minicompose.engine.context_files import context_files
from minicompose.engine.dockerignore import Ignored
from minicompose.errors import BadRequest

_PIECE = 1 << 16
_KINDS = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
}


def archive(context: str, ignored: Ignored, always: frozenset[str], added: Mapping[str, bytes]) -> Iterator[bytes]:
    """The tar, in pieces.

    Paths in `always` are in it whatever is ignored; `added` are files by their paths, in the place of those that are
    there. Links are links; owners are root; sockets and devices are left out. Raises BadRequest where something cannot
    be read.
    """
    return _in_pieces(_blocks(context, ignored, always, added))


def _in_pieces(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Small ones together: each is sent by a call of its own."""
    waiting = bytearray()
    for block in blocks:
        waiting += block
        if len(waiting) >= _PIECE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


def _blocks(context: str, ignored: Ignored, always: frozenset[str], added: Mapping[str, bytes]) -> Iterator[bytes]:
    try:
        for path, entry in context_files(context, ignored, always=always):
            if path not in added:
                yield from _file(path, entry)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        raise BadRequest(f"the build context{where} cannot be read: {error.strerror}") from error
    for path, content in added.items():
        header = tarfile.TarInfo(path)
        header.size, header.mode = len(content), 0o600
        yield _header(header)
        yield content + _padding(len(content))
    yield bytes(2 * tarfile.BLOCKSIZE)


def _file(path: str, file: Path) -> Iterator[bytes]:
    found = file.lstat()
    kind = _KINDS.get(stat.S_IFMT(found.st_mode))
    if kind is None:
        return
    header = tarfile.TarInfo(path)
    header.type, header.mode, header.mtime = kind, stat.S_IMODE(found.st_mode), int(found.st_mtime)
    if kind == tarfile.SYMTYPE:
        header.linkname = str(file.readlink())
    if kind != tarfile.REGTYPE:
        yield _header(header)
        return
    with file.open("rb", buffering=0) as content:
        header.size = left = os.fstat(content.fileno()).st_size
        yield _header(header)
        while left:
            piece = content.read(min(left, _PIECE))
            if not piece:
                raise BadRequest(f"{file} became shorter while it was sent to the engine", "build once more")
            left -= len(piece)
            yield piece
        yield _padding(header.size)


def _header(header: tarfile.TarInfo) -> bytes:
    return header.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
