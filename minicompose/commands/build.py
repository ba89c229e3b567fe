"""`minicompose build`: build the services' images.

Several at once, each after those that it is built from and those of the services that its own depends on. With
BuildKit where the engine offers it, and with the classic builder elsewhere, or where DOCKER_BUILDKIT=0 asks for it.

    minicompose build --pull web           with the newest base image
    minicompose build --push               and give the images to their registries
    minicompose build --ssh default web    its Dockerfile may use the keys of your ssh agent
    minicompose build --print              what `docker buildx bake` would have to be told
"""

import argparse
from argparse import ArgumentParser, Namespace
from pathlib import Path

import msgspec

from minicompose.commands.context import Context, exit_code
from minicompose.commands.engine_lacks import build_refusals, built_by, platform_refusals
from minicompose.errors import ExitCode, UsageError
from minicompose.planning.image_verbs import BuildOptions, asked_builds, built_services, plan_build

# Options of builders that an engine does not have, unless they ask for nothing, and why that is so.
_NOWHERE = {
    "check": "the engine's builders look a Dockerfile over while they build it, and not before",
    "provenance": "the engine keeps images without attestations",
    "sbom": "the engine keeps images without attestations",
}


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("--build-arg", action="append", default=[], metavar="NAME=VALUE", help="set a build argument; may repeat")
    add("--builder", metavar="NAME", help="the builder: the engine's own, which is called default")
    add("-m", "--memory", type=_memory, metavar="SIZE", help="how much memory a step of a build may take, as 512m")
    add("--no-cache", action="store_true", help="build every layer anew")
    add("--print", action="store_true", help="build nothing, and print the builds as a file for docker buildx bake")
    add("--pull", action="store_true", help="look for newer base images first")
    add("--push", action="store_true", help="push what was built and has a name")
    add("-q", "--quiet", action="store_true", help="show no progress")
    add(
        "--ssh",
        action="append",
        default=[],
        metavar="default|ID[=PATH]",
        help="keys that Dockerfiles may use: those of your agent, or of a file; may repeat",
    )
    add("--with-dependencies", action="store_true", help="also build what the named services depend on")
    add("--check", action="store_true", help=argparse.SUPPRESS)
    for option in ("provenance", "sbom"):
        add(f"--{option}", help=argparse.SUPPRESS)


def run(args: Namespace, context: Context) -> ExitCode:
    options = BuildOptions(
        services=tuple(args.services),
        args=dict(_argument(word, context) for word in args.build_arg),
        no_cache=args.no_cache,
        pull=args.pull,
        push=args.push,
        ssh=dict(_keys(word, context) for word in args.ssh),
        memory=args.memory,
        with_dependencies=args.with_dependencies,
    )
    if args.print:
        return _print_bake_file(args, context, options)
    _refuse_what_no_engine_has(args)
    if args.quiet:
        context.options.progress = "quiet"
    loaded = context.load(args.services, contents=False, reading={"build_secrets": True})
    stack = loaded.stack
    plan = plan_build(stack, options)
    services = {**stack.services, **{service.name: service for service in asked_builds(stack, options)}}
    asked = msgspec.structs.replace(stack, services=services)
    context.refuse(
        [
            *build_refusals(asked, built_by(plan), context.engine.info, context.environment),
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


def _print_bake_file(args: Namespace, context: Context, options: BuildOptions) -> ExitCode:
    from minicompose.planning.bake import bake_json  # few ask for it

    stack = context.load(args.services, contents=False).stack
    wanted = built_services(stack, options)
    if any(stack.services[name].build is not None for name in wanted):
        context.print(bake_json(stack, asked_builds(stack, options), wanted, push=args.push))
    return ExitCode.OK


def _refuse_what_no_engine_has(args: Namespace) -> None:
    for option, why in _NOWHERE.items():
        if getattr(args, option) not in (None, False, "false"):
            raise UsageError(f"--{option} cannot be had: {why}")
    if args.builder not in (None, "", "default"):
        raise UsageError(
            f'there is no builder "{args.builder}" here: images are built by the engine itself',
            "other builders are made and used by docker buildx",
        )


def _keys(word: str, context: Context) -> tuple[str, str | None]:
    """ID=PATH, or ID alone for those of the user's agent; a path is seen from where we are."""
    id, _, path = word.partition("=")
    return id, str(Path(context.working_directory, path)) if path else None


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
