"""`minicompose pause`: have what runs stand still.

Freeze all processes of the stack's containers, until `minicompose unpause`. They keep their memory and
their ports, and answer nothing meanwhile.

    minicompose pause worker
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive
from minicompose.commands.by_labels import changed
from minicompose.commands.context import Context
from minicompose.errors import ExitCode
from minicompose.planning.at_once import plan_pause


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="only these services")


def run(args: Namespace, context: Context) -> ExitCode:
    return changed(
        args,
        context,
        lambda observed, stack: plan_pause(observed, tuple(args.services), stack),
        "nothing to pause: there is no running container",
    )
