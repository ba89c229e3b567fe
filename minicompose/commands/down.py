"""`minicompose down`: stop and remove what a stack runs.

Stop and remove the stack's containers and networks, dependents first. Named volumes stay, and with
them the data, unless -v is given. The stack file is not needed when -p names the project.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from minicompose.commands import exclusive
from minicompose.commands.context import Context, exit_code, seconds
from minicompose.commands.exclusive import changing
from minicompose.errors import ExitCode
from minicompose.planning.down import DownOptions, plan_down
from minicompose.planning.observed import Observed

if TYPE_CHECKING:
    from minicompose.model import Stack


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services' containers")
    add("-v", "--volumes", action="store_true", help="also remove the stack's volumes, and the data in them")
    add("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long a container may take to stop")
    add("--remove-orphans", action="store_true", help="also remove containers of services not in the stack file")
    add("--rmi", choices=("all", "local"), help="also remove images: all, or only those built without a name")


def run(args: Namespace, context: Context) -> ExitCode:
    if context.names_project_only:
        stack, texts, project = None, {}, context.options.project_name
    else:
        loaded = context.load(contents=False)
        stack, texts, project = loaded.stack, loaded.texts, loaded.stack.name
    with changing(args, context, project, stack.derived_from if stack else None) as turn:
        return _run_in_turn(args, context, turn.observed, stack, texts)


def _run_in_turn(
    args: Namespace, context: Context, observed: Observed, stack: "Stack | None", texts: dict[str, str]
) -> ExitCode:
    known = [container.service for container in observed.containers]
    context.check_services(args.services, [*known, *(stack.services if stack else ())])
    options = DownOptions(
        volumes=args.volumes,
        rmi=args.rmi,
        remove_orphans=args.remove_orphans,
        timeout=args.timeout,
        services=tuple(args.services),
    )
    plan = plan_down(observed, options, stack)
    context.refuse_errors(plan, texts)
    if context.options.dry_run:
        context.print_plan(plan)
        return ExitCode.OK
    context.warn(plan.notes)
    if not plan.steps:
        context.tell(f"nothing to remove: there is nothing of project {observed.project} on this engine")
        return ExitCode.OK
    return exit_code(context.carry_out(plan))
