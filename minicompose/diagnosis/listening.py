"""Which programs of this machine listen on a port, as Linux tells under /proc; elsewhere nothing is known."""

import contextlib
import socket
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from minicompose.regex import regex

PROC = Path("/proc")

_TABLES = (("tcp", "tcp", "0A"), ("tcp6", "tcp", "0A"), ("udp", "udp", "07"), ("udp6", "udp", "07"))
_CONTAINER = regex(r"[0-9a-f]{64}")


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """A socket that waits for connections. `pid` is None where its program is hidden from us.

    `container` is the id of the container in which the program runs, empty when in none.
    """

    protocol: str
    address: str
    port: int
    pid: int | None = None
    program: str = ""
    container: str = ""


def listeners(ports: Collection[tuple[str, int]], proc: Path = PROC) -> tuple[Listener, ...]:
    """Who listens on one of these ports, each a protocol and a number."""
    found: dict[str, tuple[str, str, int]] = {}
    for table, protocol, state in _TABLES if ports else ():
        for inode, address, port in _waiting(proc / "net" / table, state):
            if (protocol, port) in ports:
                found[inode] = (protocol, _readable(address), port)
    owners = _owners(set(found), proc)
    return tuple(_listener(*socket, owners.get(inode), proc) for inode, socket in found.items())


def is_refused(protocol: str, address: str, port: int) -> bool:
    """Whether nobody else may listen there now, as the engine would: tried for a moment."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as trial:
        try:
            if protocol == "tcp":
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if ":" in address:
                trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            trial.bind((address, port))
            if protocol == "tcp":
                trial.listen(1)
        except OSError:
            return True
    return False


def _waiting(table: Path, state: str) -> Iterator[tuple[str, str, int]]:
    """Inode, address as it is written there, and port."""
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return
    for line in lines:
        words = line.split()
        if len(words) > 9 and words[3] == state:
            address, _, port = words[1].partition(":")
            yield words[9], address, int(port, 16)


def _readable(address: str) -> str:
    """Four bytes at a time are written as a number of this machine."""
    raw = bytes.fromhex(address)
    if sys.byteorder == "little":
        raw = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def _owners(inodes: set[str], proc: Path) -> dict[str, int]:
    """The process that has each socket, of those that we may look at."""
    found: dict[str, int] = {}
    if not inodes:
        return found
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    for process in proc.glob("[0-9]*"):
        for link in _open_files(process):
            if link in wanted:
                found.setdefault(wanted[link], int(process.name))
    return found


def _open_files(process: Path) -> list[str]:
    """What a process has open: nothing where it is somebody else's, or over."""
    found = []
    with contextlib.suppress(OSError):
        for link in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.append(str(link.readlink()))
    return found


def _listener(protocol: str, address: str, port: int, pid: int | None, proc: Path) -> Listener:
    if pid is None:
        return Listener(protocol=protocol, address=address, port=port)
    container = _CONTAINER.search(_text(proc / str(pid) / "cgroup"))
    return Listener(
        protocol=protocol,
        address=address,
        port=port,
        pid=pid,
        program=_text(proc / str(pid) / "comm").strip(),
        container=container[0] if container else "",
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
