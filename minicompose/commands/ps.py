"""`minicompose ps`: list the stack's containers."""

from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context
from minicompose.errors import ExitCode, UsageError
from minicompose.planning.observed import ObservedContainer

STATES = ("paused", "restarting", "removing", "running", "dead", "created", "exited")


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("-a", "--all", action="store_true", help="also those that do not run, and those made by `run`")
    add("--format", choices=("table", "json"), default="table", help="how to print it (default: table)")
    add("-q", "--quiet", action="store_true", help="only the ids")
    add("--services", dest="names", action="store_true", help="only the names of the services")
    add("--status", action="append", default=[], choices=STATES, help="only containers in this state; may repeat")
    add("--filter", metavar="status=STATE", help="only containers in this state")
    add("--no-trunc", action="store_true", help="do not shorten anything")


def run(args: Namespace, context: Context) -> ExitCode:
    observed, services = context.observe()
    context.check_services(args.services, services, ExitCode.FAILED)
    states = _states(args)
    shown = [container for container in observed.containers if _is_wanted(container, args, states)]
    shown.sort(key=lambda container: (container.service, container.oneoff, container.number, container.name))
    if args.quiet:
        lines = [container.id for container in shown]
    elif args.names:
        lines = list(dict.fromkeys(container.service for container in shown))
    elif args.format == "json":
        from minicompose.output.tables import ps_json

        lines = [ps_json(container, observed.project) for container in shown]
    else:
        from minicompose.output.tables import ps_table

        lines = [ps_table(shown, full=args.no_trunc, width=context.width)]
    if lines:
        context.print("\n".join(lines))
    return ExitCode.OK


def _states(args: Namespace) -> set[str]:
    states = set(args.status)
    if args.filter is not None:
        key, _, state = args.filter.partition("=")
        if key != "status" or state not in STATES:
            raise UsageError(f"--filter takes status=STATE, not {args.filter}", f"states: {', '.join(STATES)}")
        states.add(state)
    return states


def _is_wanted(container: ObservedContainer, args: Namespace, states: set[str]) -> bool:
    if args.services and container.service not in args.services:
        return False
    if states:
        return container.state in states
    return args.all or (not container.oneoff and container.state in ("running", "paused", "restarting"))
