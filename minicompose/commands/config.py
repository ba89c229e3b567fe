"""`minicompose config`: show the stack file as it is understood.

Read, check and print the stack file in its canonical form: files merged, variables replaced,
short forms made long, defaults filled in.

    minicompose config -q        only check it
    minicompose config --images  what will be pulled or built
    minicompose config --explain where each value comes from
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from minicompose.commands.context import Context
from minicompose.errors import ExitCode
from minicompose.model import Stack


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services (web* is a pattern), and what they need")
    add("--format", choices=("yaml", "json"), default="yaml", help="how to print it (default: yaml)")
    add("-q", "--quiet", action="store_true", help="only check; print nothing")
    add("-o", "--output", metavar="FILE", help="write to FILE instead of standard output")
    add("--explain", action="store_true", help="print where each value comes from: file and line, override, variable")
    names = parser.add_mutually_exclusive_group()
    for what in ("services", "images", "volumes", "networks", "models", "profiles"):
        names.add_argument(
            f"--{what}", dest="names", action="store_const", const=what, help=f"print the names of the {what}"
        )


def run(args: Namespace, context: Context) -> ExitCode:
    stack = _selected(args, context)
    if args.quiet:
        return ExitCode.OK
    text = "\n".join(_names(stack, args.names)) if args.names else _whole(stack, args)
    if args.output:
        Path(args.output).write_text(text.rstrip("\n") + "\n")
    elif text:
        context.print(text)
    return ExitCode.OK


def _selected(args: Namespace, context: Context) -> Stack:
    """The stack of the services named, and what they use unless all resources are wanted.

    Lists of names are those of the whole stack, except for its images.
    """
    from minicompose.planning.selection import is_pattern, matching, with_services, without_unused

    patterns = [name for name in args.services if is_pattern(name)]
    named = [name for name in args.services if not is_pattern(name)]
    whole = args.names not in (None, "images")
    stack = context.stack(() if whole else named)
    context.check_services(named, (*stack.services, *stack.disabled))
    for pattern in patterns:
        found = matching(pattern, stack.services)
        context.check_services([] if found else [pattern], stack.services)
        named += found
    if named and not whole:
        stack = with_services(stack, named)
    return stack if context.options.all_resources else without_unused(stack)


def _whole(stack: Stack, args: Namespace) -> str:
    from minicompose.stackfile.printed import printed, to_yaml

    canonical = printed(stack)
    if args.explain:
        from minicompose.stackfile.explain import explained_yaml

        assert stack.root is not None
        return explained_yaml(canonical, stack.root)
    return json.dumps(canonical, indent=2, ensure_ascii=False) if args.format == "json" else to_yaml(canonical)


def _names(stack: Stack, what: str) -> list[str]:
    match what:
        case "images":
            from minicompose.planning.record import service_image

            return [service_image(stack, service) for service in stack.services.values()]
        case "models":
            return [model.model for model in stack.models.values()]
        case "profiles":
            every = (*stack.services.values(), *stack.disabled.values())
            return sorted({profile for service in every for profile in service.profiles or ()})
        case _:
            return list(getattr(stack, what))
