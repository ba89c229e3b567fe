"""Which containers a directory has taken over from another one: their labels go on naming that."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from minicompose.state.directory import give_to_owner_of, make_directory


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """`containers` are ids, so that what the other directory makes later is not among them."""

    directory: str
    containers: tuple[str, ...]


def read_adopted(path: Path, directory: str) -> frozenset[str]:
    """The ids of the containers that `directory`, by its real path, has taken over."""
    try:
        adopted = msgspec.json.decode(path.read_bytes(), type=Adopted)
    except (OSError, msgspec.DecodeError):
        return frozenset()
    return frozenset(adopted.containers) if adopted.directory == _written(directory) else frozenset()


def write_adopted(path: Path, directory: str, containers: Iterable[str]) -> None:
    """Note that `directory` has taken these over, and nobody else. Raises OSError where that cannot be."""
    make_directory(path.parent)
    unfinished = path.with_name(f".{path.name}-{os.getpid()}.tmp")
    adopted = Adopted(directory=_written(directory), containers=tuple(sorted(containers)))
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(adopted))
            give_to_owner_of(path.parent, file.fileno())
        unfinished.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()


def _written(directory: str) -> str:
    """A path as text: it may hold bytes that are none."""
    return directory.encode(errors="backslashreplace").decode()
