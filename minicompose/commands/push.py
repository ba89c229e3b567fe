"""`minicompose push`: push the services' images to their registries.

Pushes what is built here and has a name: services with both `build` and `image`, with the tags of the build.

    minicompose push web     push the image of web
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context, exit_code
from minicompose.errors import ExitCode
from minicompose.planning.image_verbs import PushOptions, plan_push


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("--ignore-push-failures", action="store_true", help="exit with 0 even if a push fails")
    add("--include-deps", action="store_true", help="also push for what the named services depend on")
    add("-q", "--quiet", action="store_true", help="show no progress")


def run(args: Namespace, context: Context) -> ExitCode:
    if args.quiet:
        context.options.progress = "quiet"
    stack = context.stack(args.services)
    plan = plan_push(stack, PushOptions(services=tuple(args.services), include_dependencies=args.include_deps))
    if context.options.dry_run:
        context.print_plan(plan)
        return ExitCode.OK
    if not plan.steps:
        context.tell("nothing to push: no service has both a build and an image")
        return ExitCode.OK
    code = exit_code(context.carry_out(plan))
    return ExitCode.OK if args.ignore_push_failures and code == ExitCode.FAILED else code
