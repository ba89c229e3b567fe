"""`minicompose stats`: show what the containers use, live.

Show processor, memory, network and disk of the containers that run, measured anew each second, until Ctrl-C. What is
started meanwhile joins in. --no-stream measures once.

    minicompose stats
    minicompose stats --no-stream --format json web
"""

import sys
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import nullcontext

from minicompose.commands.context import Context
from minicompose.engine.protocol import Usage
from minicompose.errors import ExitCode
from minicompose.planning.observed import Observed, ObservedContainer

_PERIOD = 1.0  # in seconds; the engine measures as often


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("-a", "--all", action="store_true", help="also what does not run")
    add("--format", default="table", metavar="FORMAT", help="table, json, or a Go template (default: table)")
    add("--no-stream", action="store_true", help="measure once")
    add("--no-trunc", action="store_true", help="do not shorten anything")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.output.formats import check_format

    check_format(args.format)
    observed, known = context.observe()
    context.check_there(args.services, known, ExitCode.FAILED)
    if args.no_stream:
        return _once(args, context, _shown(args, observed))
    return _live(args, context, observed)


def _shown(args: Namespace, observed: Observed) -> list[ObservedContainer]:
    shown = [
        each
        for each in observed.containers
        if (not args.services or each.service in args.services)
        and (args.all or each.state in ("running", "paused", "restarting"))
    ]
    return sorted(shown, key=lambda each: (each.service, each.oneoff, each.number, each.name))


def _once(args: Namespace, context: Context, containers: list[ObservedContainer]) -> ExitCode:
    from minicompose.execution.usages import used_once

    used = used_once(context.engine, containers)
    there = [each for each in containers if each.id in used]
    context.print_lines(_lines(args, there, lambda each: used[each.id], context.width))
    return ExitCode.OK


def _live(args: Namespace, context: Context, observed: Observed) -> ExitCode:
    """Draw each second; look again at what is there when the engine says that something came or went."""
    from minicompose.execution.interrupts import handling_signals
    from minicompose.execution.usages import Usages
    from minicompose.output.redrawn import Redrawn
    from minicompose.output.terminal_size import terminal_size

    interrupts = context.interrupts
    pressed = threading.Event()
    on_screen = sys.stdout.isatty() and context.environment.get("TERM") != "dumb" and args.format.startswith("table")
    with (
        handling_signals(interrupts),
        interrupts.listening(lambda _: pressed.set()),
        Usages(context.engine, observed.project) as usages,
        Redrawn(sys.stdout) if on_screen else nullcontext() as screen,
    ):
        while not pressed.is_set():
            containers = _shown(args, usages.observed())
            if screen is not None:
                columns, rows = terminal_size(sys.stdout)
                screen.draw(_lines(args, containers, usages.of, columns), columns, rows)
            elif all(usages.of(each) is not None for each in containers):
                context.print_lines(_lines(args, containers, usages.of, context.width))
                sys.stdout.flush()
            pressed.wait(_PERIOD)
    return ExitCode.INTERRUPTED


def _lines(
    args: Namespace,
    containers: list[ObservedContainer],
    used: Callable[[ObservedContainer], Usage | None],
    width: int | None,
) -> list[str]:
    from minicompose.output.formats import formatted
    from minicompose.output.usage import FORM, usage_record

    records = [usage_record(each, used(each), full=args.no_trunc) for each in containers]
    return formatted(args.format, FORM, records, width=None if args.no_trunc else width)
