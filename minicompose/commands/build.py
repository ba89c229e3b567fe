"""`minicompose build`: build the services' images."""

from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context, exit_code
from minicompose.commands.engine_lacks import build_refusals, built_by, platform_refusals
from minicompose.errors import ExitCode
from minicompose.planning.image_verbs import BuildOptions, plan_build


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("--build-arg", action="append", default=[], metavar="NAME=VALUE", help="set a build argument; may repeat")
    add("--no-cache", action="store_true", help="build every layer anew")
    add("--pull", action="store_true", help="look for newer base images first")
    add("-q", "--quiet", action="store_true", help="show no progress")
    add("--with-dependencies", action="store_true", help="also build what the named services depend on")


def run(args: Namespace, context: Context) -> ExitCode:
    if args.quiet:
        context.options.progress = "quiet"
    loaded = context.load(args.services, contents=False)
    stack = loaded.stack
    options = BuildOptions(
        services=tuple(args.services),
        args=dict(_argument(word, context) for word in args.build_arg),
        no_cache=args.no_cache,
        pull=args.pull,
        with_dependencies=args.with_dependencies,
    )
    plan = plan_build(stack, options)
    context.refuse([*build_refusals(stack, built_by(plan)), *platform_refusals(stack, plan)], loaded.texts)
    if context.options.dry_run:
        context.print_plan(plan)
        return ExitCode.OK
    if not plan.steps:
        context.tell("nothing to build: no service has a build")
        return ExitCode.OK
    return exit_code(context.carry_out(plan))


def _argument(word: str, context: Context) -> tuple[str, str | None]:
    """NAME alone takes the value that NAME has here."""
    name, given, value = word.partition("=")
    return name, value if given else context.environment.get(name)
