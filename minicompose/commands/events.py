"""`minicompose events`: show what happens to the containers, as it happens.

Go on until Ctrl-C, or until the time that --until says. With --since, begin with what the engine still knows.

    minicompose events --json web
    minicompose events --since 10m --until 0s
"""

import sys
from argparse import ArgumentParser, Namespace

from minicompose import labels
from minicompose.commands.context import Context
from minicompose.errors import ExitCode


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("--json", action="store_true", help="an object for each")
    add("--since", default="", metavar="TIME", help="from a time (2026-01-02T13:23:37Z) or a span ago (42m) on")
    add("--until", default="", metavar="TIME", help="until a time or a span ago")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.execution.interrupts import handling_signals
    from minicompose.output.happenings import event_json, event_text

    observed, services = context.observe()
    context.check_there(args.services, services, ExitCode.FAILED)
    printed = event_json if args.json else event_text
    log = context.engine.event_log(observed.project, since=args.since, until=args.until)
    with handling_signals(context.interrupts), context.interrupts.listening(lambda _: log.close()):
        for event in () if context.interrupts.presses else log:
            its = event.attributes
            if its.get(labels.ONEOFF, "").lower() == "true":
                continue
            if not args.services or its.get(labels.SERVICE) in args.services:
                context.print(printed(event))
                sys.stdout.flush()
    return ExitCode.INTERRUPTED if context.interrupts.presses else ExitCode.OK
