"""`minicompose stop`: stop what runs, and keep it.

Stop the stack's containers, dependents first, each after its `pre_stop` hooks. They stay, with what they
have written, and `minicompose start` starts them again. With -p alone no stack file is needed.

    minicompose stop -t 30 backend     only backend, which may take half a minute for it
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive
from minicompose.commands.by_labels import changed
from minicompose.commands.context import Context, seconds
from minicompose.errors import ExitCode
from minicompose.planning.down import StopOptions, plan_stop


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long a container may take to stop")


def run(args: Namespace, context: Context) -> ExitCode:
    options = StopOptions(services=tuple(args.services), timeout=args.timeout)
    return changed(
        args,
        context,
        lambda observed, stack: plan_stop(observed, options, stack),
        "nothing to stop: there is no running container",
    )
