"""`minicompose ps`: list the stack's containers.

List what runs, with its state, its health and its ports; -a also lists what has stopped. On a terminal, what is not
well says in a few words why: `minicompose explain` says more, and `{{.Why}}` has it for scripts. A template is Go's,
with the fields of `docker compose ps`.

    minicompose ps -a
    minicompose ps --format 'table {{.Name}}\\t{{.Status}}\\t{{.Why}}'
    minicompose ps -q web
"""

import argparse
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable

from minicompose.commands.context import Context
from minicompose.errors import ExitCode, UsageError
from minicompose.planning.observed import Observed, ObservedContainer

STATES = ("paused", "restarting", "removing", "running", "dead", "created", "exited")


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("-a", "--all", action="store_true", help="also those that do not run, and those made by `run`")
    add("--format", default="table", metavar="FORMAT", help="table, json, or a Go template (default: table)")
    add("-q", "--quiet", action="store_true", help="only the ids")
    add("--services", dest="names", action="store_true", help="only the names of the services")
    add("--status", action="append", default=[], choices=STATES, help="only containers in this state; may repeat")
    add("--filter", metavar="status=STATE", help="only containers in this state")
    add(
        "--orphans",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also services that the stack file does not have; --orphans=false leaves them out",
    )
    add("--no-trunc", action="store_true", help="do not shorten anything")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.output.formats import check_format

    check_format(args.format)
    states = _states(args)
    observed, declared, known = context.observe_declared(alone=True)
    context.check_there(args.services, known, ExitCode.FAILED)
    hidden = () if args.orphans or not declared else {*known} - {*declared}
    there = [each for each in observed.containers if _is_asked_for(each, args) and each.service not in hidden]
    shown = [each for each in there if _is_shown(each, args, states)]
    shown.sort(key=lambda container: (container.service, container.oneoff, container.number, container.name))
    if args.quiet:
        context.print_lines(container.id for container in shown)
    elif args.names:
        context.print_lines(dict.fromkeys(container.service for container in shown))
    else:
        _print_containers(args, context, observed, shown)
        if args.format == "table" and not states and sys.stdout.isatty():
            _tell_of_others(context, [each for each in there if each not in shown])
    return ExitCode.OK


def _states(args: Namespace) -> set[str]:
    states = set(args.status)
    if args.filter is not None:
        key, _, state = args.filter.partition("=")
        if key != "status" or state not in STATES:
            raise UsageError(f'--filter takes status=STATE, not "{args.filter}"', f"states: {', '.join(STATES)}")
        states.add(state)
    return states


def _is_asked_for(container: ObservedContainer, args: Namespace) -> bool:
    return not args.services or container.service in args.services


def _is_shown(container: ObservedContainer, args: Namespace, states: set[str]) -> bool:
    if states:
        return container.state in states
    return args.all or (not container.oneoff and container.state in ("running", "paused", "restarting"))


def _print_containers(args: Namespace, context: Context, observed: Observed, shown: list[ObservedContainer]) -> None:
    from minicompose.output.containers import FORM, container_record, explained_table
    from minicompose.output.formats import formatted

    width = None if args.no_trunc else context.width
    explained = args.format == "table" and sys.stdout.isatty()
    reasons = _reasons(context, observed.project, shown) if explained or ".Why" in args.format else {}
    records = [
        container_record(each, observed.project, full=args.no_trunc, why=reasons.get(each.name, "")) for each in shown
    ]
    if explained:
        context.print_lines(explained_table(records, width))
    else:
        context.print_lines(formatted(args.format, FORM, records, width=width))


def _reasons(context: Context, project: str, shown: Iterable[ObservedContainer]) -> dict[str, str]:
    """By the containers' names, why those that are not well are not."""
    from minicompose.diagnosis.brief import brief_reason, needs_a_reason

    services = {each.service for each in shown if needs_a_reason(each)}
    if not services:
        return {}
    from minicompose.diagnosis.evidence import gather  # where all is well nothing is asked
    from minicompose.diagnosis.explaining import explain

    observed = context.engine.observe(project)  # with all else that tells why
    found = gather(context.engine, observed, None, sorted(services))
    told = {each.container: brief_reason(each) for name in services for each in explain(name, found)}
    return {each.name: told[each.name] for each in shown if needs_a_reason(each) and told.get(each.name)}


def _tell_of_others(context: Context, others: Iterable[ObservedContainer]) -> None:
    """What has failed is not among what runs: say that it is there."""
    from minicompose.diagnosis.brief import needs_a_reason

    failed = sorted(each.name for each in others if not each.oneoff and needs_a_reason(each))
    if failed:
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        context.tell(f"not shown, since it does not run: {', '.join(failed[:3])}{more} (`minicompose ps -a`)")
