"""From decisions to steps: how containers come, go, and succeed each other, service by service."""

from collections.abc import Iterable, Mapping
from typing import Literal, assert_never

import msgspec

from minicompose import labels
from minicompose.model import Service, Stack
from minicompose.planning.alive import Alive, Live
from minicompose.planning.batches import Batches, chain_returns
from minicompose.planning.census import NEXT, OLD, is_named_by_a_run, is_up, subject_of
from minicompose.planning.decide import Create, Decision, Finish, Keep, Removal, Replace, Start, Verdict
from minicompose.planning.graph import Graph, bridge_links, shared_with
from minicompose.planning.hooks import before_stop, hooks_again, runs, stop
from minicompose.planning.images import ImageStep
from minicompose.planning.observed import ObservedContainer
from minicompose.planning.plan import (
    Action,
    Asked,
    BuildImage,
    Checkpoint,
    ConnectNetwork,
    ContainerSpec,
    CreateContainer,
    DependencyReplaced,
    Disconnected,
    DisconnectNetwork,
    ImageDiffers,
    ImageIs,
    Missing,
    NotRunning,
    Premise,
    PullImage,
    Reason,
    RenameContainer,
    Renamed,
    RestartContainer,
    RunHook,
    StartContainer,
    StopContainer,
    Subject,
    Unfinished,
)
from minicompose.planning.record import network_name, service_networks
from minicompose.planning.removals import Removals
from minicompose.planning.replacement import Before, Replaced, Replacement, Return, put_back, replace
from minicompose.planning.resources import Resources
from minicompose.planning.spec import Blueprint, container_name, container_spec, links_by_name, service_endpoint
from minicompose.planning.steps import Steps
from minicompose.planning.update import Policy, rollback_policy, update_policy


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How it is done: see UpOptions."""

    starts: bool = True
    timeout: int | None = None
    renew_anon_volumes: bool = False
    on_failure: Literal["rollback", "keep", "stop"] = "rollback"
    one_off: str | None = None


class NameTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A container of the plan needs a name that `holder` has and keeps."""

    name: str
    holder: ObservedContainer


# What fails at its start fails at once: a command that is not there, a setting that it does not take, a module that is
# missing. Longer would cost every update time; a health check says more. docs/safe-replace.md has the numbers.
_STEADY = 0.25
# An update with a configuration of its own is there to be careful, not to be quick.
_STEADY_IN_UPDATE = 0.5


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
        self.alive = Alive(steps, graph, play)
        self.unchanged: list[Subject] = []
        # By service: its first container's name for others, and the steps after which it bears it.
        self._peers: dict[str, list[str]] = {}
        self._there: dict[str, list[tuple[int, ...]]] = {}
        self._starts: set[int] = set()
        self._late: list[int] = []
        rolls_back = manner.on_failure == "rollback"
        self._removals = Removals(stack, steps, resources, timeout=manner.timeout, rolls_back=rolls_back)
        # Containers that are stopped, whose hooks are run before that where they can be.
        self.stopped = self._removals.stopped
        # Which step frees a name, and which take one, with the id of the one that may bear it until then.
        self._freed = self._removals.freed
        self._takers: list[tuple[str, int, str]] = []
        # What is done when all has worked, what that does not depend on, and what hangs on it besides all else.
        self._last = self._removals.last
        self._alone: set[int] = set()
        self._hanging: list[int] = []
        self._returns: dict[str, list[Return]] = {}

    def remove(self, removals: Iterable[Removal], verdicts: Iterable[Verdict]) -> None:
        """Containers that go, whatever becomes of the others."""
        wanted = {
            container_name(self._stack, verdict.service, decision.number)
            for verdict in verdicts
            for decision in verdict.decisions
        }
        for removal in removals:
            if removal.at_once:
                self._removals.remove_at_once(removal)
            else:
                self._removals.remove_at_last(removal, wanted)

    def carry_out(self, verdict: Verdict) -> None:
        """One service; those that it depends on have been before."""
        service = verdict.service
        self._returns[service.name] = []
        policy = update_policy(service)
        changes = sum(isinstance(decision, Replace) for decision in verdict.decisions)
        batches = Batches(self._steps, service.name, policy, changes)
        for decision in verdict.decisions:
            self._carry_out_one(verdict, decision, batches)
        if policy.stands_alone:
            self._alone.update(batches.close())
        else:
            batches.close()
        self._order_returns(service)

    def finish(self, observed: Iterable[ObservedContainer]) -> list[NameTaken]:
        """Add the edges that could not be known before all steps were there; tell which names are taken."""
        for settle in self._late:
            self._steps.want(settle, self._starts)
        images = self._steps.of(PullImage, BuildImage)
        for touches in self._steps.of(StopContainer, RestartContainer, RunHook, DisconnectNetwork):
            self._steps.come_after(touches, images)
        self._add_checkpoint()
        holders = {container.name: container for container in observed}
        taken: list[NameTaken] = []
        for name, taker, own in self._takers:
            if name in self._freed:
                self._steps.come_after(taker, [self._freed[name]])
            elif name in holders and holders[name].id != own:
                taken.append(NameTaken(name=name, holder=holders[name]))
        return taken

    def _add_checkpoint(self) -> None:
        """When all has worked, what was replaced goes; until then it can be put back."""
        back = self._steps.way_back
        if not self._last and not self._hanging and not back.is_loose:
            return
        last = set(self._last)
        before = [step for step in self._steps.all if step not in last and step not in self._alone]
        subject = Subject(type="stack", name=self._stack.name)
        checkpoint = self._steps.add(subject, Checkpoint(), Asked(option="up"), after=before)
        for step in self._last:
            self._steps.come_after(step, [checkpoint])
        back.hang_on(self._hanging, checkpoint)
        back.hang_all_on(checkpoint)

    # ---- one container ----

    def _carry_out_one(self, verdict: Verdict, decision: Decision, batches: Batches) -> None:
        service = verdict.service
        match decision:
            case Create():
                return self._create(service, decision)
            case Finish():
                return self._finish_replacement(service, decision)
            case Keep() | Start() | Replace():
                pass
            case _:
                assert_never(decision)
        name = verdict.renames.get(decision.container.id, decision.container.name)
        renamed = self._rename(verdict, decision.container)
        match decision:
            case Keep():
                return self._keep(service, decision, name, renamed)
            case Start():
                return self._start_again(service, decision, name, renamed)
            case Replace():
                return self._replace(service, decision, renamed, batches)

    def _rename(self, verdict: Verdict, container: ObservedContainer) -> tuple[int, ...]:
        """One that an interrupted run left under another name gets its own."""
        name = verdict.renames.get(container.id)
        if name is None:
            return ()
        rename = RenameContainer(container=container.id, name=name)
        because = Unfinished() if is_named_by_a_run(container) else Renamed(name=container.name)
        step = self._steps.add(subject_of(container, name), rename, because)
        self._takers.append((name, step, container.id))
        self._freed[container.name] = step
        return (step,)

    def _create(self, service: Service, decision: Create) -> None:
        spec = self._spec(service, decision.number)
        subject = Subject(type="container", name=spec.name, service=service.name)
        create = CreateContainer(name=spec.name, spec=spec)
        one_off = service.name == self._manner.one_off
        after, wants = self.alive.conditions(service) if one_off else ([], [])
        created = self._steps.add(subject, create, Missing(), after=[*self._needs(service), *after], wants=wants)
        self._takers.append((spec.name, created, ""))
        self._is_there(service, spec.name, (created,))
        up: tuple[int, ...] = (created,)
        if self._manner.starts and not one_off:
            up = (self._start(service, subject, spec.name, Missing(), (created,)),)
        self.alive.add(service, Live(name=spec.name, up=up))

    def _keep(self, service: Service, decision: Keep, name: str, renamed: tuple[int, ...]) -> None:
        container = decision.container
        self._is_there(service, name, renamed)
        connected = self._reconnect(service, container, name, decision.reconnects, renamed)
        there = (*renamed, *connected, *self._resources.connects(container))
        if not decision.restarts:
            if not there and service.name in self._play:
                self.unchanged.append(subject_of(container))
            self.alive.add(service, Live(name=name, named=there, observed=container))
            return
        subject = subject_of(container, name)
        restarts = tuple(
            self._restart(service, subject, container, DependencyReplaced(service=dependency), when, there)
            for dependency, when in decision.restarts
        )
        self.alive.add(service, Live(name=name, up=restarts, named=there))

    def _reconnect(
        self, service: Service, container: ObservedContainer, name: str, keys: Iterable[str], after: tuple[int, ...]
    ) -> tuple[int, ...]:
        """Put a container on those networks again that somebody took it off."""
        steps = []
        for key in keys:
            network = network_name(self._stack, key)
            connect = ConnectNetwork(
                container=container.id,
                endpoint=msgspec.structs.replace(
                    service_endpoint(self._stack, service, name, key),
                    links=links_by_name(self._stack, service.links or (), service.external_links or ()),
                ),
            )
            before = (*after, *_one(self._resources.networks, network))
            steps.append(
                self._steps.add(subject_of(container, name), connect, Disconnected(network=network), after=before)
            )
        return tuple(steps)

    def _restart(
        self,
        service: Service,
        subject: Subject,
        container: ObservedContainer,
        because: DependencyReplaced,
        when: ImageDiffers | None,
        there: tuple[int, ...],
    ) -> int:
        """Restart a container, with the hooks that belong before and after; the last step of it.

        It is left alone until what it needs has settled: nothing was gained where that does not work.
        """
        after, wants = self.alive.conditions(service)
        settled = [live.settle for live in self.alive.of(because.service) if live.settle is not None]
        after = [*after, *settled, *there]
        self.stopped.append(container)
        group = f"restart {subject.name}"
        for hook in before_stop(container, service):
            step = self._steps.add(subject, hook, because, after=after, wants=wants, when=when, group=group)
            after, wants = [step], []
        restart = RestartContainer(container=container.id, timeout=self._manner.timeout)
        last = self._up(service, subject, restart, because, after, wants, when=when, hooks_when=when, group=group)
        if self._manner.on_failure == "rollback":
            self._restart_again(service, subject, container, restart, group)
        return last

    def _restart_again(
        self, service: Service, subject: Subject, container: ObservedContainer, restart: RestartContainer, group: str
    ) -> None:
        """It was restarted for what it needs was replaced: so it is again when that has been put back."""
        back = [
            step for name in self._graph[service.name] for needed in self._returns.get(name, ()) for step in needed.all
        ]
        reverts = self._steps.of(RestartContainer, group=group)
        actions: tuple[Action, ...] = (
            *before_stop(container, service),
            restart,
            *hooks_again(container, service),
        )
        for action in actions:
            back = [self._steps.way_back.add(subject, action, group=group, reverts=reverts, wants=back)]

    def _start_again(self, service: Service, decision: Start, name: str, renamed: tuple[int, ...]) -> None:
        container = decision.container
        because = NotRunning(state=container.state)
        connected = self._reconnect(service, container, name, decision.reconnects, renamed)
        there = (*renamed, *connected, *self._resources.connects(container))
        started = self._start(service, subject_of(container, name), container.id, because, there)
        self._is_there(service, name, there)
        self.alive.add(service, Live(name=name, up=(started,), named=there))

    # ---- one container after another ----

    def _replace(self, service: Service, decision: Replace, renamed: tuple[int, ...], batches: Batches) -> None:
        old, when = decision.container, decision.when
        spec = self._spec(service, decision.number)
        spec = msgspec.structs.replace(spec, labels={**spec.labels, labels.REPLACES: old.id})
        keep_volumes_of = None if self._manner.renew_anon_volumes else old.id
        after, wants = self.alive.conditions(service) if decision.starts else ([], [])
        there = (*renamed, *self._resources.connects(old))
        stops = self._stop(old) if is_up(old) else ()
        yields = self._yields_early(service, decision, stops)
        change = Replacement(
            name=spec.name,
            service=service.name,
            old=old,
            because=decision.because,
            when=when,
            create=CreateContainer(name=spec.name + NEXT, spec=spec, keep_volumes_of=keep_volumes_of),
            stop=stops,
            hooks=runs(spec.name + NEXT, "post_start", service.post_start),
            again=hooks_again(old, service),
            starts=decision.starts,
            timeout=self._manner.timeout,
            renew_volumes=self._manner.renew_anon_volumes,
            steady=_steady(service),
            policy=update_policy(service),
            before_create=Before((*self._needs(service), *there)),
            before_change=Before(there) + batches.gate(),
            before_start=Before(tuple(after), tuple(wants)),
            before_stop=self.alive.conditions_begin(service) if yields else Before(tuple(after), tuple(wants)),
        )
        done = self._carry_out_change(service, change)
        batches.add(done)
        assert done.created is not None, "the successor is created here"
        self._takers.append((change.new, done.created, old.id))
        up, settle = done.up, done.settled
        if when is not None and decision.starts_old:
            again, unchanged = NotRunning(state=old.state), ImageIs(image=when.image, id=when.id)
            up = (*up, self._start(service, change.subject, spec.name, again, (done.named,), unchanged))
        if when is None:
            self._is_there(service, change.new, (done.created,))
        else:
            self._is_there(service, spec.name, (done.named,))
        if settle is not None and self._settles_late(service, change) and not decision.starts_old:
            self._late.append(settle)
        self.alive.add(
            service,
            Live(
                name=spec.name,
                up=up,
                named=(done.named,),
                settle=settle if when is None else None,
                begins=done.begins if yields and when is None and not service.post_start else None,
            ),
        )

    def _yields_early(self, service: Service, decision: Replace, stops: tuple[Action, ...]) -> bool:
        """Whether a container is stopped while what it needs is being started, and not only after that.

        So the one start need not wait for the other's stop. Only where it runs again whatever fails, without hooks
        that may need what it needs, and without an order of its own for the update.
        """
        is_plain = len(stops) == 1 and update_policy(service) == Policy()
        return is_plain and decision.starts and self._manner.on_failure == "rollback"

    def _settles_late(self, service: Service, change: Replacement) -> bool:
        """Whether nobody waits for the successor to have settled, so that it can be looked at when all else is done."""
        waited_for = _has_healthcheck(service) or service.name in self._watched or change.policy.monitor
        return not (waited_for or change.policy.parallelism or change.policy.order == "start-first")

    def _finish_replacement(self, service: Service, decision: Finish) -> None:
        """The successor runs: what is left to do of the replacement."""
        old, successor = decision.container, decision.successor
        name = container_name(self._stack, service, decision.number)
        change = Replacement(
            name=name,
            service=service.name,
            old=old,
            because=Unfinished(),
            when=None,
            create=None,
            stop=self._stop(old) if is_up(old) else (),
            hooks=(),
            again=hooks_again(old, service),
            starts=True,
            timeout=self._manner.timeout,
            renew_volumes=self._manner.renew_anon_volumes,
            steady=_steady(service),
            policy=update_policy(service),
            before_create=Before(),
            before_change=Before((*self._resources.connects(old), *self._resources.connects(successor))),
            before_start=Before(),
            before_stop=Before(),
        )
        done = self._carry_out_change(service, change)
        self._is_there(service, name, (done.named,))
        self.alive.add(service, Live(name=name, named=(done.named,), observed=successor, settle=done.settled))

    def _carry_out_change(self, service: Service, change: Replacement) -> Replaced:
        done = replace(self._steps, change)
        self._takers.append((change.name, done.named, change.old.id))
        self._takers.append((change.name + OLD, done.kept, change.old.id))
        if done.started is not None:
            self._starts.add(done.started)
        policy = change.policy
        if not policy.stands_alone:
            self._last.append(done.removed)
        if policy.stands_alone or policy.failure_ratio:  # what becomes of it does not decide over the rest
            self._alone.update(self._steps.of(object, group=change.group))
        match self._manner.on_failure:
            case "rollback":
                self._put_back(service, change, done)
            case "stop":
                self._stop_new(change, done)
            case "keep":
                pass
        return done

    def _put_back(self, service: Service, change: Replacement, done: Replaced) -> None:
        way_back = self._steps.way_back
        back = put_back(self._steps, change, done, self._policy_back(service))
        self._returns[service.name].append(back)
        if change.policy.stands_alone or change.policy.failure_ratio:
            way_back.hang_on(back.all, done.named)
        if change.policy.failure_ratio and not change.policy.stands_alone:
            self._hanging.extend(back.all)
        for remade in self._resources.remade.values():
            for freed in remade.freed:
                way_back.want(freed, back.away)
            if change.old.id in remade.connected_back and back.back and not back.overlaps:
                way_back.want(back.back[0], [remade.connected_back[change.old.id]])

    def _stop_new(self, change: Replacement, done: Replaced) -> None:
        """The successor is stopped under whichever name it has by then."""
        for name, step in ((change.new, done.started), (change.name, done.named)):
            if step is not None:
                stop = StopContainer(container=name, timeout=self._manner.timeout)
                self._steps.way_back.add(change.subject, stop, group=change.group, reverts=(step,))

    def _order_returns(self, service: Service) -> None:
        """In the way back a service's containers go before those of the services it needs, and come after them."""
        way_back, returns = self._steps.way_back, self._returns[service.name]
        policy = self._policy_back(service)
        chain_returns(self._steps, service.name, policy, returns)
        for name in self._graph[service.name]:
            for needed in self._returns.get(name, ()):
                for back in returns:
                    if not back.overlaps and not policy.parallelism:
                        way_back.want(needed.away[0], back.away)
                    if back.back:
                        way_back.want(back.back[0], needed.back)

    def _policy_back(self, service: Service) -> Policy:
        """How its containers are put back: all at once where a network is, which all successors leave first."""
        policy = rollback_policy(service)
        if not self._resources.remade:
            return policy
        return msgspec.structs.replace(policy, parallelism=0, order="stop-first")

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
        needed, wants = self.alive.conditions(service)
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
        group: str = "",
    ) -> int:
        """A start or a restart, and the hooks that belong after it; the last step of it.

        If a hook fails the container is stopped, so that nobody takes it for one that is set up: the next
        `up` starts it again, with its hooks.
        """
        hooks = runs(action.container, "post_start", service.post_start)
        stops = self._manner.on_failure == "stop" and isinstance(action, StartContainer)
        takes_back = bool(hooks or stops)
        group = group or (f"start {subject.name}" if takes_back else "")
        started = step = self._steps.add(subject, action, because, after=after, wants=wants, when=when, group=group)
        self._starts.add(step)
        for hook in hooks:
            step = self._steps.add(subject, hook, because, after=(step,), when=hooks_when, group=group)
        if takes_back:
            stop = StopContainer(container=action.container, timeout=self._manner.timeout)
            reverts = (started,) if stops else (started, step)
            stopped = self._steps.way_back.add(subject, stop, group=group, reverts=reverts)
            if hooks:
                self._steps.way_back.hang_on((stopped,), step)
            if stops:
                self._hanging.append(stopped)
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
            steps.extend(self._there[owner][0] if owner in self._there else ())
        for other in bridge_links(service):
            steps.extend(step for there in self._there.get(other, ()) for step in there)
        return steps

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
        """Others may be bound to a container of the service under `name`, after these steps."""
        self._peers.setdefault(service.name, []).append(name)
        self._there.setdefault(service.name, []).append(after)


def _watched(graph: Graph, stack: Stack) -> frozenset[str]:
    """Services whose replacement must be over before others go on: their settling is waited for at once."""
    found = {
        name
        for needs in graph.values()
        for name, dependency in needs.items()
        if dependency.condition != "service_started" or dependency.restart
    }
    for service in stack.services.values():
        found.update(shared_with(service))
    return frozenset(found)


def _has_healthcheck(service: Service) -> bool:
    check = service.healthcheck
    return check is not None and not check.disable and check.test is not None and check.test[:1] != ("NONE",)


def _steady(service: Service) -> float:
    return _STEADY if update_policy(service) == Policy() else _STEADY_IN_UPDATE


def _one(steps: Mapping[str, int], name: str) -> tuple[int, ...]:
    return (steps[name],) if name in steps else ()
