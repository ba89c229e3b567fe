"""`minicompose up`: create and start what the stack file says.

Bring the stack to what the file says: create what is missing, replace what changed, leave alone
what did not. `minicompose plan` shows beforehand what that means. Without -d it then shows what the
containers print, until they end or Ctrl-C stops them.

    minicompose up -d --wait      return when everything runs and is healthy
    minicompose up -d backend     only backend, and what it depends on
"""

import argparse
import contextlib
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from minicompose.commands import exclusive
from minicompose.commands.context import Context, OnEvent, exit_code, seconds
from minicompose.commands.drift import drift_notes
from minicompose.commands.exclusive import Turn, changing
from minicompose.commands.witness import Witness
from minicompose.errors import ExitCode, MinicomposeError, UsageError
from minicompose.planning import graph
from minicompose.planning.freshness import aging_images
from minicompose.planning.observed import Observed
from minicompose.planning.plan import BuildImage, Plan, PullImage, WaitUntil
from minicompose.planning.platforms import asking_for_platform
from minicompose.planning.record import service_image
from minicompose.planning.up import UpOptions, plan_up

if TYPE_CHECKING:
    from minicompose.engine.protocol import Engine
    from minicompose.execution.events import AnyEvent, RunReport
    from minicompose.execution.follower import Ending, Follower
    from minicompose.execution.interrupts import Interrupts
    from minicompose.execution.sources import Source
    from minicompose.model import Stack
    from minicompose.stackfile.load import Loaded


def configure(parser: ArgumentParser) -> None:
    configure_planning(parser)
    configure_running(parser)
    configure_asking(parser)


def configure_running(parser: ArgumentParser) -> None:
    """The options that decide what is seen of it, and what comes after, which `apply` has too."""
    exclusive.configure(parser)
    add = parser.add_argument
    add("-d", "--detach", action="store_true", help="leave the containers running in the background")
    add("--wait-timeout", type=seconds, metavar="SECONDS", help="how long --wait waits at most")
    add("--abort-on-container-exit", action="store_true", help="stop all when a container ends")
    add("--abort-on-container-failure", action="store_true", help="stop all when a container ends with an error")
    add("--exit-code-from", metavar="SERVICE", help="exit with this service's code; implies --abort-on-container-exit")
    add("--attach", action="append", default=[], metavar="SERVICE", help="show only this service's output; may repeat")
    add("--attach-dependencies", action="store_true", help="also show the output of what the named services need")
    add("--no-attach", action="append", default=[], metavar="SERVICE", help="do not show this service's output")
    add("--no-color", action="store_true", help="show output without colour")
    add("--no-log-prefix", action="store_true", help="show output without the service's name")
    add("--quiet-build", action="store_true", help="do not show what builds print, unless they fail")
    add("--quiet-pull", action="store_true", help="do not show how far pulls are")
    add("--timestamps", action="store_true", help="show when each line was printed")
    add("--menu", action="store_true", help=argparse.SUPPRESS)  # for those who say that they want none
    add("-w", "--watch", action="store_true", help="bring files that change into the containers, as `watch` does")


def configure_planning(parser: ArgumentParser) -> None:
    """The options that decide what is done, which `plan` has too."""
    configure_creating(parser, ("always", "missing", "never"))
    add = parser.add_argument
    add("--always-recreate-deps", action="store_true", help="with --force-recreate or a change: dependencies too")
    add("--no-deps", action="store_true", help="leave alone what the named services depend on")
    add("--no-start", action="store_true", help="create, and do not start")
    add("--keep-completed", action="store_true", help="do not run jobs again that have succeeded and did not change")
    configure_changing(parser)
    add("--wait", action="store_true", help="wait until everything runs, is healthy or has completed; implies -d")
    add("-V", "--renew-anon-volumes", action="store_true", help="replaced containers get new anonymous volumes")


def configure_creating(parser: ArgumentParser, pull: tuple[str, ...]) -> None:
    """The options that decide what is created and replaced, which `create` has too."""
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services, and what they depend on")
    add("--build", action="store_true", help="build images first, even if they are there")
    add("--no-build", action="store_true", help="do not build images")
    add("--pull", choices=pull, help="when to pull images (default: as the file says)")
    add("--force-recreate", action="store_true", help="replace containers even if nothing changed")
    add("--no-recreate", action="store_true", help="leave containers that exist as they are")
    add(
        "--remove-orphans",
        action="store_true",
        help="remove containers of services not in the stack file, and ended ones of run",
    )
    add("--scale", action="append", default=[], type=scale, metavar="SERVICE=N", help="how many containers; may repeat")


def configure_asking(parser: ArgumentParser) -> None:
    """What is said to commands that might ask, which `create` has too. Neither does: no volume is ever made anew."""
    help = "ask nothing, which is so in any case: a volume whose definition changed is kept, with its data"
    parser.add_argument("-y", "--yes", action="store_true", help=help)


def configure_changing(parser: ArgumentParser) -> None:
    """The options that decide how containers are replaced, which `create` and `scale` have too."""
    add = parser.add_argument
    add(
        "--on-failure",
        choices=("rollback", "keep", "stop"),
        default="rollback",
        help="when a step fails: put back what was replaced, keep everything as it is then, or stop what was started "
        "(default: rollback)",
    )
    add("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long a container may take to stop")


def scale(text: str) -> tuple[str, int]:
    """A service and how many containers it is to have, on the command line."""
    service, _, number = text.partition("=")
    if not service or not number.isdigit():
        raise argparse.ArgumentTypeError(f'"{text}" is not of the form SERVICE=N, with N from 0 on')
    return service, int(number)


def run(args: Namespace, context: Context) -> int:
    refuse_clashes(args)
    refuse_clashes_of_running(args)
    loaded = context.load(args.services)
    check_shown(args, context, loaded.stack)
    return brought_about(args, context, loaded)


def brought_about(args: Namespace, context: Context, loaded: "Loaded") -> int:
    """Plan and carry out what the command line asks for, in this project's turn; the exit code."""
    with changing(args, context, loaded.stack.name, loaded.stack.derived_from) as turn:
        loaded = turn.now_meant(loaded, args.services)
        plan = planned(context, loaded, turn.observed, options_of(args, context))
        return carried_out(args, context, loaded, turn, plan)


def check_shown(args: Namespace, context: Context, stack: "Stack") -> None:
    """Refuse services that are to be shown, or waited for, and are not there."""
    for names in (args.attach, args.no_attach, [args.exit_code_from] if args.exit_code_from else []):
        context.check_services(names, stack.services)


def carried_out(args: Namespace, context: Context, loaded: "Loaded", turn: Turn, plan: Plan) -> int:
    """Do what the plan says, show it, and keep it as a revision; the exit code. A dry run only prints it."""
    if context.options.dry_run:
        context.print_plan(plan)
        return ExitCode.OK
    stack = loaded.stack
    context.warn(plan.notes)
    context.refuse_what_would_fail(loaded, turn.observed, plan)
    if args.detach or args.wait or args.no_start:
        return _in_background(args, context, stack, turn.observed, plan)
    return _attached(args, context, loaded, turn, plan)


def planned(context: Context, loaded: "Loaded", observed: Observed, options: UpOptions) -> Plan:
    """The plan from what is `observed` to what was `loaded`; raises StackFileError for what cannot be."""
    _check_scale(context, loaded.stack, options)
    context.refuse_what_no_engine_does(loaded, options.services)
    plan = plan_up(loaded.stack, with_images(observed, loaded.stack, context.engine), options)
    context.refuse_what_is_lacking(loaded, plan, options.services)
    drifted = [] if options.no_recreate else drift_notes(loaded.stack, observed, plan, context.engine)
    return msgspec.structs.replace(plan, notes=(*plan.notes, *drifted)) if drifted else plan


def _check_scale(context: Context, stack: "Stack", options: UpOptions) -> None:
    """Refuse to count containers of services that are not there, or that are left alone."""
    context.check_services(options.scale, stack.services)
    if not options.services:
        return
    named = ", ".join(options.services)
    meant = options.services if options.no_deps else graph.closure(stack, options.services)
    for service, number in options.scale.items():
        if service not in meant:
            raise UsageError(f"--scale {service}={number}: {service} is left alone, for {named} alone is asked for")


def _in_background(args: Namespace, context: Context, stack: "Stack", before: Observed, plan: Plan) -> int:
    from minicompose.commands.ahead import importing

    def through(sink: OnEvent) -> OnEvent:
        return importing(_witnessed(args, context, stack, before, plan, sink), "minicompose.commands.revisions")

    report = context.carry_out(plan, deadline=args.wait_timeout, through=through)
    _note(args, context, stack, before, report)
    return exit_code(report)


def _witnessed(
    args: Namespace, context: Context, stack: "Stack", before: Observed, plan: Plan, on_event: OnEvent
) -> OnEvent:
    """Events on their way to `on_event`: failures get their reasons, and what is to be quiet is left out."""
    return Witness(context, stack, before, plan, quieted(args, plan, on_event))


def quieted(args: Namespace, plan: Plan, on_event: OnEvent) -> OnEvent:
    """Without the progress of pulls or builds, where that is not wanted; that they begin and end is told."""
    quiet = (*([PullImage] if args.quiet_pull else []), *([BuildImage] if args.quiet_build else []))
    if not quiet:
        return on_event
    from minicompose.execution.events import StepProgress

    silent = {step.id for step in plan.steps if isinstance(step.action, quiet)}

    def unless_quiet(event: "AnyEvent") -> None:
        if not (isinstance(event, StepProgress) and event.step in silent):
            on_event(event)

    return unless_quiet


def is_work(plan: Plan) -> bool:
    """Whether there is more to do than to wait."""
    return any(not isinstance(step.action, WaitUntil) for step in plan.steps)


def with_images(observed: Observed, stack: "Stack", engine: "Engine") -> Observed:
    """What is there, with the age of those images that are pulled when they have become old, and the platform of
    those of which one is asked for."""
    named_at = {image: engine.image_named_at(image) for image in aging_images(stack)}
    known = {image: moment for image, moment in named_at.items() if moment is not None}
    found = {
        service.name: engine.image_platform(service_image(stack, service), service.platform or "")
        for service in asking_for_platform(stack)
    }
    platforms = {service: platform for service, platform in found.items() if platform is not None}
    return msgspec.structs.replace(observed, named_at=known, platforms=platforms)


def options_of(args: Namespace, context: Context) -> UpOptions:
    """What the command line says of the plan; what its verb has no option for stays as it is by itself."""
    said = {name: value for name, value in vars(args).items() if name in UpOptions.__struct_fields__}
    said |= {"services": tuple(args.services), "scale": dict(args.scale)}
    if getattr(args, "pull", None) == "build":  # an option of `create`
        said |= {"pull": None, "build": True}
    said["remove_orphans"] = context.removes_orphans(said.get("remove_orphans", False))
    said["remove_ended_one_offs"] = said["remove_orphans"]
    said["ignore_orphans"] = context.is_set("COMPOSE_IGNORE_ORPHANS")
    if said["remove_orphans"] and said["ignore_orphans"]:
        raise UsageError("COMPOSE_IGNORE_ORPHANS and --remove-orphans do not go together")
    return UpOptions(**said, now=time.time(), all_resources=context.options.all_resources)


def refuse_clashes(args: Namespace) -> None:
    """Refuse options of planning that contradict each other."""
    _refuse_pairs(
        (args.force_recreate, args.no_recreate, "--force-recreate and --no-recreate"),
        (args.always_recreate_deps, args.no_recreate, "--always-recreate-deps and --no-recreate"),
        (getattr(args, "renew_anon_volumes", False), args.no_recreate, "--renew-anon-volumes and --no-recreate"),
        (args.build, args.no_build, "--build and --no-build"),
        (args.wait, args.no_start, "--wait and --no-start"),
    )


def refuse_clashes_of_running(args: Namespace) -> None:
    """Refuse options that contradict each other once it is to be done."""
    aborting = args.abort_on_container_exit or args.abort_on_container_failure or args.exit_code_from
    detached = args.detach or args.wait or args.no_start
    _refuse_pairs(
        (detached, aborting, "-d or --wait, and stopping when a container ends,"),
        (detached, args.attach or args.attach_dependencies, "-d or --wait, and --attach"),
        (
            args.abort_on_container_exit,
            args.abort_on_container_failure,
            "--abort-on-container-exit and --abort-on-container-failure",
        ),
        (args.attach, args.attach_dependencies, "--attach and --attach-dependencies"),
        (detached, args.watch, "-d or --wait, and --watch"),
        (aborting, args.watch, "--watch, by which containers end, and stopping when one ends"),
    )
    if args.wait_timeout is not None and not args.wait:
        raise UsageError("--wait-timeout goes with --wait")
    if args.menu:
        raise UsageError("up has no menu: there is nothing that --menu could show", "`logs` and `watch` are commands")


def _refuse_pairs(*pairs: tuple[object, object, str]) -> None:
    for one, other, what in pairs:
        if one and other:
            raise UsageError(f"{what} do not go together")


def _attached(args: Namespace, context: Context, loaded: "Loaded", turn: Turn, plan: Plan) -> int:
    """Carry the plan out and show what the containers print, until they end or are stopped."""
    from minicompose.execution.follower import AllExited, EngineLost
    from minicompose.execution.interrupts import handling_signals
    from minicompose.execution.sources import sources_of

    begun = time.monotonic()
    stack = loaded.stack
    watching = _watching(args, context, loaded)
    shown = _shown(args, stack)
    sources = sources_of(plan, turn.observed)
    prefix = f"{stack.name}{stack.separator}"
    names = [source.container.removeprefix(prefix) for source in sources if source.service in shown]
    with (
        context.showing(args, names, shown) as on_event,
        handling_signals(context.interrupts),
        _follower(args, context, stack, sources, on_event) as follower,
    ):
        report = _run_while_heard(args, context, stack, turn, plan, on_event)
        if report is None:
            return ExitCode.INTERRUPTED  # what runs goes on running: nobody asked to stop it
        if not report.ok and not report.interrupted:
            return exit_code(report)
        _note(args, context, stack, turn.observed, report)
        if not report.interrupted:
            turn.end()  # what follows may last for days
        with watching(on_event):
            ending = follower.wait(context.interrupts, restarts="ever" if args.watch else "soon")
        if isinstance(ending, EngineLost):
            raise MinicomposeError(ending.message, "the containers may go on running: see `minicompose ps`")
        later = context.interrupts.from_now_on()
        if not isinstance(ending, AllExited) and turn.begin_again(_telling(on_event, begun), later):
            _stop_all(args, context, stack, on_event, later)
            follower.wait(later, restarts="none")
    if report.interrupted or context.interrupts.presses:
        return ExitCode.INTERRUPTED
    return _code_of_what_ended(args, follower, ending)


def _follower(
    args: Namespace, context: Context, stack: "Stack", sources: "Iterable[Source]", on_event: OnEvent
) -> "Follower":
    """What follows the containers of this `up`: the end of these, shown or not, is the end of all."""
    from minicompose.execution.follower import Follower

    aborts_on_exit = args.abort_on_container_exit or args.exit_code_from
    abort_on: Literal["exit", "failure"] | None
    abort_on = "exit" if aborts_on_exit else "failure" if args.abort_on_container_failure else None
    named = args.services or stack.services
    followed = _started(args, stack) if abort_on else {*named, *_shown(args, stack)}
    return Follower(context.engine, stack.name, on_event, sources, services=followed, abort_on=abort_on)


def _run_while_heard(
    args: Namespace, context: Context, stack: "Stack", turn: Turn, plan: Plan, on_event: OnEvent
) -> "RunReport | None":
    """Carry the plan out; None when the terminal has gone meanwhile."""
    from minicompose.execution.interrupts import handling_hangup
    from minicompose.execution.run import run_plan

    witness = _witnessed(args, context, stack, turn.observed, plan, on_event)
    with handling_hangup(context.interrupts) as hung_up:
        report = run_plan(plan, context.engine, witness, interrupts=context.interrupts, workers=context.workers)
    return None if hung_up.is_set() else report


def _stop_all(args: Namespace, context: Context, stack: "Stack", on_event: OnEvent, interrupts: "Interrupts") -> None:
    """Stop what this `up` is about; once more Ctrl-C kills it."""
    from minicompose.execution.stopping import stop_or_kill
    from minicompose.planning.down import StopOptions, plan_stop

    started = _started(args, stack)
    now = context.engine.observe(stack.name)
    stop = plan_stop(now, StopOptions(services=tuple(started), timeout=args.timeout), stack)
    context.warn(stop.notes)
    stop_or_kill(stop, context.engine, on_event, services=started, interrupts=interrupts, workers=context.workers)


def _code_of_what_ended(args: Namespace, follower: "Follower", ending: "Ending") -> int:
    from minicompose.execution.follower import FirstExited

    if args.exit_code_from:
        return follower.exit_codes.get(args.exit_code_from, ExitCode.FAILED)
    return ending.exit_code if isinstance(ending, FirstExited) else ExitCode.OK


def _watching(
    args: Namespace, context: Context, loaded: "Loaded"
) -> Callable[[OnEvent], contextlib.AbstractContextManager[None]]:
    """What watches while containers are shown. Raises MinicomposeError where nothing, or nothing good, is asked for."""
    if not args.watch:
        return lambda _: contextlib.nullcontext()
    from minicompose.commands.watching import session, watch_rules, watching_beside  # only who watches pays for it

    rules, since = watch_rules(context, loaded, args.services), time.time()
    return lambda on_event: watching_beside(
        session(args, context, loaded.stack, rules, on_event, since),
        context.interrupts,
        _telling(on_event, time.monotonic()),
    )


def _telling(on_event: OnEvent, begun: float) -> Callable[[str], None]:
    """Remarks among the other events of a run that began then."""
    from minicompose.execution.events import Notice

    return lambda text: on_event(Notice(at=time.monotonic() - begun, severity="info", text=text))


def _note(args: Namespace, context: Context, stack: "Stack", before: Observed, report: "RunReport") -> None:
    """Keep what the stack is now as a revision; where nothing was to do, nothing is done here either."""
    if not report.ok or not is_work(report.plan):
        return
    from minicompose.commands.revisions import note_up  # only a change of the stack pays for it

    note_up(context, stack, _started(args, stack), dict(args.scale), before, report.plan)


def _started(args: Namespace, stack: "Stack") -> list[str]:
    """The services that this `up` is about: Ctrl-C stops them and no others."""
    from minicompose.planning import graph

    if not args.services:
        return list(stack.services)
    return list(args.services) if args.no_deps else list(graph.closure(stack, args.services))


def _shown(args: Namespace, stack: "Stack") -> set[str]:
    """The services whose output is shown."""
    started = _started(args, stack)
    if args.attach:
        shown = set(args.attach)
    elif args.services and not args.attach_dependencies:
        shown = set(args.services)
    else:
        shown = {name for name in started if stack.services[name].attach is not False}
    return shown - set(args.no_attach)
