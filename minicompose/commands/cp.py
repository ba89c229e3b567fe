"""`minicompose cp`: copy files to and from containers.

Copy files and directories between here and a service's containers, which need not run, by the rules of
`docker cp`: DIR/. means what is in DIR. What is copied to a service goes to all its containers. With - a tar
archive is read from standard input, or written to standard output.

    minicompose cp backend:/var/log/app.log .
    minicompose cp ./seed/. db:/docker-entrypoint-initdb.d
    minicompose cp db:/etc - | tar -t
"""

import os
import posixpath
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from minicompose.commands.context import Context
from minicompose.commands.one_container import configure_index, containers_of, no_container
from minicompose.engine.protocol import Engine, FileInContainer
from minicompose.errors import ExitCode, MinicomposeError, NotFound, UsageError
from minicompose.planning.observed import ObservedContainer

_STREAM = "-"


class End(msgspec.Struct, frozen=True):
    """One end of a copy; `service` is None here."""

    service: str | None
    path: str


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--all", action="store_true", help="also to the containers that `run` has made")
    add("-a", "--archive", action="store_true", help="copy owners, too")
    add("-L", "--follow-link", action="store_true", help="where SOURCE is a symbolic link, copy what it leads to")
    configure_index(parser)
    add("source", metavar="SOURCE", help="SERVICE:PATH, a path here, or - for a tar archive")
    add("target", metavar="TARGET", help="as SOURCE; one of the two is in a container")


def run(args: Namespace, context: Context) -> ExitCode:
    source, target = end_of(args.source), end_of(args.target)
    if source.service is None and target.service is None:
        raise UsageError("neither of the two is in a container", "write SERVICE:PATH for what is")
    if source.service is not None and target.service is not None:
        raise UsageError("nothing is copied from one container to another", "copy it here first, or by way of -")
    if target.service is not None:
        _copy_in(args, context, source.path, target.service, target.path)
    else:
        assert source.service is not None, "one of the two is in a container"
        _copy_out(args, context, source.service, source.path, target.path)
    return ExitCode.OK


def end_of(word: str) -> End:
    """SERVICE:PATH, but for what is plainly a path."""
    service, colon, path = word.partition(":")
    if not colon or not service or service.startswith((".", "/")) or Path(word).is_absolute():
        return End(None, word)
    return End(service, path if path.startswith("/") else f"/{path}")


def _containers(args: Namespace, context: Context, service: str) -> list[ObservedContainer]:
    observed, services = context.observe()
    context.check_there([service], services)
    found = [
        each
        for each in containers_of(observed, service, oneoff=args.all)
        if args.index in (None, 0) or (each.number == args.index and not each.oneoff)
    ]
    if not found:
        raise no_container(service, args.index, runs=False)
    return found


# ---- into containers ----


def _copy_in(args: Namespace, context: Context, source: str, service: str, path: str) -> None:
    containers = _containers(args, context, service)
    if source == _STREAM and len(containers) > 1:
        raise UsageError(f"{service} has several containers, and an archive can be read once", "choose one by --index")
    for container in containers:
        if not context.options.dry_run:
            _copy_into(args, context, source, container, path)
        context.tell(f"{_done(context)} {_shown(source)} to {container.name}:{path}")


def _copy_into(args: Namespace, context: Context, source: str, container: ObservedContainer, path: str) -> None:
    engine = context.engine
    there = _resolved(engine, container, path)
    if source == _STREAM:
        if there is None or not there[1].is_directory:
            raise MinicomposeError(f"{container.name}:{path} is no directory", "an archive is unpacked in one")
        engine.write_files(container.id, there[0], _given(), own=args.archive)
        return
    from minicompose.execution.copying import CONTENTS, place_for, split  # here and below: tarfile costs 15 ms
    from minicompose.execution.packing import packed

    file = os.path.join(context.working_directory, source)  # noqa: PTH118 (what it ends in counts)
    if not os.path.lexists(file):
        raise MinicomposeError(f"there is no {source}")
    follows = args.follow_link or split(file)[1] == CONTENTS
    place = place_for(
        file,
        there[0] if there else path,
        from_directory=Path(file).is_dir() and (follows or not Path(file).is_symlink()),
        to_directory=there[1].is_directory if there else None,
    )
    content = packed(os.path.realpath(file) if follows else os.path.normpath(file), place.name)
    try:
        engine.write_files(container.id, place.directory, content, own=args.archive)
    except NotFound as error:
        raise MinicomposeError(f"there is no directory {place.directory} in {container.name}") from error


def _resolved(engine: Engine, container: ObservedContainer, path: str) -> tuple[str, FileInContainer] | None:
    """What lies at a path of a container, and where that is when it is a link; None when nothing does."""
    try:
        found = engine.file_in(container.id, path)
        if found.link_target:
            path = _led_to(path, found)
            found = engine.file_in(container.id, path)
    except NotFound:
        return None
    return path, found


def _led_to(path: str, link: FileInContainer) -> str:
    return posixpath.join(posixpath.dirname(path), link.link_target)


def _given() -> Iterator[bytes]:
    while data := os.read(0, 1 << 16):
        yield data


# ---- out of containers ----


def _copy_out(args: Namespace, context: Context, service: str, path: str, target: str) -> None:
    container = _containers(args, context, service)[0]
    if not context.options.dry_run:
        _copy_out_of(args, context, container, path, target)
    context.tell(f"{_done(context)} {container.name}:{path} to {_shown(target)}")


def _copy_out_of(args: Namespace, context: Context, container: ObservedContainer, path: str, target: str) -> None:
    engine = context.engine
    try:
        found, place = engine.file_in(container.id, path), path
        if found.link_target and args.follow_link:
            place = _led_to(path, found)
            found = engine.file_in(container.id, place)
        archive = engine.read_files(container.id, place)
    except NotFound as error:
        raise MinicomposeError(f"there is no {path} in {container.name}") from error
    with closing(archive):
        if target == _STREAM:
            _write_out(archive)
        else:
            _unpack(args, context, archive, path, found, target)


def _write_out(archive: Iterable[bytes]) -> None:
    from minicompose.descriptors import write_all

    for piece in archive:
        write_all(1, piece)


def _unpack(
    args: Namespace, context: Context, archive: Iterable[bytes], path: str, found: FileInContainer, target: str
) -> None:
    from minicompose.execution.copying import place_for
    from minicompose.execution.unpacking import unpack

    file = os.path.join(context.working_directory, target)  # noqa: PTH118 (what it ends in counts)
    exists = os.path.exists(file)  # noqa: PTH110 (as above: "file/" is not there)
    place = place_for(
        path, file, from_directory=found.is_directory, to_directory=Path(file).is_dir() if exists else None
    )
    if not Path(place.directory).is_dir():
        raise MinicomposeError(f"there is no directory {place.directory}")
    unpack(archive, place, own=args.archive)


def _done(context: Context) -> str:
    return "would copy" if context.options.dry_run else "copied"


def _shown(path: str) -> str:
    return "the archive" if path == _STREAM else path
