"""`minicompose watch`: bring files that change into the containers.

Watch what `develop.watch` of the services names, and copy what changes into their containers, restart them, run a
command in them, or build and replace them, as each rule says. The services are built and started first. Ctrl-C ends
it; the containers go on running.

    minicompose watch                all services that have rules
    minicompose watch --no-up web    web alone, as it runs
"""

import time
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from typing import TYPE_CHECKING

from minicompose.commands import exclusive, up
from minicompose.commands.context import Context
from minicompose.commands.exclusive import changing, refuse_what_is_of_others
from minicompose.errors import ExitCode

if TYPE_CHECKING:
    from minicompose.stackfile.load import Loaded
    from minicompose.watching.rules import Rule


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services, and what they depend on")
    add("--no-up", action="store_true", help="build and start nothing first")
    add(
        "--prune", action=BooleanOptionalAction, default=True, help="remove what a build has made when the next is done"
    )
    add("--quiet", action="store_true", help="do not show what builds print, unless they fail")


def run(args: Namespace, context: Context) -> int:
    from minicompose.commands.watching import watch_rules  # here and below: the help needs none of it

    begun = time.time()
    loaded = context.load(args.services)
    rules = watch_rules(context, loaded, args.services)
    args = _as_up(args)
    if args.no_up:
        observed = context.engine.observe(loaded.stack.name)
        refuse_what_is_of_others(args, context, observed, loaded.stack.derived_from)
    else:
        code, meant = _brought_up(args, context, loaded)
        if code != ExitCode.OK:
            return code
        if meant is not loaded:  # the stack files have changed while another command was waited for
            loaded, rules = meant, watch_rules(context, meant, args.services)
    if context.options.dry_run:
        for rule in rules:
            context.print(f"would watch {rule.written} for {rule.service}: {rule.action}")
        return ExitCode.OK
    return _watched(args, context, loaded, rules, None if args.no_up else begun)


def _as_up(args: Namespace) -> Namespace:
    """The command line as that of an `up -d`."""
    parser = ArgumentParser()
    up.configure(parser)
    given = {**vars(args), "detach": True, "quiet_build": args.quiet, "quiet_pull": args.quiet}
    return Namespace(**{**vars(parser.parse_args([])), **given})


def _brought_up(args: Namespace, context: Context, loaded: "Loaded") -> tuple[int, "Loaded"]:
    """Build what is watched, and start; the exit code, and what the stack files say by then."""
    from minicompose.watching.rules import watched_services

    stack = loaded.stack
    with changing(args, context, stack.name, stack.derived_from) as turn:
        loaded = turn.now_meant(loaded, args.services)
        args.builds = tuple(each.name for each in watched_services(loaded.stack, args.services) if each.build)
        plan = up.planned(context, loaded, turn.observed, up.options_of(args, context))
        return up.carried_out(args, context, loaded, turn, plan), loaded


def _watched(args: Namespace, context: Context, loaded: "Loaded", rules: "list[Rule]", since: float | None) -> int:
    from minicompose.commands.watching import session
    from minicompose.execution.interrupts import handling_hangup, handling_signals

    with context.sink() as sink, handling_signals(context.interrupts), handling_hangup(context.interrupts):
        session(args, context, loaded.stack, rules, sink, since).watch(context.interrupts)
    return ExitCode.INTERRUPTED
