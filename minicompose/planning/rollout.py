"""From decisions to steps: how containers come, go, and succeed each other.

A replacement never destroys what works before its successor works: the successor is created beside
the old one, which is stopped and kept; only when the successor has settled is the old one removed,
and the successor takes its name. Every step knows how to put the old one back.
"""

from collections.abc import Iterable, Mapping
from typing import assert_never

import msgspec

from minicompose import labels
from minicompose.model import Dependency, Service, Stack
from minicompose.planning.census import NEXT, is_up
from minicompose.planning.decide import Create, Decision, Finish, Keep, Removal, Replace, Start, Verdict
from minicompose.planning.graph import Graph, shared_with
from minicompose.planning.hooks import before_stop, hooks_of, runs, stop
from minicompose.planning.images import ImageStep
from minicompose.planning.observed import ObservedContainer
from minicompose.planning.plan import (
    Action,
    Condition,
    ContainerSpec,
    CreateContainer,
    DependencyReplaced,
    ImageDiffers,
    ImageIs,
    Missing,
    Needed,
    NotRunning,
    Premise,
    Reason,
    RemoveContainer,
    RenameContainer,
    RestartContainer,
    StartContainer,
    StopContainer,
    Subject,
    Unfinished,
    WaitUntil,
)
from minicompose.planning.record import service_networks
from minicompose.planning.resources import Resources
from minicompose.planning.spec import Blueprint, container_name, container_spec
from minicompose.planning.steps import Steps


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How it is done: see UpOptions."""

    starts: bool = True
    timeout: int | None = None
    renew_anon_volumes: bool = False


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """A container as its dependents and `--wait` see it.

    `up` are the steps that start it, `named` those after which it is known as `name`. `observed` is
    set where no step starts it: then it may be as wanted already.
    """

    name: str
    up: tuple[int, ...] = ()
    named: tuple[int, ...] = ()
    observed: ObservedContainer | None = None
    settle: int | None = None


class NameTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A container of the plan needs a name that `holder` has and keeps."""

    name: str
    holder: ObservedContainer


# What fails at its start fails at once: a command that is not there, a setting that it does not take.
# Longer would cost every update time; a health check says more.
_STEADY = 0.5

_STRICTER: tuple[Condition, ...] = ("healthy", "completed")


class Rollout:
    """Adds the steps for all containers of a plan, service by service, dependencies first.

    `play` are the services that the plan is about; others are only in it for what is done to these.
    """

    def __init__(
        self,
        stack: Stack,
        steps: Steps,
        graph: Graph,
        play: frozenset[str],
        blueprints: Mapping[str, Blueprint],
        images: Mapping[str, ImageStep],
        resources: Resources,
        manner: Manner,
    ) -> None:
        self._stack = stack
        self._steps = steps
        self._graph = graph
        self._play = play
        self._blueprints = blueprints
        self._images = images
        self._resources = resources
        self._manner = manner
        self._watched = _watched(graph, stack)
        self.live: dict[str, list[Live]] = {}
        self.unchanged: list[Subject] = []
        # By service: its first container's name for others, and the steps after which it bears it.
        self._peers: dict[str, str] = {}
        self._there: dict[str, tuple[int, ...]] = {}
        self._waits: dict[tuple[str, Condition], int] = {}
        self._starts: set[int] = set()
        self._late: list[int] = []
        # Containers that are stopped, whose hooks are run before that where they can be.
        self.stopped: list[ObservedContainer] = []
        # Which step frees a name, and which take one, with the id of the one that may bear it until then.
        self._freed: dict[str, int] = {}
        self._takers: list[tuple[str, int, str]] = []

    def remove(self, removals: Iterable[Removal]) -> None:
        """Containers that go, whatever becomes of the others."""
        for removal in removals:
            container, because = removal.container, removal.because
            stopped: tuple[int, ...] = ()
            if is_up(container):
                for action in self._stop(container):
                    stopped = (self._steps.add(_subject(container), action, because, after=stopped),)
                self._leaves_networks(container, stopped)
            remove = RemoveContainer(container=container.id)
            self._freed[container.name] = self._steps.add(_subject(container), remove, because, after=stopped)

    def carry_out(self, verdict: Verdict) -> None:
        """One service; those that it depends on have been before."""
        self.live[verdict.service.name] = []
        for decision in verdict.decisions:
            self._carry_out_one(verdict, decision)

    def finish(self, observed: Iterable[ObservedContainer]) -> list[NameTaken]:
        """Add the edges that could not be known before all steps were there; tell which names are taken."""
        for settle in self._late:
            self._steps.want(settle, self._starts)
        holders = {container.name: container for container in observed}
        taken: list[NameTaken] = []
        for name, taker, own in self._takers:
            if name in self._freed:
                self._steps.come_after(taker, [self._freed[name]])
            elif name in holders and holders[name].id != own:
                taken.append(NameTaken(name=name, holder=holders[name]))
        return taken

    def wait_for(self, service: str, live: Live, condition: Condition, because: Reason) -> tuple[int, ...]:
        """The step after which a container is as `condition` says; none where it is already."""
        if live.observed and _holds(live.observed, condition):
            return ()
        if condition == "settled" and live.settle is not None:
            return (live.settle,)
        if condition == "settled":  # a stricter wait that a dependent asked for says as much
            for stricter in _STRICTER:
                if (step := self._waits.get((live.name, stricter))) is not None:
                    return (step,)
        key = (live.name, condition)
        if key not in self._waits:
            subject = Subject(type="container", name=live.name, service=service)
            action = WaitUntil(container=live.name, condition=condition)
            self._waits[key] = self._steps.add(subject, action, because, after=(*live.up, *live.named))
        return (self._waits[key],)

    # ---- one container ----

    def _carry_out_one(self, verdict: Verdict, decision: Decision) -> None:
        service = verdict.service
        if isinstance(decision, Create):
            return self._create(service, decision)
        name = verdict.renames.get(decision.container.id, decision.container.name)
        renamed = self._rename(verdict, decision.container)
        match decision:
            case Keep():
                return self._keep(service, decision, name, renamed)
            case Start():
                return self._start_again(service, decision, name, renamed)
            case Replace():
                return self._replace(service, decision, renamed)
            case Finish():
                return self._finish_replacement(service, decision)
            case _:
                assert_never(decision)

    def _rename(self, verdict: Verdict, container: ObservedContainer) -> tuple[int, ...]:
        """A successor that took over, and was not renamed any more, gets its name."""
        name = verdict.renames.get(container.id)
        if name is None:
            return ()
        rename = RenameContainer(container=container.id, name=name)
        step = self._steps.add(_subject(container, name), rename, Unfinished())
        self._takers.append((name, step, container.id))
        self._freed[container.name] = step
        return (step,)

    def _create(self, service: Service, decision: Create) -> None:
        spec = self._spec(service, decision.number)
        subject = Subject(type="container", name=spec.name, service=service.name)
        create = CreateContainer(name=spec.name, spec=spec)
        created = self._steps.add(subject, create, Missing(), after=self._needs(service))
        self._takers.append((spec.name, created, ""))
        self._is_there(service, spec.name, (created,))
        up: tuple[int, ...] = (created,)
        if self._manner.starts:
            up = (self._start(service, subject, spec.name, Missing(), (created,)),)
        self.live[service.name].append(Live(name=spec.name, up=up))

    def _keep(self, service: Service, decision: Keep, name: str, renamed: tuple[int, ...]) -> None:
        container = decision.container
        self._is_there(service, name, renamed)
        if not decision.restarts:
            if not renamed and service.name in self._play:
                self.unchanged.append(_subject(container))
            self.live[service.name].append(Live(name=name, named=renamed, observed=container))
            return
        subject = _subject(container, name)
        restarts = tuple(
            self._restart(service, subject, container, DependencyReplaced(service=dependency), when, renamed)
            for dependency, when in decision.restarts
        )
        self.live[service.name].append(Live(name=name, up=restarts, named=renamed))

    def _restart(
        self,
        service: Service,
        subject: Subject,
        container: ObservedContainer,
        because: Reason,
        when: ImageDiffers | None,
        renamed: tuple[int, ...],
    ) -> int:
        """Restart a container, with the hooks that belong before and after; the last step of it."""
        after, wants = self._conditions(service)
        after = [*after, *renamed]
        self.stopped.append(container)
        for hook in before_stop(container, service):
            after, wants = [self._steps.add(subject, hook, because, after=after, wants=wants, when=when)], []
        restart = RestartContainer(container=container.id, timeout=self._manner.timeout)
        return self._up(service, subject, restart, because, after, wants, when=when, hooks_when=when)

    def _start_again(self, service: Service, decision: Start, name: str, renamed: tuple[int, ...]) -> None:
        container = decision.container
        because = NotRunning(state=container.state)
        started = self._start(service, _subject(container, name), container.id, because, renamed)
        self._is_there(service, name, renamed)
        self.live[service.name].append(Live(name=name, up=(started,), named=renamed))

    def _replace(self, service: Service, decision: Replace, renamed: tuple[int, ...]) -> None:
        """Stop-first: the successor starts when the old one has stopped, which is kept until it has settled."""
        old, because, when = decision.container, decision.because, decision.when
        spec = self._spec(service, decision.number)
        spec = msgspec.structs.replace(spec, labels={**spec.labels, labels.REPLACES: old.id})
        new = spec.name + NEXT
        change = _Change(
            steps=self._steps,
            subject=Subject(type="container", name=spec.name, service=service.name),
            because=because,
            when=when,
            group=f"replace {spec.name}",
        )
        back = _old_back(old, new, service, is_up(old), decision.starts, self._manner)
        network_goes = any(network in self._resources.removals for network in old.networks)
        keep_volumes_of = None if self._manner.renew_anon_volumes else old.id
        create = CreateContainer(name=new, spec=spec, keep_volumes_of=keep_volumes_of)

        stopped: tuple[int, ...] = ()
        if network_goes and is_up(old):
            stopped = change.add_all(self._stop(old), renamed)
            self._leaves_networks(old, stopped)
        # Once its network is gone the old container cannot be started again: then nothing puts it back.
        undo = _old_again(old, service) if stopped and decision.starts else ()
        created = change.add(create, (*self._needs(service), *renamed, *stopped), undo)
        self._takers.append((new, created, old.id))
        if network_goes:
            back = ()
        after, wants = self._conditions(service) if decision.starts else ([], [])
        if is_up(old) and not stopped:  # the old one runs on until the new one may start
            stopped = change.add_all(self._stop(old), (created, *after), back, wants)
            self._leaves_networks(old, stopped)

        up: tuple[int, ...] = (created,)
        settle: int | None = None
        if decision.starts:
            started = change.add(StartContainer(container=new), (created, *stopped, *after), back, wants)
            self._starts.add(started)
            up = change.add_all(runs(new, "post_start", service.post_start), (started,), back)
            settle = change.add(WaitUntil(container=new, condition="settled", steady=_STEADY), up, back)
            if not (_has_healthcheck(service) or service.name in self._watched or decision.starts_old):
                self._late.append(settle)
        last = (*stopped, created) if settle is None else (settle,)
        removed = change.add(RemoveContainer(container=old.id, volumes=self._manner.renew_anon_volumes), last)
        named = change.add(RenameContainer(container=new, name=spec.name), (removed,))
        self._takers.append((spec.name, named, old.id))
        if when is not None and decision.starts_old:
            subject, again = change.subject, NotRunning(state=old.state)
            unchanged = ImageIs(image=when.image, id=when.id)
            up = (*up, self._start(service, subject, spec.name, again, (named,), unchanged))
        if when is None:
            self._is_there(service, new, (created,))
        else:
            self._is_there(service, spec.name, (named,))
        self.live[service.name].append(
            Live(name=spec.name, up=up, named=(named,), settle=settle if when is None else None)
        )

    def _finish_replacement(self, service: Service, decision: Finish) -> None:
        old, successor = decision.container, decision.successor
        name = container_name(self._stack, service, decision.number)
        change = _Change(
            steps=self._steps,
            subject=Subject(type="container", name=name, service=service.name),
            because=Unfinished(),
            when=None,
            group=f"replace {name}",
        )
        new = successor.name
        back = _old_back(old, new, service, True, True, self._manner)
        stopped: tuple[int, ...] = ()
        if is_up(old):
            stopped = change.add_all(self._stop(old), ())
            self._leaves_networks(old, stopped)
        settle = change.add(WaitUntil(container=new, condition="settled", steady=_STEADY), stopped, back)
        removed = change.add(RemoveContainer(container=old.id, volumes=self._manner.renew_anon_volumes), (settle,))
        named = change.add(RenameContainer(container=new, name=name), (removed,))
        self._takers.append((name, named, old.id))
        self._is_there(service, name, (named,))
        self.live[service.name].append(Live(name=name, named=(named,), observed=successor, settle=settle))

    # ---- what a step waits for ----

    def _start(
        self,
        service: Service,
        subject: Subject,
        container: str,
        because: Reason,
        after: tuple[int, ...],
        unchanged: ImageIs | None = None,
    ) -> int:
        """Start a container, and run the hooks that belong after; the last step of it.

        `unchanged`: a successor that has been started meanwhile has had its hooks run.
        """
        needed, wants = self._conditions(service)
        start = StartContainer(container=container)
        return self._up(service, subject, start, because, [*after, *needed], wants, hooks_when=unchanged)

    def _up(
        self,
        service: Service,
        subject: Subject,
        action: StartContainer | RestartContainer,
        because: Reason,
        after: list[int],
        wants: list[int],
        *,
        when: ImageDiffers | None = None,
        hooks_when: Premise | None = None,
    ) -> int:
        """A start or a restart, and the hooks that belong after it; the last step of it.

        If a hook fails the container is stopped, so that nobody takes it for one that is set up: the next
        `up` starts it again, with its hooks.
        """
        hooks = runs(action.container, "post_start", service.post_start)
        group = f"start {subject.name}" if hooks else ""
        step = self._steps.add(subject, action, because, after=after, wants=wants, when=when, group=group)
        self._starts.add(step)
        undo = (StopContainer(container=action.container, timeout=self._manner.timeout),)
        for hook in hooks:
            step = self._steps.add(subject, hook, because, after=(step,), when=hooks_when, undo=undo, group=group)
        return step

    def _stop(self, container: ObservedContainer) -> tuple[Action, ...]:
        self.stopped.append(container)
        return stop(container, self._stack.services.get(container.service), self._manner.timeout)

    def _needs(self, service: Service) -> list[int]:
        """What must be there before a container of the service can be created."""
        steps: list[int] = []
        for key in service_networks(self._stack, service):
            declared = self._stack.networks.get(key)
            steps.extend(_one(self._resources.networks, declared.name if declared else key))
        for mount in service.volumes or ():
            if mount.source in self._stack.volumes:
                steps.extend(_one(self._resources.volumes, self._stack.volumes[mount.source].name))
        image = self._images.get(service.name)
        if image is not None and image.step is not None:
            steps.append(image.step)
        for owner in shared_with(service):
            steps.extend(self._there.get(owner, ()))
        return steps

    def _conditions(self, service: Service) -> tuple[list[int], list[int]]:
        """The steps that a start must come after, and those that only have to have ended."""
        after: list[int] = []
        wants: list[int] = []
        for name, dependency in self._graph[service.name].items():
            steps = after if dependency.required else wants
            for live in self.live.get(name, ()):
                steps.extend(self._condition(service, name, live, dependency))
        return after, wants

    def _condition(self, service: Service, name: str, live: Live, dependency: Dependency) -> tuple[int, ...]:
        because = Needed(service=service.name)
        match dependency.condition:
            case "service_started":
                return live.up
            case _ if name not in self._play:
                return live.up
            case "service_healthy":
                return self.wait_for(name, live, "healthy", because)
            case "service_completed_successfully":
                return self.wait_for(name, live, "completed", because)

    # ---- names, networks ----

    def _spec(self, service: Service, number: int) -> ContainerSpec:
        return container_spec(
            self._stack,
            service,
            number,
            peers=self._peers,
            drawn=self._blueprints[service.name],
        )

    def _is_there(self, service: Service, name: str, after: tuple[int, ...]) -> None:
        """Others may share what is the service's first container under `name`, after these steps."""
        if service.name not in self._peers:
            self._peers[service.name] = name
            self._there[service.name] = after

    def _leaves_networks(self, container: ObservedContainer, stopped: tuple[int, ...]) -> None:
        for network, removal in self._resources.removals.items():
            if network in container.networks:
                self._steps.come_after(removal, stopped)


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """The steps that carry out one change together share all but the action and what it comes after."""

    steps: Steps
    subject: Subject
    because: Reason
    when: ImageDiffers | None
    group: str

    def add_all(
        self,
        actions: Iterable[Action],
        after: tuple[int, ...],
        undo: tuple[Action, ...] = (),
        wants: Iterable[int] = (),
    ) -> tuple[int, ...]:
        """The actions one after the other; the last one's step, or `after` where there is none."""
        for action in actions:
            after, wants = (self.add(action, after, undo, wants),), ()
        return after

    def add(
        self, action: Action, after: Iterable[int], undo: tuple[Action, ...] = (), wants: Iterable[int] = ()
    ) -> int:
        return self.steps.add(
            self.subject,
            action,
            self.because,
            after=after,
            wants=wants,
            when=self.when,
            undo=undo,
            group=self.group,
        )


def _old_back(
    old: ObservedContainer, new: str, service: Service, ran: bool, starts: bool, manner: Manner
) -> tuple[Action, ...]:
    """What puts the old container back: the new one goes, and the old one runs again if it did."""
    away: tuple[Action, ...] = (RemoveContainer(container=new, volumes=True),)
    if starts:
        away = (StopContainer(container=new, timeout=manner.timeout), *away)
    return (*away, *_old_again(old, service)) if ran else away


def _old_again(old: ObservedContainer, service: Service) -> tuple[Action, ...]:
    hooks = hooks_of(old, "post_start", service).known
    return (StartContainer(container=old.id), *runs(old.id, "post_start", hooks))


def _watched(graph: Graph, stack: Stack) -> frozenset[str]:
    """Services whose replacement must be over before others go on: their settling is waited for at once."""
    found = {
        name
        for needs in graph.values()
        for name, dependency in needs.items()
        if dependency.condition != "service_started"
    }
    for service in stack.services.values():
        found.update(shared_with(service))
    return frozenset(found)


def _has_healthcheck(service: Service) -> bool:
    check = service.healthcheck
    return check is not None and not check.disable and check.test is not None and check.test[:1] != ("NONE",)


def _holds(container: ObservedContainer, condition: Condition) -> bool:
    """Whether a container that no step touches is already as it should be."""
    succeeded = container.state == "exited" and container.exit_code == 0
    match condition:
        case "started":
            return True
        case "running":
            return container.state == "running"
        case "healthy":
            return container.state == "running" and container.health == "healthy"
        case "completed":
            return succeeded
        case "settled":
            return succeeded or (container.state == "running" and container.health in ("none", "healthy"))


def _subject(container: ObservedContainer, name: str = "") -> Subject:
    return Subject(type="container", name=name or container.name, service=container.service)


def _one(steps: Mapping[str, int], name: str) -> tuple[int, ...]:
    return (steps[name],) if name in steps else ()
