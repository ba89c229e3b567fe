"""`minicompose pull`: pull the services' images.

Several at once, each image once however many services use it. A registry that falters is tried again.

    minicompose pull --policy missing     pull what is not here yet
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from minicompose.commands.context import Context, exit_code
from minicompose.errors import ExitCode
from minicompose.planning.image_verbs import PullOptions, plan_pull

if TYPE_CHECKING:
    from minicompose.execution.events import RunReport
    from minicompose.model import Stack


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("--ignore-buildable", action="store_true", help="leave out images that can be built")
    add("--ignore-pull-failures", action="store_true", help="exit with 0 even if a pull fails")
    add("--include-deps", action="store_true", help="also pull for what the named services depend on")
    add("--policy", choices=("missing", "always"), help="only what is missing, or always (the default)")
    add("-q", "--quiet", action="store_true", help="show no progress")


def run(args: Namespace, context: Context) -> ExitCode:
    if args.quiet:
        context.options.progress = "quiet"
    stack = context.stack(args.services)
    options = PullOptions(
        services=tuple(args.services),
        missing_only=args.policy == "missing",
        ignore_buildable=args.ignore_buildable,
        include_dependencies=args.include_deps,
    )
    plan = plan_pull(stack, context.engine.observe(stack.name), options)
    if context.options.dry_run:
        context.print_plan(plan)
        return ExitCode.OK
    if not plan.steps:
        context.tell("nothing to pull: every image is here or is built")
        return ExitCode.OK
    report = context.carry_out(plan)
    _tell_what_can_be_built(report, stack, context)
    code = exit_code(report)
    return ExitCode.OK if args.ignore_pull_failures and code == ExitCode.FAILED else code


def _tell_what_can_be_built(report: "RunReport", stack: "Stack", context: Context) -> None:
    failed = dict(report.failures)
    services = [step.subject.service for step in report.plan.steps if step.id in failed]
    built = sorted(name for name in services if name and stack.services[name].build is not None)
    if built:
        context.tell(f"what could not be pulled can be built: minicompose build {' '.join(built)}")
