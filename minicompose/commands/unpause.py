"""`minicompose unpause`: let what is paused go on.

Let the processes go on that `minicompose pause` has frozen, from where they were.

    minicompose unpause worker
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive
from minicompose.commands.by_labels import changed
from minicompose.commands.context import Context
from minicompose.errors import ExitCode
from minicompose.planning.at_once import plan_unpause


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="only these services")


def run(args: Namespace, context: Context) -> ExitCode:
    return changed(
        args,
        context,
        lambda observed, stack: plan_unpause(observed, tuple(args.services), stack),
        "nothing to unpause: there is no paused container",
    )
