"""Make files in containers what they are here: what is there is sent, what has gone is removed.

Each container gets one archive and, where something has gone, one command for all of it.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import msgspec

from minicompose.engine.protocol import Engine, ExecSpec
from minicompose.errors import BadRequest, EngineFault, MinicomposeError, NotFound
from minicompose.execution.packing import packed_each
from minicompose.execution.workers import Workers
from minicompose.planning.observed import ObservedContainer
from minicompose.watching.owners import Owners
from minicompose.watching.rules import below
from minicompose.watching.work import Copy

T = TypeVar("T")

_AT_ONCE = 4
_MOST_WORDS = 500  # of a command: what the kernel takes is measured in bytes, and paths are at most 4096
_ROOT = "0"


class Synced(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it in one container; `problems` are for the reader."""

    container: str
    copied: int = 0
    removed: int = 0
    problems: tuple[str, ...] = ()


def sync_all(
    engine: Engine, owners: Owners, containers: Sequence[ObservedContainer], copies: Sequence[Copy]
) -> list[Synced]:
    """Do the copies in every container; what goes wrong in one is in its result."""
    return in_each(containers, lambda container: _sync(engine, owners, container, copies))


def in_each(containers: Sequence[ObservedContainer], work: Callable[[ObservedContainer], T]) -> list[T]:
    """What `work`, which must not raise, makes of each container; of a few at once."""
    if len(containers) <= 1:
        return [work(container) for container in containers]
    done: SimpleQueue[tuple[int, T]] = SimpleQueue()
    workers = Workers(min(_AT_ONCE, len(containers)))
    for place, container in enumerate(containers):
        workers.hand(lambda place=place, container=container: done.put((place, work(container))))  # type: ignore[misc]
    found = dict(done.get() for _ in containers)
    workers.dismiss()
    return [found[place] for place in range(len(containers))]


def _sync(engine: Engine, owners: Owners, container: ObservedContainer, copies: Sequence[Copy]) -> Synced:
    here = [copy for copy in copies if os.path.lexists(copy.source)]
    missing = set(copies).difference(here)
    gone = _outermost(copy.target for copy in missing if not _is_below_a_file(copy.source))
    problems: list[str] = []
    removed = _attempt(lambda: _remove(engine, container, gone), len(gone), container, problems)
    copied = _attempt(lambda: _send(engine, owners, container, here, problems), len(here), container, problems)
    return Synced(container=container.name, copied=copied, removed=removed, problems=tuple(problems))


def _outermost(paths: Iterable[str]) -> list[str]:
    """The paths without those that are below another one of them."""
    found: list[str] = []
    for path in sorted(paths):
        if not found or below(path, found[-1]) is None:
            found.append(path)
    return found


def _attempt(do: Callable[[], None], count: int, container: ObservedContainer, problems: list[str]) -> int:
    """Do it where there is something to do; how many it was done for."""
    if not count:
        return 0
    try:
        do()
    except NotFound:
        problems.append(f"{container.name} is gone")
    except (MinicomposeError, OSError) as error:
        problems.append(f"{container.name}: {error}")
    else:
        return count
    return 0


def _send(
    engine: Engine, owners: Owners, container: ObservedContainer, copies: Sequence[Copy], problems: list[str]
) -> None:
    def left_out(path: str, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # one that has gone is told of by its own event
            problems.append(f"{path} is left out: {error.strerror or error}")

    files = [(copy.source, copy.target.lstrip("/")) for copy in copies]
    owner = owners.of(container.id)
    try:
        engine.write_files(container.id, "/", packed_each(files, left_out, owner))
    except (BadRequest, EngineFault) as error:
        # A file has taken the place of a directory, or a directory that of a file; the status may be any of the two.
        if "overwrite" not in error.message:
            raise
        _make_way(engine, container, copies)
        problems.clear()
        engine.write_files(container.id, "/", packed_each(files, left_out, owner))


def _make_way(engine: Engine, container: ObservedContainer, copies: Iterable[Copy]) -> None:
    directories = [copy.target for copy in copies if _is_directory(Path(copy.source))]
    for words in _some(directories):
        _run(engine, container, ("rm", "-f", "--", *words))  # which leaves directories, and complains of them
    _remove(engine, container, [copy.target for copy in copies if copy.target not in directories])


def _is_below_a_file(path: str) -> bool:
    """Whether a file has taken the place of a directory that the path was in: what was in it goes with it."""
    above = next(each for each in Path(path).parents if each.exists() or each.is_symlink())
    return not above.is_dir()


def _is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _remove(engine: Engine, container: ObservedContainer, paths: Sequence[str]) -> None:
    if container.state != "running":
        raise MinicomposeError(f"{_files(paths)} cannot be removed, for it does not run")
    for words in _some(paths):
        code, output = _run(engine, container, ("rm", "-rf", "--", *words))
        if code:
            raise MinicomposeError(_not_removed(words, code, output))


def _not_removed(paths: Sequence[str], code: int, output: str) -> str:
    if code in (126, 127):
        return f"{_files(paths)} cannot be removed, for there is no `rm` in it"
    return f"{_files(paths)} cannot be removed: {output.strip() or f'`rm` exited with code {code}'}"


def _files(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{len(paths)} files"


def _run(engine: Engine, container: ObservedContainer, command: tuple[str, ...]) -> tuple[int, str]:
    """The exit code of a command that root runs, and what it printed."""
    session = engine.exec(container.id, ExecSpec(command=command, user=_ROOT))
    try:
        output = b"".join(chunk.data for chunk in session.output())
        return session.exit_code(), output.decode(errors="replace")
    finally:
        session.close()


def _some(paths: Sequence[str]) -> Iterable[Sequence[str]]:
    return [paths[start : start + _MOST_WORDS] for start in range(0, len(paths), _MOST_WORDS)]
