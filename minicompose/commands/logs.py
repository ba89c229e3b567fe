"""`minicompose logs`: show what the containers print.

Show what the stack's containers have printed, merged by time; with -f, also what they print from
now on, until Ctrl-C, or until the time that --until says.

    minicompose logs -f --tail 20 backend
"""

import argparse
import contextlib
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from minicompose.commands.context import Context
from minicompose.errors import ExitCode, MinicomposeError, UsageError

if TYPE_CHECKING:
    from minicompose.execution.interrupts import Interrupts


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
        raise argparse.ArgumentTypeError(f'a number of lines is wanted, or all, not "{text}"')
    return int(text)


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.execution.follower import Follower
    from minicompose.execution.interrupts import handling_signals
    from minicompose.execution.logs import read_logs
    from minicompose.execution.sources import sources_of
    from minicompose.planning.plan import Plan

    left = _time_left(args.until) if args.follow and args.until else None
    follows = args.follow and (left is None or left > 0)
    if args.index is not None and len(args.services) != 1:
        raise UsageError("--index goes with one service")
    observed, services = context.observe()
    context.check_there(args.services, services, ExitCode.FAILED)
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
    wanted = {container.id for container in containers}
    sources = [source for source in sources_of(Plan(project=observed.project), observed) if source.handle in wanted]
    if not follows:
        with context.showing(args, names) as on_event:
            read_logs(
                context.engine,
                sources,
                on_event,
                tail=args.tail,
                since=args.since,
                until=args.until,
                timestamps=args.timestamps,
            )
        return ExitCode.OK
    with context.showing(args, names) as on_event, handling_signals(context.interrupts):
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
        with follower, _ending(context.interrupts, left) as is_over:
            follower.wait(context.interrupts)
    return ExitCode.INTERRUPTED if context.interrupts.presses and not is_over() else ExitCode.OK


def _time_left(until: str) -> float:
    """Seconds up to a point in time, negative for one that is over."""
    from minicompose.engine.moments import timestamp  # here and below: few who follow say when it ends

    now = time.time()
    return float(timestamp(until, now)) - now


@contextlib.contextmanager
def _ending(interrupts: "Interrupts", left: float | None) -> Iterator[Callable[[], bool]]:
    """End what waits for `interrupts` after so many seconds, None for never; yields whether that time has come."""
    if left is None:
        yield lambda: False
        return
    import threading

    over = threading.Event()

    def end() -> None:
        over.set()
        interrupts.press()

    timer = threading.Timer(left, end)
    timer.daemon = True
    timer.start()
    try:
        yield over.is_set
    finally:
        timer.cancel()
