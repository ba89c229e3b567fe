"""Giving the engine a context's files: `moby.filesync.v1.FileSync`, as BuildKit asks for them.

We tell what is there, all of it; the engine asks for the contents of what it does not have from the last time.
"""

import fnmatch
import hashlib
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_plus

import msgspec

from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.calls import NOT_FOUND, Call, CallFailed, ConnectionLost
from minicompose.engine.context_files import EVERYTHING, context_files
from minicompose.engine.dockerignore import Ignored
from minicompose.errors import BadRequest

DIFF_COPY = "/moby.filesync.v1.FileSync/DiffCopy"
_STAT, _REQUEST, _DATA, _END, _ERROR = range(5)
_PIECE = 1 << 16
_PERMISSIONS = 0o777
_END_OF_TIME = 2**31 * 1_000_000_000  # nanoseconds since 1970, as file systems have them
# The engine's word for kinds of files and for special rights: Go's `FileMode`.
_KINDS = {stat.S_IFREG: 0, stat.S_IFDIR: 1 << 31, stat.S_IFLNK: 1 << 27, stat.S_IFIFO: 1 << 25}
_RIGHTS = {stat.S_ISUID: 1 << 23, stat.S_ISGID: 1 << 22, stat.S_ISVTX: 1 << 20}


class Directory(msgspec.Struct, frozen=True):
    """A directory here that the engine may read; with `files` it is made up of these, by their names."""

    path: str = ""
    files: Mapping[str, bytes] | None = None


class Asked(msgspec.Struct, frozen=True):
    """What the engine wants of a directory: what `only` matches, or all, less what is `ignored`."""

    name: str
    only: tuple[str, ...]
    ignored: tuple[str, ...]
    followed: tuple[str, ...]


def asked(call: Call) -> Asked:
    """What a call asks for, in its headers."""
    name = _values(call, "dir-name")
    return Asked(
        name=name[0] if name else "",
        only=_values(call, "include-patterns"),
        ignored=_values(call, "exclude-patterns"),
        followed=_values(call, "followpaths"),
    )


def _values(call: Call, name: str) -> tuple[str, ...]:
    encoded = call.values(f"{name}-encoded") == ["1"]
    return tuple(unquote_plus(value) if encoded else value for value in call.values(name))


def give_files(call: Call, directories: Mapping[str, Directory]) -> None:
    """Answer a call. Raises CallFailed, and BadRequest where something here cannot be read."""
    wanted = asked(call)
    directory = directories.get(wanted.name)
    if directory is None:
        raise CallFailed(NOT_FOUND, f"no access allowed to dir {wanted.name!r}")
    _Sender(call, directory, wanted).run()


class _Sender:
    def __init__(self, call: Call, directory: Directory, wanted: Asked) -> None:
        self._call = call
        self._directory = directory
        self._wanted = wanted
        self._files: list[str] = []  # what the engine may ask for, by number; directories and links are empty
        self._problem: BadRequest | None = None

    def run(self) -> None:
        # The engine asks for files while it is still told of others.
        telling = threading.Thread(target=self._tell, name="files", daemon=True)
        telling.start()
        try:
            self._answer()
        except BadRequest as error:
            self._problem = error
            self._call.send(_packet(_ERROR, data=error.message.encode()))
        telling.join()
        if self._problem is not None:
            raise self._problem

    # ---- what is there ----

    def _tell(self) -> None:
        try:
            if self._directory.files is not None:
                for name, content in sorted(self._directory.files.items()):
                    self._tell_of(_stat(name, stat.S_IFREG | 0o644, len(content), _time_of(content)), name)
            else:
                self._tell_of_files(self._directory.path)
            self._call.send(_packet(_STAT))
        except OSError as error:
            where = f" {error.filename}" if error.filename else ""
            self._give_up(BadRequest(f"the build context{where} cannot be read: {error.strerror}"))
        except BadRequest as error:  # a pattern that is none
            self._give_up(error)
        except (ConnectionLost, CallFailed):
            return  # the engine has had enough, and whoever answers it hears of that, too

    def _give_up(self, problem: BadRequest) -> None:
        self._problem = problem
        try:
            self._call.send(_packet(_ERROR, data=problem.message.encode()))
        except (ConnectionLost, CallFailed):
            return

    def _tell_of_files(self, root: str) -> None:
        chosen = [*self._wanted.only, *followed(Path(root), self._wanted.followed)]
        only = EVERYTHING if not chosen or "." in chosen else Ignored(chosen)
        for path, file in context_files(root, Ignored(self._wanted.ignored), only=only):
            found = file.lstat()
            if stat.S_IFMT(found.st_mode) not in _KINDS:
                continue  # sockets and devices are left out
            link = str(file.readlink()) if stat.S_ISLNK(found.st_mode) else ""
            size = found.st_size if stat.S_ISREG(found.st_mode) else 0
            told = _stat(path, found.st_mode, size, found.st_mtime_ns, link)
            self._tell_of(told, path if stat.S_ISREG(found.st_mode) else "")

    def _tell_of(self, told: bytes, file: str) -> None:
        self._files.append(file)
        self._call.send(_packet(_STAT, told=told))

    # ---- what is in it ----

    def _answer(self) -> None:
        for message in self._call.messages():
            kind, number, data = _read_packet(message)
            match kind:
                case 1:  # a file is asked for
                    self._send_file(number)
                case 3:  # the engine has all that it wants
                    self._call.send(_packet(_END))
                    return
                case 4:  # it could not take it
                    raise BadRequest(f"the engine cannot take the build context: {data.decode(errors='replace')}")
                case _:
                    pass

    def _send_file(self, number: int) -> None:
        path = self._files[number] if number < len(self._files) else ""
        if not path:
            raise BadRequest(f"the engine asks for a file {number} of the build context, which is none")
        for piece in self._pieces(path):
            self._call.send(_packet(_DATA, number=number, data=piece))
        self._call.send(_packet(_DATA, number=number))

    def _pieces(self, path: str) -> Iterator[bytes]:
        if self._directory.files is not None:
            yield self._directory.files[path]
            return
        file = Path(self._directory.path, path)
        try:
            with file.open("rb", buffering=0) as content:
                while piece := content.read(_PIECE):
                    yield piece
        except OSError as error:
            raise BadRequest(f"the build context {file} cannot be read: {error.strerror}") from error


def followed(root: Path, paths: tuple[str, ...]) -> Iterator[str]:
    """Patterns for `paths`, each with the links on its way, and with what these lead to, all inside `root`."""
    seen: set[str] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        found, target = _first_link(root, path)
        if found not in seen:
            seen.add(found)
            yield found
            waiting += target
        elif target:
            waiting += [each for each in target if each not in seen]


def _first_link(root: Path, path: str) -> tuple[str, list[str]]:
    """The path up to its first link, and where that leads, with the rest of the path; the whole path without any."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    for depth in range(1, len(parts) + 1):
        here = "/".join(parts[:depth])
        links = _links(root, here)
        if links:
            rest = "/".join(parts[depth:])
            return here, [_inside(f"{link}/{rest}") for link in links]
    return "/".join(parts) or ".", []


def _links(root: Path, path: str) -> list[str]:
    """Where the links lead that are at a path, of which the last part may be a pattern."""
    place = PurePosixPath(path)
    names = [place.name]
    if any(sign in place.name for sign in "*?["):
        try:
            names = fnmatch.filter(os.listdir(root / place.parent), place.name)  # noqa: PTH208 (names alone)
        except OSError:
            return []
    found = []
    for name in names:
        try:
            link = str((root / place.parent / name).readlink())
        except OSError:
            continue  # no link, or nothing at all
        found.append(link if link.startswith("/") else str(place.parent / link))
    return found


def _inside(path: str) -> str:
    """A path below the context: `..` does not lead out of it."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    return "/".join(kept)


# ---- its messages ----


def _stat(path: str, mode: int, size: int, modified: int, link: str = "") -> bytes:
    """Owners are root, as in the classic builder's archive; `modified` is in nanoseconds."""
    rights = sum(theirs for ours, theirs in _RIGHTS.items() if mode & ours)
    theirs = _KINDS[stat.S_IFMT(mode)] | rights | mode & _PERMISSIONS
    return (
        wire.octets(1, path)
        + wire.number(2, theirs)
        + wire.number(5, size)
        + wire.number(6, modified)
        + wire.octets(7, link)
    )


def _time_of(content: bytes) -> int:
    """A moment, in nanoseconds, for a file that has none: another for another content.

    The engine takes a file of the same size and time for the one that it had of the same context the last time.
    """
    return int.from_bytes(hashlib.sha256(content).digest()[:8]) % _END_OF_TIME


def _packet(kind: int, *, told: bytes = b"", number: int = 0, data: bytes = b"") -> bytes:
    return wire.number(1, kind) + wire.octets(2, told) + wire.number(3, number) + wire.octets(4, data)


def _read_packet(message: bytes) -> tuple[int, int, bytes]:
    kind, number, data = 0, 0, b""
    for field, value in wire.fields(message):
        match field:
            case 1:
                kind = wire.signed(value)
            case 3:
                number = wire.signed(value)
            case 4:
                data = wire.nested(value)
            case _:
                pass
    return kind, number, data
