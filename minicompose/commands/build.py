"""`minicompose build`: build the services' images.

Several at once, each after those of the services that its own depends on. With the engine's classic builder; what
only BuildKit does is an error.

    minicompose build --pull web           with the newest base image
    minicompose build --push               and give the images to their registries
"""

import argparse
from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context, exit_code
from minicompose.commands.engine_lacks import build_refusals, built_by, platform_refusals
from minicompose.errors import ExitCode, UsageError
from minicompose.planning.image_verbs import BuildOptions, plan_build

# Options that ask BuildKit for something, unless they say "false".
_OF_BUILDKIT = ("builder", "provenance", "sbom", "ssh")


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("--build-arg", action="append", default=[], metavar="NAME=VALUE", help="set a build argument; may repeat")
    add("-m", "--memory", type=_memory, metavar="SIZE", help="how much memory a step of a build may take, as 512m")
    add("--no-cache", action="store_true", help="build every layer anew")
    add("--pull", action="store_true", help="look for newer base images first")
    add("--push", action="store_true", help="push what was built and has a name")
    add("-q", "--quiet", action="store_true", help="show no progress")
    add("--with-dependencies", action="store_true", help="also build what the named services depend on")
    add("--check", action="store_true", help=argparse.SUPPRESS)
    for option in _OF_BUILDKIT:
        add(f"--{option}", help=argparse.SUPPRESS)


def run(args: Namespace, context: Context) -> ExitCode:
    _refuse_options_of_buildkit(args)
    if args.quiet:
        context.options.progress = "quiet"
    loaded = context.load(args.services, contents=False, reading={"build_secrets": True})
    stack = loaded.stack
    options = BuildOptions(
        services=tuple(args.services),
        args=dict(_argument(word, context) for word in args.build_arg),
        no_cache=args.no_cache,
        pull=args.pull,
        push=args.push,
        memory=args.memory,
        with_dependencies=args.with_dependencies,
    )
    plan = plan_build(stack, options)
    context.refuse(
        [
            *build_refusals(stack, built_by(plan), context.engine.info, context.environment),
            *platform_refusals(stack, plan),
        ],
        loaded.texts,
    )
    if context.options.dry_run:
        context.print_plan(plan)
        return ExitCode.OK
    if not plan.steps:
        context.tell("nothing to build: no service has a build")
        return ExitCode.OK
    return exit_code(context.carry_out(plan))


def _refuse_options_of_buildkit(args: Namespace) -> None:
    for option in ("check", *_OF_BUILDKIT):
        if getattr(args, option) not in (None, False, "false"):
            raise UsageError(f"--{option} needs BuildKit", "images are built with the engine's classic builder")


def _argument(word: str, context: Context) -> tuple[str, str | None]:
    """NAME alone takes the value that NAME has here."""
    name, given, value = word.partition("=")
    return name, value if given else context.environment.get(name)


def _memory(text: str) -> int:
    from minicompose.stackfile.units import parse_size  # only who limits it needs it

    try:
        return int(parse_size(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
