"""`minicompose down`: stop and remove what a stack runs.

Stop and remove the stack's containers and networks, dependents first. Named volumes stay, and with
them the data, unless -v is given. The stack file is not needed when -p names the project.

    minicompose down                       what the stack file of this directory runs
    minicompose down -v --remove-orphans   with its volumes and the data in them, and what no service has
    minicompose -p shop down               by its name, from any directory
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from minicompose.commands import exclusive
from minicompose.commands.by_labels import changed
from minicompose.commands.context import Context, seconds
from minicompose.errors import ExitCode
from minicompose.planning.down import DownOptions, plan_down

if TYPE_CHECKING:
    from minicompose.model import Stack
    from minicompose.planning.observed import Observed
    from minicompose.planning.plan import Plan


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services' containers")
    add("-v", "--volumes", action="store_true", help="also remove the stack's volumes, and the data in them")
    add("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long a container may take to stop")
    add("--remove-orphans", action="store_true", help="also remove containers of services not in the stack file")
    add("--rmi", choices=("all", "local"), help="also remove images: all, or only those built without a name")


def run(args: Namespace, context: Context) -> ExitCode:
    def planned(observed: "Observed", stack: "Stack | None") -> "Plan":
        options = DownOptions(
            volumes=args.volumes,
            rmi=args.rmi,
            remove_orphans=context.removes_orphans(args.remove_orphans),
            timeout=args.timeout,
            services=tuple(args.services),
        )
        return plan_down(observed, options, stack)

    return changed(args, context, planned, "nothing to remove: there is nothing")
