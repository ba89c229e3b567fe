"""`minicompose export`: a container's file system as an archive.

Write all files of a service's container, those in volumes aside, as a tar archive: to standard output, or to a
file, which is there only when it is complete.

    minicompose export -o backend.tar backend
    minicompose export backend | tar -t
"""

import contextlib
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

from minicompose.commands.context import Context
from minicompose.commands.one_container import configure_index, find_container
from minicompose.errors import ExitCode, MinicomposeError, UsageError
from minicompose.wholefiles import whole_file


def configure(parser: ArgumentParser) -> None:
    configure_index(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE, and not to standard output")
    parser.add_argument("service", metavar="SERVICE")


def run(args: Namespace, context: Context) -> ExitCode:
    container = find_container(context, args.service, args.index)
    if context.options.dry_run:
        context.tell(f"{container.name} would be written to {args.output or 'standard output'}")
        return ExitCode.OK
    if args.output is None and sys.stdout.isatty():
        raise UsageError("an archive is nothing for a terminal", "write it to a file with -o, or to another program")
    from minicompose.descriptors import write_all  # here: not for the help

    with contextlib.closing(context.engine.export_container(container.id)) as archive:
        if args.output is None:
            for piece in archive:
                write_all(1, piece)
        else:
            _write(Path(context.working_directory, args.output), archive)
            context.tell(f"{container.name}: written to {args.output}")
    return ExitCode.OK


def _write(file: Path, archive: Iterable[bytes]) -> None:
    """All of it or nothing, where the file is not something else, as a pipe."""
    if not file.parent.is_dir():
        raise MinicomposeError(f"there is no directory {file.parent}")
    if file.is_dir():
        raise MinicomposeError(f"{file} is a directory", "name a file in it")
    with whole_file(file) as output:
        output.writelines(archive)
