"""`minicompose start`: start what is there and does not run.

Start the stack's containers as they are, each when what it depends on has started, is healthy or has
completed, and run their `post_start` hooks. Nothing is created or replaced: that is what `minicompose up`
does. With -p alone no stack file is needed.

    minicompose start backend     only backend, and what it depends on
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive
from minicompose.commands.by_labels import changed
from minicompose.commands.context import Context
from minicompose.errors import ExitCode
from minicompose.planning.start import plan_start


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="only these services, and what they depend on")


def run(args: Namespace, context: Context) -> ExitCode:
    return changed(
        args,
        context,
        lambda observed, stack: plan_start(observed, tuple(args.services), stack),
        "nothing to start: there is no container that does not run",
    )
