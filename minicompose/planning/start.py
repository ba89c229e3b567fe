"""`start` and `restart`: what is there runs again, each container after what it needs."""

from collections.abc import Collection, Iterable

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.model import Dependency, Service, Stack
from minicompose.planning import graph
from minicompose.planning.census import holds, is_up, subject_of, take_census
from minicompose.planning.hooks import before_stop, hooks_again, lost_hooks, with_hook_texts
from minicompose.planning.needs import needs_of
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import (
    Asked,
    Condition,
    DependencyRestarted,
    Needed,
    NotRunning,
    Plan,
    Reason,
    RestartContainer,
    StartContainer,
    StopContainer,
    Subject,
    WaitUntil,
)
from minicompose.planning.steps import Steps


class RestartOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `restart` says; `services` are those named, none meaning all.

    Without `no_deps` also those are restarted whose `depends_on` asks for that.
    """

    services: tuple[str, ...] = ()
    timeout: int | None = None
    no_deps: bool = False


def plan_start(observed: Observed, services: tuple[str, ...] = (), stack: Stack | None = None) -> Plan:
    """Start what does not run of the services, none named meaning all, and of what they need.

    Where there is nothing to start of one that is wanted, the plan has an error among its notes.
    """
    starting = _Starting(observed, services, stack)
    wanted = starting.with_needs(services or starting.enabled)
    starting.miss(wanted)
    for name in starting.order:
        for container in starting.containers(name) if name in wanted else ():
            starting.start(container)
    return starting.plan()


def plan_restart(observed: Observed, options: RestartOptions, stack: Stack | None = None) -> Plan:
    """Restart the services, none named meaning all: what runs is stopped first, what does not is started."""
    starting = _Starting(observed, options.services, stack)
    because: dict[str, Reason] = {name: Asked(option="restart") for name in options.services or starting.enabled}
    for name in starting.order:
        containers = starting.containers(name)
        if name not in because and not options.no_deps and (restarted := starting.goes_with(name, because)):
            containers = [container for container in containers if is_up(container)]
            if containers:
                because[name] = DependencyRestarted(service=restarted)
        for container in containers if name in because else ():
            starting.restart(container, because[name], options.timeout)
    return starting.plan()


class _Live(msgspec.Struct, frozen=True):
    """A container as those see it that need it; `up` is the last step of its start, None where it has none."""

    container: ObservedContainer
    up: int | None = None


class _Starting:
    """A plan in the making, service by service, what is needed first."""

    def __init__(self, observed: Observed, named: Collection[str], stack: Stack | None) -> None:
        self._observed = observed
        self._named = named
        self._stack = stack
        self._declared = {**stack.disabled, **stack.services} if stack else {}
        self._needs = needs_of(stack, observed)
        self._census = take_census(observed)
        self._steps = Steps()
        self._notes: list[Diagnostic] = []
        self._unchanged: list[Subject] = []
        self._stopped: list[ObservedContainer] = []
        self._networks = {network.id for network in observed.networks}
        self._live: dict[str, list[_Live]] = {}
        self._waits: dict[tuple[str, Condition], int] = {}
        self.order = graph.order(self._needs)
        self.enabled = tuple(self._census if stack is None else stack.services)

    def plan(self) -> Plan:
        self._notes.extend(lost_hooks(self._stopped, self._declared))
        plan = self._steps.plan(self._observed.project, notes=self._notes, unchanged=self._unchanged)
        return with_hook_texts(plan, self._stack)

    # ---- which containers ----

    def containers(self, service: str) -> list[ObservedContainer]:
        """Those that stand for the service, and not what an interrupted run has left beside them."""
        return [standing.container for standing in self._census.get(service, {}).values() if standing.container]

    def with_needs(self, services: Iterable[str]) -> frozenset[str]:
        """The services and all that they need, but for what need not be there and is not."""
        found: set[str] = set()
        waiting = list(services)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                needs = self._needs.get(name, {})
                waiting.extend(other for other in needs if needs[other].required or self.containers(other))
        return frozenset(found)

    def goes_with(self, service: str, restarted: Collection[str]) -> str | None:
        """The service among those `restarted` with which this one wants to be restarted."""
        needs = self._needs.get(service, {})
        return next((other for other in needs if needs[other].restart and other in restarted), None)

    def miss(self, wanted: Collection[str]) -> None:
        """Tell of those of which nothing can be started: an error where one was named, or where there is nothing."""
        missing = [name for name in sorted(wanted) if not self.containers(name) and self._should_be(name)]
        nothing = not any(self.containers(name) for name in wanted)
        if nothing and not missing:
            self._notes.append(_note(f"project {self._observed.project} has no container to start", is_error=True))
        for name in missing:
            is_error = nothing or bool(self._named)
            self._notes.append(_note(f'service "{name}" has no container to start', is_error=is_error))

    def _should_be(self, service: str) -> bool:
        declared = self._declared.get(service)
        return declared is None or declared.replicas > 0

    # ---- one container ----

    def start(self, container: ObservedContainer) -> None:
        if container.state == "paused":
            self._notes.append(_paused(container))
        if is_up(container) or self._stays_completed(container):
            self._unchanged.append(subject_of(container))
            self._comes(container, None)
            return
        self._notes.extend(
            _lost(container, name) for name, id in container.networks.items() if id and id not in self._networks
        )
        because = NotRunning(state=container.state)
        self._comes(
            container,
            self._up(container, StartContainer(container=container.id), because, *self._conditions(container)),
        )

    def restart(self, container: ObservedContainer, because: Reason, timeout: int | None) -> None:
        after, wants = self._conditions(container)
        if not is_up(container):
            if not self._stays_completed(container):
                start = StartContainer(container=container.id)
                self._comes(container, self._up(container, start, because, after, wants))
            return
        self._stopped.append(container)
        subject = subject_of(container)
        for action in before_stop(container, self._service(container)):
            after, wants = [self._steps.add(subject, action, because, after=after, wants=wants)], []
        restart = RestartContainer(container=container.id, timeout=timeout)
        self._comes(container, self._up(container, restart, because, after, wants))

    def _up(
        self,
        container: ObservedContainer,
        action: StartContainer | RestartContainer,
        because: Reason,
        after: list[int],
        wants: list[int],
    ) -> int:
        """The start or restart, and the hooks after it; the last step. If a hook fails it is stopped, as by `up`."""
        subject = subject_of(container)
        hooks = hooks_again(container, self._service(container))
        group = f"start {container.name}" if hooks else ""
        started = step = self._steps.add(subject, action, because, after=after, wants=wants, group=group)
        for hook in hooks:
            step = self._steps.add(subject, hook, because, after=(step,), group=group)
        if hooks:
            stop = StopContainer(container=container.id)
            stopped = self._steps.way_back.add(subject, stop, group=group, reverts=(started, step))
            self._steps.way_back.hang_on((stopped,), step)
        return step

    def _comes(self, container: ObservedContainer, up: int | None) -> None:
        self._live.setdefault(container.service, []).append(_Live(container, up))

    def _service(self, container: ObservedContainer) -> Service | None:
        return self._declared.get(container.service)

    def _stays_completed(self, container: ObservedContainer) -> bool:
        """A job that is to run only once, and has: it is run again when it is named."""
        service = self._service(container)
        runs_once = service is not None and bool((service.extensions or {}).get("x-run-once"))
        return runs_once and holds(container, "completed") and container.service not in self._named

    # ---- what a start waits for ----

    def _conditions(self, container: ObservedContainer) -> tuple[list[int], list[int]]:
        """The steps that it must come after, and those that only have to have ended."""
        after: list[int] = []
        wants: list[int] = []
        for name, dependency in self._needs.get(container.service, {}).items():
            steps = after if dependency.required else wants
            for live in self._live.get(name, ()):
                steps.extend(self._condition(live, dependency, Needed(service=container.service)))
        return after, wants

    def _condition(self, live: _Live, dependency: Dependency, because: Needed) -> tuple[int, ...]:
        match dependency.condition:
            case "service_started":
                return () if live.up is None else (live.up,)
            case "service_healthy":
                return self._wait(live, "healthy", because)
            case "service_completed_successfully":
                return self._wait(live, "completed", because)

    def _wait(self, live: _Live, condition: Condition, because: Needed) -> tuple[int, ...]:
        container = live.container
        if live.up is None and holds(container, condition):
            return ()
        key = (container.id, condition)
        if key not in self._waits:
            wait = WaitUntil(container=container.id, condition=condition)
            after = () if live.up is None else (live.up,)
            self._waits[key] = self._steps.add(subject_of(container), wait, because, after=after)
        return (self._waits[key],)


def _note(summary: str, *, is_error: bool) -> Diagnostic:
    hint = "`minicompose create` makes it, `minicompose up` makes and starts it"
    return Diagnostic(severity="error" if is_error else "warning", pos=None, summary=summary, hint=hint)


def _paused(container: ObservedContainer) -> Diagnostic:
    summary = f"{container.name} is paused, and is left so"
    return Diagnostic(
        severity="warning", pos=None, summary=summary, hint=f"`minicompose unpause {container.service}` lets it go on"
    )


def _lost(container: ObservedContainer, network: str) -> Diagnostic:
    summary = f"{container.name} was made on a network {network} that is gone, and cannot be started"
    return Diagnostic(
        severity="warning", pos=None, summary=summary, hint=f"`minicompose up {container.service}` makes it anew"
    )
