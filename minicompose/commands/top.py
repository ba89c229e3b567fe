"""`minicompose top`: show the processes that run in the containers.

Show the processes in the project's containers as the host has them, with their numbers there.

    minicompose top
    minicompose top web
"""

from argparse import ArgumentParser, Namespace
from contextlib import suppress

from minicompose.commands.context import Context
from minicompose.errors import Conflict, ExitCode, NotFound


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="only these services")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.output.processes import Running, processes_table

    running = []
    for container in context.containers(args.services):
        if container.state in ("running", "paused"):
            with suppress(Conflict, NotFound):  # it ended while we looked
                processes = context.engine.processes(container.id)
                running.append(Running(container.service, container.number, processes))
    context.print_lines(processes_table(running, width=context.width).splitlines())
    return ExitCode.OK
