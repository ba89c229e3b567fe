"""`minicompose logs`: show what the containers print.

Show what the stack's containers have printed, merged by time; with -f, also what they print from
now on, until Ctrl-C.

    minicompose logs -f --tail 20 backend
"""

import argparse
from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context
from minicompose.errors import ExitCode, MinicomposeError, UsageError


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("-f", "--follow", action="store_true", help="go on showing what is printed")
    add("-n", "--tail", type=_lines, metavar="N", help="only the last N lines of each container, or all (the default)")
    add("--since", default="", metavar="TIME", help="since a time (2026-01-02T13:23:37Z) or a span (42m)")
    add("--until", default="", metavar="TIME", help="until a time or a span ago")
    add("-t", "--timestamps", action="store_true", help="show when each line was printed")
    add("--index", type=int, metavar="N", help="which of the service's containers")
    add("--no-color", action="store_true", help="show output without colour")
    add("--no-log-prefix", action="store_true", help="show output without the service's name")


def _lines(text: str) -> int | None:
    if text == "all" or (text.startswith("-") and text[1:].isdigit()):
        return None
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"a number of lines is wanted, or all, not {text!r}")
    return int(text)


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.execution.follower import Follower
    from minicompose.execution.interrupts import handling_signals
    from minicompose.execution.logs import read_logs
    from minicompose.execution.sources import sources_of
    from minicompose.planning.plan import Plan

    if args.follow and args.until:
        raise UsageError("--follow and --until do not go together")
    if args.index is not None and len(args.services) != 1:
        raise UsageError("--index goes with one service")
    observed, services = context.observe()
    context.check_services(args.services, services, ExitCode.FAILED)
    containers = [
        container
        for container in observed.containers
        if not container.oneoff
        and (not args.services or container.service in args.services)
        and args.index in (None, container.number)
    ]
    if args.index is not None and not containers:
        raise MinicomposeError(
            f'service "{args.services[0]}" has no container number {args.index}', "see `minicompose ps -a`"
        )
    prefixes = (f"{observed.project}-", f"{observed.project}_")
    names = [container.name.removeprefix(prefixes[0]).removeprefix(prefixes[1]) for container in containers]
    with context.showing(args, names) as on_event, handling_signals(context.interrupts):
        if not args.follow:
            read_logs(context.engine, containers, on_event, tail=args.tail, since=args.since, until=args.until)
            return ExitCode.OK
        wanted = {container.id for container in containers}
        sources = [source for source in sources_of(Plan(project=observed.project), observed) if source.handle in wanted]
        follower = Follower(
            context.engine,
            observed.project,
            on_event,
            sources,
            services=args.services or None,
            history=True,
            tail=args.tail,
            since=args.since,
        )
        with follower:
            follower.wait(context.interrupts)
    return ExitCode.INTERRUPTED if context.interrupts.presses else ExitCode.OK
