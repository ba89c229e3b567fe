"""`minicompose restart`: stop what runs, and start it again.

Restart the stack's containers as they are, what others depend on first, with their `pre_stop` and
`post_start` hooks. What changed in the stack file does not count: that is what `minicompose up` is for.
A service whose `depends_on` says `restart: true` is restarted with what it depends on.

    minicompose restart --no-deps db     db alone
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive
from minicompose.commands.by_labels import changed
from minicompose.commands.context import Context, seconds
from minicompose.errors import ExitCode
from minicompose.planning.start import RestartOptions, plan_restart


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services, and what is to be restarted with them")
    add("--no-deps", action="store_true", help="leave alone what is to be restarted with them")
    add("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long a container may take to stop")


def run(args: Namespace, context: Context) -> ExitCode:
    options = RestartOptions(services=tuple(args.services), timeout=args.timeout, no_deps=args.no_deps)
    return changed(
        args,
        context,
        lambda observed, stack: plan_restart(observed, options, stack),
        "nothing to restart: there is no container",
    )
