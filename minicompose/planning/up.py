"""`up`: what it takes to get from what is there to what the stack says."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.errors import nearest
from minicompose.model import Network, Service, Stack
from minicompose.planning import graph
from minicompose.planning.census import Census, take_census
from minicompose.planning.decide import Circumstances, Keep, Removal, Replace, Verdict, decide
from minicompose.planning.freshness import Ages
from minicompose.planning.hooks import lost_hooks, with_hook_texts
from minicompose.planning.images import Images, ImageStep, ImageWishes, plan_images
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.overlap import overlap_problems
from minicompose.planning.plan import Asked, Change, Orphan, Plan, Subject
from minicompose.planning.resources import (
    Resources,
    changed_networks,
    plan_resources,
    used_networks,
    used_volumes,
)
from minicompose.planning.rollout import Manner, NameTaken, Rollout
from minicompose.planning.spec import Blueprint, blueprint
from minicompose.planning.steps import Steps

MOST_CONTAINERS = 10_000
"""How many containers a plan is made for at most: an engine has a network's addresses for some thousand."""


class UpOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `up` says.

    `services` are those named, none meaning all. `pull` is "always", "missing", "never" or None,
    which leaves it to each service; `now`, in seconds since 1970, is for policies that pull an image
    when it has become old. `builds` are services that are built, as all are with `build`. `timeout` is in
    seconds. `keep_completed` leaves jobs alone that have succeeded and did not change. `all_resources` wants
    also the networks and volumes that no service uses. `on_failure` is what becomes of what was replaced when a
    step fails: put back, left as it is, or left with all that was started stopped. `one_off` is a service whose
    containers are left alone: one is created besides, when all that it depends on is as it asks, and not
    started.
    """

    services: tuple[str, ...] = ()
    scale: dict[str, int] = {}
    force_recreate: bool = False
    no_recreate: bool = False
    always_recreate_deps: bool = False
    no_deps: bool = False
    build: bool = False
    builds: tuple[str, ...] = ()
    no_build: bool = False
    pull: str | None = None
    now: float = 0.0
    no_start: bool = False
    remove_orphans: bool = False
    remove_ended_one_offs: bool = False
    ignore_orphans: bool = False
    timeout: int | None = None
    renew_anon_volumes: bool = False
    wait: bool = False
    keep_completed: bool = False
    all_resources: bool = False
    on_failure: Literal["rollback", "keep", "stop"] = "rollback"
    one_off: str | None = None


def plan_up(stack: Stack, observed: Observed, options: UpOptions | None = None) -> Plan:
    """The plan that brings the stack up.

    Where it cannot be, the plan has no steps and an error among its notes.
    """
    options = options or UpOptions()
    stack, wrong = _scaled(stack, options)
    if wrong:
        return Plan(project=stack.name, notes=tuple(wrong))
    return _Up(stack, observed, options).plan()


def _scaled(stack: Stack, options: UpOptions) -> tuple[Stack, list[Diagnostic]]:
    """The stack with `--scale` put in, and what is wrong with the options."""
    wrong = [
        Diagnostic(
            severity="error",
            pos=None,
            summary=f'there is no service "{name}"',
            hint=_near(name, stack.services),
        )
        for name in sorted({*options.services, *options.scale} - set(stack.services))
    ]
    services = dict(stack.services)
    for name, replicas in sorted(options.scale.items()):
        if name in services:
            services[name] = msgspec.structs.replace(services[name], scale=replicas)
    for name, service in services.items():
        if note := _wrong_replicas(stack, name, service):
            wrong.append(note)
    scaled = msgspec.structs.replace(stack, services=services)
    return scaled, wrong or _too_many(scaled, options)


def _near(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f'did you mean "{near}"?' if near else f"there are: {', '.join(known) or 'none'}"


def _wrong_replicas(stack: Stack, name: str, service: Service) -> Diagnostic | None:
    if service.replicas < 0:
        summary, field = f"a service cannot have {service.replicas} containers", "scale"
    elif service.container_name and service.replicas > 1:
        summary, field = f"container_name allows one container, not {service.replicas}", "container_name"
    else:
        return None
    return Diagnostic(
        severity="error", pos=stack.position("services", name, field), path=f"services.{name}.{field}", summary=summary
    )


def _too_many(stack: Stack, options: UpOptions) -> list[Diagnostic]:
    """What is said, of the service that asks for most of them, when there are to be more containers than can be."""
    count = sum(service.replicas for service in stack.services.values())
    if count <= MOST_CONTAINERS:
        return []
    largest = max(stack.services.values(), key=lambda service: service.replicas)
    path, said = _said_replicas(largest)
    asked = largest.name in options.scale
    return [
        Diagnostic(
            severity="error",
            pos=None if asked else stack.position(*path),
            path="" if asked else ".".join(path),
            summary=f"the stack is to have {count:,} containers, and can have {MOST_CONTAINERS:,}",
            hint=f'"{largest.name}" alone is to have {largest.replicas:,}',
            length=len(said),
        )
    ]


def _said_replicas(service: Service) -> tuple[tuple[str, ...], str]:
    """Where a service says how many containers it has, and what stands there."""
    at = ("services", service.name)
    if service.scale is not None:
        return (*at, "scale"), str(service.scale)
    if service.deploy is not None and service.deploy.replicas is not None:
        return (*at, "deploy", "replicas"), str(service.deploy.replicas)
    return at, service.name


class _Up:
    """One run of the planner: what its parts have found so far."""

    def __init__(self, stack: Stack, observed: Observed, options: UpOptions) -> None:
        self._stack = stack
        self._observed = observed
        self._options = options
        self._graph = graph.dependencies(stack)
        self._order = graph.order(self._graph)
        self._census: Census = take_census(observed)
        if options.one_off is not None:
            self._census.pop(options.one_off, None)
        self._steps = Steps()
        self._notes: list[Diagnostic] = []
        self._asked = frozenset(options.services or stack.services)
        play = self._asked if options.no_deps else frozenset(graph.closure(stack, self._asked))
        self._play = play
        self._blueprints: dict[str, Blueprint] = {
            name: blueprint(stack, service)
            for name, service in stack.services.items()
            if name in play or name in self._census
        }

    def plan(self) -> Plan:
        services = [self._stack.services[name] for name in self._order if name in self._play]
        images = self._plan_images(services)
        replaced = self._replaced_networks(services)
        verdicts = self._verdicts(images)
        touched = [verdict.service for verdict in verdicts.values() if _is_touched(verdict, self._play)]
        resources = self._plan_resources(touched, replaced)
        self._check_files(touched)
        self._check_hooks(touched)
        self._check_overlaps(verdicts.values())
        rollout = Rollout(
            self._stack,
            self._steps,
            self._graph,
            self._play,
            self._blueprints,
            images,
            resources,
            Manner(
                starts=not self._options.no_start,
                timeout=self._options.timeout,
                renew_anon_volumes=self._options.renew_anon_volumes,
                on_failure=self._options.on_failure,
                one_off=self._options.one_off,
            ),
        )
        rollout.remove(self._removals(verdicts), verdicts.values())
        for verdict in verdicts.values():
            rollout.carry_out(verdict)
        self._wait(rollout)
        self._notes.extend(_name_taken(self._stack, taken) for taken in rollout.finish(self._observed.containers))
        self._notes.extend(lost_hooks(rollout.stopped, self._stack.services))
        return self._finished((*resources.unchanged, *rollout.unchanged), verdicts)

    # ---- what is to happen ----

    def _plan_images(self, services: Iterable[Service]) -> dict[str, ImageStep]:
        options = self._options
        wishes = ImageWishes(pull=options.pull, build=options.build, builds=options.builds, no_build=options.no_build)
        used = [service for service in services if service.replicas]
        ages = Ages(named_at=self._observed.named_at, now=options.now)
        images = Images(self._observed.images, self._observed.platforms)
        return plan_images(self._stack, used, images, wishes, ages, self._steps, self._notes)

    def _plan_resources(self, touched: list[Service], replaced: Mapping[str, tuple[Change, ...]]) -> Resources:
        networks = self._networks(touched)
        volumes = self._stack.volumes if self._options.all_resources else used_volumes(self._stack, touched)
        return plan_resources(self._stack, networks, volumes, replaced, self._observed, self._steps, self._notes)

    def _networks(self, services: Iterable[Service]) -> Mapping[str, Network]:
        return self._stack.networks if self._options.all_resources else used_networks(self._stack, services)

    def _replaced_networks(self, services: Iterable[Service]) -> dict[str, tuple[Change, ...]]:
        changed = changed_networks(self._stack, self._networks(services), self._observed)
        if not self._options.no_recreate:
            return changed
        for key in changed:
            self._notes.append(
                Diagnostic(
                    severity="warning",
                    pos=self._stack.position("networks", key),
                    path=f"networks.{key}",
                    summary=f"the network {self._stack.networks[key].name} has changed; --no-recreate keeps it",
                )
            )
        return {}

    def _verdicts(self, images: Mapping[str, ImageStep]) -> dict[str, Verdict]:
        ids: dict[str, tuple[str, ...]] = {}
        for network in self._observed.networks:
            ids[network.name] = (*ids.get(network.name, ()), network.id)
        verdicts: dict[str, Verdict] = {}
        for name in self._order:
            if name not in self._blueprints:
                continue
            service = self._stack.services[name]
            around = Circumstances(
                stack=self._stack,
                drawn=self._blueprints[name],
                replicas=service.replicas,
                image=images.get(name, ImageStep(step=None, id=None)),
                networks=ids,
                verdicts=verdicts,
                force=self._force(name),
                keep=self._options.no_recreate,
                starts=not self._options.no_start,
                passive=name not in self._play,
                keep_completed=self._options.keep_completed,
            )
            verdicts[name] = decide(service, self._census.get(name, {}), around)
        return verdicts

    def _force(self, name: str) -> str | None:
        if self._options.force_recreate and name in self._asked:
            return "--force-recreate"
        return "--always-recreate-deps" if self._options.always_recreate_deps and name not in self._asked else None

    def _removals(self, verdicts: Mapping[str, Verdict]) -> list[Removal]:
        orphans = self._orphans()
        if orphans and not self._options.remove_orphans:
            if not self._options.ignore_orphans:
                self._notes.append(orphan_note(orphans, "--remove-orphans removes them"))
            orphans = []
        removals = [Removal(container=orphan, because=Orphan()) for orphan in orphans]
        if self._options.remove_ended_one_offs:
            because = Asked(option="--remove-orphans")
            removals += [Removal(container=each, because=because) for each in _ended_one_offs(self._observed)]
        for verdict in verdicts.values():
            removals.extend(verdict.removals)
        return removals

    def _orphans(self) -> list[ObservedContainer]:
        return orphans_of(self._stack, self._observed)

    def _wait(self, rollout: Rollout) -> None:
        if not self._options.wait or self._options.no_start:
            return
        for name in self._order:
            if name in self._play:
                for live in rollout.alive.of(name):
                    rollout.alive.wait_for(name, live, "settled", Asked(option="--wait"))

    # ---- what is in the way, and what to tell ----

    def _check_files(self, services: Iterable[Service]) -> None:
        """An engine that is not a swarm has no configs and secrets of its own to give."""
        for service in services:
            for kind, declared in (("configs", self._stack.configs), ("secrets", self._stack.secrets)):
                for index, grant in enumerate(getattr(service, kind) or ()):
                    config = declared.get(grant.source)
                    if config is not None and config.external and config.sealed is None and config.file is None:
                        self._notes.append(
                            Diagnostic(
                                severity="error",
                                pos=self._stack.position("services", service.name, kind, index),
                                path=f"services.{service.name}.{kind}",
                                summary=f"{kind[:-1]} {grant.source} is external, and an engine alone keeps none",
                                hint="give it a `file` or an `environment` variable",
                            )
                        )

    def _check_hooks(self, services: Iterable[Service]) -> None:
        for service in services:
            for moment in ("post_start", "pre_stop"):
                for index, hook in enumerate(getattr(service, moment) or ()):
                    if not hook.command:
                        self._notes.append(
                            Diagnostic(
                                severity="error",
                                pos=self._stack.position("services", service.name, moment, index, "command"),
                                path=f"services.{service.name}.{moment}[{index}].command",
                                summary="the command is empty",
                                hint=f"say what to run, or leave the {moment} hook out",
                            )
                        )

    def _check_overlaps(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.service.name in self._play:
                replaced = any(isinstance(decision, Replace) for decision in verdict.decisions)
                self._notes.extend(overlap_problems(self._stack, verdict.service, replaced=replaced))

    def _finished(self, unchanged: Iterable[Subject], verdicts: Mapping[str, Verdict]) -> Plan:
        for verdict in verdicts.values():
            for decision in verdict.decisions:
                if isinstance(decision, Keep) and decision.container.state == "paused" and not decision.restarts:
                    self._notes.append(
                        Diagnostic(
                            severity="warning",
                            pos=None,
                            summary=f"{decision.container.name} is paused, and is left so",
                            hint=f"`minicompose unpause {decision.container.service}` lets it go on",
                        )
                    )
        notes = tuple(self._notes)
        if any(note.severity == "error" for note in notes):
            return Plan(project=self._stack.name, notes=notes)
        plan = self._steps.plan(self._stack.name, unchanged=unchanged, notes=notes)
        return with_hook_texts(plan, self._stack)


def orphans_of(stack: Stack, observed: Observed) -> list[ObservedContainer]:
    """Containers of the project whose service the stack does not have, not even disabled."""
    return [
        container
        for container in sorted(observed.containers, key=lambda container: container.name)
        if not container.oneoff and container.service not in stack.services and container.service not in stack.disabled
    ]


def _ended_one_offs(observed: Observed) -> list[ObservedContainer]:
    """What `run` has left behind, of any service."""
    ended = [each for each in observed.containers if each.oneoff and each.state in ("exited", "dead")]
    return sorted(ended, key=lambda container: container.name)


def orphan_note(orphans: Iterable[ObservedContainer], hint: str) -> Diagnostic:
    names = ", ".join(sorted(orphan.name for orphan in orphans))
    return Diagnostic(
        severity="warning", pos=None, summary=f"no service of the stack file has these containers: {names}", hint=hint
    )


def _is_touched(verdict: Verdict, play: frozenset[str]) -> bool:
    """Whether the service's networks and volumes have to be there."""
    return verdict.service.name in play or not all(isinstance(decision, Keep) for decision in verdict.decisions)


def _name_taken(stack: Stack, taken: NameTaken) -> Diagnostic:
    holder = taken.holder
    asking = next((name for name, service in stack.services.items() if service.container_name == taken.name), None)
    hint = f"remove that one first: `docker rm -f {holder.name}`"
    if holder.service in stack.services:
        hint = (
            f"`up` with another name for {asking or 'it'} first, and with this one when {holder.service} has let it go"
        )
    return Diagnostic(
        severity="error",
        pos=stack.position("services", asking, "container_name") if asking else None,
        path=f"services.{asking}.container_name" if asking else "",
        summary=f'the name {taken.name} is taken by a container of the service "{holder.service}"',
        hint=hint,
    )
