"""`minicompose kill`: send a signal to what runs.

Send SIGKILL, which ends a container at once, or another signal, to all that runs of the stack, in no order
and without hooks. What `minicompose run` has made of its services is meant too.

    minicompose kill -s HUP web     have web read its configuration again, if it does so on SIGHUP
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive
from minicompose.commands.by_labels import changed
from minicompose.commands.context import Context
from minicompose.errors import ExitCode
from minicompose.planning.at_once import KillOptions, plan_kill


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("-s", "--signal", default="SIGKILL", help="the signal, by name or number (default: SIGKILL)")
    add("--remove-orphans", action="store_true", help="also kill and remove containers that no service has")


def run(args: Namespace, context: Context) -> ExitCode:
    options = KillOptions(services=tuple(args.services), signal=args.signal, remove_orphans=args.remove_orphans)
    return changed(
        args,
        context,
        lambda observed, stack: plan_kill(observed, options, stack),
        "nothing to kill: there is no running container",
    )
