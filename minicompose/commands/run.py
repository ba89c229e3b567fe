"""`minicompose run`: run a command once, in a container of its own.

Run a command in a new container of a service, with the service's image, volumes and networks, when what it
depends on is as it asks. The service's own containers are left alone, and its ports are not published unless
they are asked for. Exit with the command's own code.

    minicompose run --rm backend npm test
    minicompose run --rm -T db psql -h db -U app < dump.sql
"""

import argparse
import contextlib
import secrets
import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

import msgspec

from minicompose.commands import exclusive
from minicompose.commands.asked_service import as_asked
from minicompose.commands.attach import detach_keys_of
from minicompose.commands.context import Context, OnEvent, exit_code
from minicompose.commands.exclusive import Turn, changing
from minicompose.commands.one_container import configure_switch
from minicompose.commands.up import with_images
from minicompose.commands.witness import Witness
from minicompose.errors import EngineError, ExitCode, MinicomposeError, NotFound, UsageError
from minicompose.planning.one_off import OneOff, one_off_name, plan_run, with_one_off
from minicompose.planning.plan import BuildImage, CreateContainer, Plan, PullImage
from minicompose.planning.up import UpOptions

if TYPE_CHECKING:
    from minicompose.execution.events import AnyEvent
    from minicompose.model import Stack
    from minicompose.stackfile.load import Loaded


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("--build", action="store_true", help="build the images first, even if they are there")
    add("--cap-add", action="append", default=[], metavar="NAME", help="give the command a capability; may repeat")
    add("--cap-drop", action="append", default=[], metavar="NAME", help="take a capability from it; may repeat")
    add("-d", "--detach", action="store_true", help="leave it running, and print the container's id")
    add("--entrypoint", metavar="COMMAND", help="what is run instead of the image's entrypoint")
    add("-e", "--env", action="append", default=[], metavar="NAME=VALUE", help="set a variable; may repeat")
    add("--env-from-file", action="append", default=[], metavar="FILE", help="set the variables of FILE; may repeat")
    configure_switch(parser, "-i", "--interactive", help="pass input on (default)")
    add("-l", "--label", action="append", default=[], metavar="NAME=VALUE", help="set a label; may repeat")
    add("--name", default="", metavar="NAME", help="the container's name")
    add("-T", "--no-tty", "--no-TTY", action="store_true", help="no terminal: plain input and output, as in scripts")
    configure_switch(parser, "-t", "--tty", help="a terminal, where there is one (default)")
    add("--no-deps", action="store_true", help="leave alone what the service depends on")
    add("-p", "--publish", action="append", default=[], metavar="PORT", help="publish a port, as 8080:80; may repeat")
    add("--pull", choices=("always", "missing", "never", "policy"), help="when to pull images (default: policy)")
    add("-q", "--quiet", action="store_true", help="show no progress")
    add("--quiet-build", action="store_true", help="do not show what builds print")
    add("--quiet-pull", action="store_true", help="do not show how far pulls are")
    add(
        "--remove-orphans",
        action="store_true",
        help="remove containers of services not in the stack file, and ended ones of run",
    )
    add("--rm", action="store_true", help="remove the container when the command has ended")
    add("-P", "--service-ports", action="store_true", help="publish the ports that the service publishes")
    add("--use-aliases", action="store_true", help="answer to the service's names, as its own containers do")
    add("-u", "--user", metavar="USER", help="run the command as this user")
    add("-v", "--volume", action="append", default=[], metavar="SOURCE:TARGET", help="mount a volume; may repeat")
    add("-w", "--workdir", metavar="DIR", help="where the command runs")
    add("service", metavar="SERVICE")
    add("command", nargs=argparse.REMAINDER, metavar="COMMAND ...", help="what to run (default: as the service says)")


def run(args: Namespace, context: Context) -> int:
    if args.service_ports and args.publish:
        raise UsageError("--service-ports and --publish do not go together")
    loaded = context.load([args.service])
    slug = secrets.token_hex(32)
    as_asked(args, context, loaded.stack.services[args.service])  # what is wrong with the words is said first
    with changing(args, context, loaded.stack.name, loaded.stack.derived_from) as turn:
        loaded = turn.now_meant(loaded, [args.service])
        one_off = OneOff(
            service=as_asked(args, context, loaded.stack.services[args.service]),
            slug=slug,
            name=args.name,
            aliases=args.use_aliases,
            input_once=args.interactive,
            removed_at_end=args.rm,
        )
        name = one_off_name(loaded.stack, one_off)
        code = _prepare(args, context, loaded, turn, one_off)
    if code is not None:
        return code
    if args.detach:
        _start(context, name)
        context.print(context.engine.inspect_container(name).id)
        return ExitCode.OK
    return _talk(args, context, loaded.stack.name, name, tty=bool(one_off.service.tty))


def _prepare(args: Namespace, context: Context, loaded: "Loaded", turn: Turn, one_off: OneOff) -> int | None:
    """Create the container when what it needs is there; an exit code where that ends the command."""
    whole = loaded.stack
    loaded = msgspec.structs.replace(loaded, stack=with_one_off(whole, one_off))
    stack, named = loaded.stack, (one_off.service.name,)
    context.refuse_what_no_engine_does(loaded, named)
    options = UpOptions(
        no_deps=args.no_deps,
        build=args.build,
        pull=None if args.pull == "policy" else args.pull,
        now=time.time(),
        remove_orphans=args.remove_orphans,
        remove_ended_one_offs=args.remove_orphans,
    )
    plan = plan_run(stack, with_images(turn.observed, stack, context.engine), one_off, options)
    context.refuse_what_is_lacking(loaded, plan, named)
    if context.options.dry_run:
        context.print_plan(plan)
        return ExitCode.OK
    context.warn(plan.notes)
    context.refuse_what_would_fail(loaded, turn.observed, plan)
    if len(plan.steps) == 1:
        _create(context, plan)
        return None
    if args.quiet:
        context.options.progress = "quiet"
    report = context.carry_out(
        plan,
        through=lambda sink: Witness(context, stack, turn.observed, plan, _quieter(args, plan, sink)),
    )
    if report.ok:
        _note(context, whole, stack, one_off, turn, plan)
        return None
    with contextlib.suppress(EngineError):  # it may not have come so far
        context.engine.remove_container(one_off_name(stack, one_off), volumes=True, force=True)
    if args.quiet and report.failures:
        raise MinicomposeError(report.failures[0][1])
    return exit_code(report)


def _note(context: Context, whole: "Stack", stack: "Stack", one_off: OneOff, turn: Turn, plan: Plan) -> None:
    """Keep what was made of the services that this one needs; `stack` has these alone."""
    from minicompose.commands.revisions import note_run  # here: most have nothing to keep

    service = one_off.service.name
    note_run(context, whole, service, [name for name in stack.services if name != service], turn.observed, plan)


def _create(context: Context, plan: Plan) -> None:
    """Where there is nothing else to do, nothing is told of it."""
    action = plan.steps[0].action
    assert isinstance(action, CreateContainer), "the container is made in any case"
    context.engine.create_container(action.name, action.spec, None)


def _quieter(args: Namespace, plan: Plan, on_event: OnEvent) -> OnEvent:
    """Without the progress of those pulls and builds that it is not wanted of."""
    from minicompose.execution.events import StepProgress

    kinds = ((PullImage,) if args.quiet_pull else ()) + ((BuildImage,) if args.quiet_build else ())
    silent = {step.id for step in plan.steps if isinstance(step.action, kinds)}

    def pass_on(event: "AnyEvent") -> None:
        if not isinstance(event, StepProgress) or event.step not in silent:
            on_event(event)

    return pass_on


def _talk(args: Namespace, context: Context, project: str, name: str, *, tty: bool) -> int:
    """Start the container and be connected with it until its command ends; with --rm nothing is left of it."""
    from minicompose.execution.attached import Ending, talk_to  # here: not for the help
    from minicompose.execution.terminal import ending_in_order

    engine = context.engine
    id = engine.inspect_container(name).id
    keys = detach_keys_of("", context) if tty else ""
    code: int | None = ExitCode.INTERRUPTED
    with (
        ending_in_order(),
        Ending(engine, project, id) as ending,
        contextlib.closing(engine.attach(id, stdin=args.interactive, detach_keys=keys)) as session,
    ):
        try:
            code = talk_to(
                ending,
                session,
                tty=tty,
                stdin=args.interactive,
                keys=keys,
                forward=_Forward(context, id),
                start=lambda: _start(context, id),
            )
        finally:
            if args.rm and code is not None:
                _remove(context, id)
    if code is None:
        context.tell(f"detached from {name}, which goes on")
        return ExitCode.OK
    return code


class _Forward:
    """Signals go to the command; one that does not heed the first Ctrl-C is killed at the second."""

    def __init__(self, context: Context, container: str) -> None:
        self._context = context
        self._container = container
        self._interrupts = 0

    def __call__(self, name: str) -> None:
        self._interrupts += name == "SIGINT"
        self._context.engine.kill_container(self._container, "SIGKILL" if self._interrupts > 1 else name)


def _start(context: Context, container: str) -> None:
    """Start it; one that cannot be started is removed."""
    try:
        context.engine.start_container(container)
    except EngineError:
        _remove(context, container)
        raise


def _remove(context: Context, container: str) -> None:
    """It, and its anonymous volumes; the engine may have been faster."""
    with contextlib.suppress(NotFound):
        context.engine.remove_container(container, volumes=True, force=True)
