"""What `watch` and `up --watch` have in common: which rules there are, and what changes the project meanwhile."""

import contextlib
import os
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from minicompose.commands.context import Context, OnEvent
from minicompose.commands.exclusive import Turn
from minicompose.commands.up import quieted, with_images
from minicompose.commands.witness import Witness
from minicompose.diagnostic import Diagnostic
from minicompose.engine.builds import left_out_of
from minicompose.engine.lacks.builds import is_remote
from minicompose.errors import Conflict, MinicomposeError, NotFound
from minicompose.execution.events import Notice, RunReport
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.run import run_plan
from minicompose.planning.image_verbs import BuildOptions, plan_build
from minicompose.planning.observed import Observed
from minicompose.planning.plan import Plan
from minicompose.planning.record import service_image
from minicompose.planning.start import RestartOptions, plan_restart
from minicompose.planning.up import UpOptions, plan_up
from minicompose.watching import rules as watch
from minicompose.watching.problems import watch_problems
from minicompose.watching.session import Session, Tell

if TYPE_CHECKING:
    from minicompose.model import Service, Stack
    from minicompose.stackfile.load import Loaded


def watch_rules(context: Context, loaded: "Loaded", services: Collection[str]) -> list[watch.Rule]:
    """What is to be watched for the services named, or for all.

    Raises MinicomposeError where that is nothing, and StackFileError for rules that cannot be carried out.
    """
    stack = loaded.stack
    watched = watch.watched_services(stack, services)
    if not watched:
        whose = ", ".join(services) or f"project {stack.name}"
        raise MinicomposeError(f"there is nothing to watch for {whose}", "`develop.watch` of a service says what is")
    context.refuse(watch_problems(stack, watched), loaded.texts)
    found = []
    for service in watched:
        for rule in watch.rules_of(stack, service, _resolved(service), _build_context(service)):
            if rule.syncs and watch.mounted_already(rule, service):
                context.warn([_warning(f"{rule.written} is mounted in {service.name}, and is not watched")])
                continue
            if rule.syncs and watch.is_out_of_reach(rule, service):
                text = f"{rule.target} of {service.name} is on a tmpfs, where the engine cannot write"
                context.warn([_warning(text)])
            found.append(rule)
    return found


def session(
    args: Namespace,
    context: Context,
    stack: "Stack",
    rules: Sequence[watch.Rule],
    on_event: OnEvent,
    since: float | None = None,
) -> Session:
    """What watches; what happens is told to `on_event`. Files that have changed `since` a time count as changed.

    Of `args` count `prune`, `quiet_build`, `quiet_pull` and `timeout`, where they are there.
    """
    begun = time.monotonic()

    def tell(severity: Literal["info", "warning"], text: str) -> None:
        on_event(Notice(at=time.monotonic() - begun, severity=severity, text=text))

    directories = (stack.directory, os.path.realpath(stack.directory))
    doing = _Changes(args, context, stack, on_event, tell)
    return Session(context.engine, stack.name, rules, doing, tell, directories=directories, since=since)


@contextlib.contextmanager
def watching_beside(session: Session, interrupts: Interrupts, tell: Callable[[str], None]) -> Iterator[None]:
    """Watch in a thread inside the block, until its end or Ctrl-C; what it is at is ended first."""
    own = Interrupts()
    unexpected: list[Exception] = []

    def run() -> None:
        try:
            session.watch(own)
        except MinicomposeError as error:
            tell(f"nothing is watched any more: {error.message}")
        except Exception as error:  # noqa: BLE001 - raised where the block ends
            unexpected.append(error)

    thread = threading.Thread(target=run, name="watching", daemon=True)
    with interrupts.listening(lambda _: own.press()):
        thread.start()
        try:
            yield
        finally:
            if not own.presses:
                own.press()
            thread.join()
    if unexpected:
        raise unexpected[0]


class _Changes:
    """Rebuilds and restarts, each in a turn of its own: between them others may change the project."""

    def __init__(self, args: Namespace, context: Context, stack: "Stack", on_event: OnEvent, tell: Tell) -> None:
        self._args = args
        self._context = context
        self._stack = stack
        self._on_event = on_event
        self._tell = tell
        self._built: dict[str, str] = {}

    def rebuild(self, services: Sequence[str], interrupts: Interrupts) -> Collection[str]:
        """The images are built side by side, before anybody's turn; a replacement that fails undoes no other one."""
        return [service for service in self._built_of(services, interrupts) if self._replace(service, interrupts)]

    def restart(self, services: Sequence[str], interrupts: Interrupts) -> None:
        options = RestartOptions(services=tuple(services), timeout=getattr(self._args, "timeout", None))
        self._in_turn(lambda observed: plan_restart(observed, options, self._stack), interrupts)

    def _built_of(self, services: Sequence[str], interrupts: Interrupts) -> list[str]:
        """Build the images of these services, and of what they are built from; those that have theirs then."""
        plan = plan_build(self._stack, BuildOptions(services=tuple(services)))
        report = self._run(plan, Observed(project=self._stack.name), interrupts)
        built = {step.subject.name for step in plan.steps if step.id in report.done}
        return [name for name in services if service_image(self._stack, self._stack.services[name]) in built]

    def _replace(self, service: str, interrupts: Interrupts) -> bool:
        timeout = getattr(self._args, "timeout", None)
        options = UpOptions(services=(service,), no_build=True, no_deps=True, timeout=timeout, now=time.time())

        def plan_of(observed: Observed) -> Plan:
            return plan_up(self._stack, with_images(observed, self._stack, self._context.engine), options)

        done = self._in_turn(plan_of, interrupts)
        if done:
            self._prune(service_image(self._stack, self._stack.services[service]))
        return done

    def _in_turn(self, plan_of: Callable[[Observed], Plan], interrupts: Interrupts) -> bool:
        """Plan and carry the plan out; False when that failed or was interrupted."""
        context = self._context
        turn = Turn(context, self._stack.name)
        if not turn.begin_meanwhile(lambda text: self._tell("info", text), interrupts):
            return False
        try:
            observed = context.engine.observe(self._stack.name)
            plan = plan_of(observed)
            wrong = [note.summary for note in plan.notes if note.severity == "error"]
            for summary in wrong:
                self._tell("warning", summary)
            if wrong:
                return False
            return self._run(plan, observed, interrupts).ok
        finally:
            turn.end()

    def _run(self, plan: Plan, observed: Observed, interrupts: Interrupts) -> RunReport:
        context = self._context
        told = Witness(context, self._stack, observed, plan, quieted(self._args, plan, self._on_event))
        return run_plan(plan, context.engine, told, interrupts=interrupts, workers=context.workers)

    def _prune(self, image: str) -> None:
        """Remove the image that the one before of our own builds has made; those that were there before stay."""
        engine = self._context.engine
        now = engine.image_id(image)
        before = self._built.get(image)
        if now is None or now == before:
            return
        self._built[image] = now
        if before is None or not getattr(self._args, "prune", True):
            return
        details = engine.image_details(before)
        if details is not None and not details.names:
            with contextlib.suppress(Conflict, NotFound):  # a container of somebody else's uses it
                engine.remove_image(before)


def _resolved(service: "Service") -> dict[str, str]:
    """The paths of a service's rules, with where their links lead."""
    declared = (service.develop.watch if service.develop else None) or ()
    return {rule.path: os.path.realpath(rule.path) for rule in declared}


def _build_context(service: "Service") -> watch.Context | None:
    build = service.build
    if build is None or build.context is None or is_remote(build.context):
        return None
    return watch.Context(os.path.realpath(build.context), left_out_of(build))


def _warning(text: str) -> Diagnostic:
    return Diagnostic(severity="warning", pos=None, summary=text)
