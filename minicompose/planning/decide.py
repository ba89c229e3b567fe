"""What is to become of each container of a service, and why. Decisions only; `up` makes steps of them."""

from collections.abc import Mapping

import msgspec

from minicompose import labels
from minicompose.model import Service, SourcePos, Stack
from minicompose.planning.census import Standing, is_up
from minicompose.planning.difference import FilePath, Locate, differences
from minicompose.planning.graph import shared_with
from minicompose.planning.images import ImageStep
from minicompose.planning.observed import ObservedContainer
from minicompose.planning.plan import (
    Asked,
    Changed,
    DependencyReplaced,
    ImageDiffers,
    ImageMayChange,
    ImageUpdated,
    NetworkReplaced,
    NotRunning,
    Reason,
    ScaledDown,
    Unfinished,
    Unknown,
)
from minicompose.planning.record import network_name, read, service_image, service_networks
from minicompose.planning.spec import Blueprint, container_name


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Frozen and by keyword."""


class Create(Value, frozen=True, kw_only=True):
    number: int


class Keep(Value, frozen=True, kw_only=True):
    """`restarts`: it is restarted because of these dependencies, each under its condition.

    `reconnects` are networks of its service, by their keys, that somebody took it off; here and below.
    """

    number: int
    container: ObservedContainer
    restarts: tuple[tuple[str, ImageDiffers | None], ...] = ()
    reconnects: tuple[str, ...] = ()


class Start(Value, frozen=True, kw_only=True):
    number: int
    container: ObservedContainer
    reconnects: tuple[str, ...] = ()


class Replace(Value, frozen=True, kw_only=True):
    """`starts`: the successor is started. `starts_old`: where `when` does not hold, the old one is."""

    number: int
    container: ObservedContainer
    because: Reason
    when: ImageDiffers | None = None
    starts: bool = True
    starts_old: bool = False


class Finish(Value, frozen=True, kw_only=True):
    """Complete the replacement that an interrupted run has begun."""

    number: int
    container: ObservedContainer
    successor: ObservedContainer


Decision = Create | Keep | Start | Replace | Finish


class Removal(Value, frozen=True, kw_only=True):
    """`at_once`: nobody misses it. Anything else is removed only when all that the plan brings works."""

    container: ObservedContainer
    because: Reason
    at_once: bool = False


class Verdict(Value, frozen=True, kw_only=True):
    """What becomes of one service. `renames` maps ids of containers to the names they should have."""

    service: Service
    decisions: tuple[Decision, ...] = ()
    removals: tuple[Removal, ...] = ()
    renames: dict[str, str] = {}


class Circumstances(Value, frozen=True, kw_only=True):
    """All that bears on a service's containers besides themselves.

    `networks` are the engine's networks by name with their ids. `verdicts` are those of the services it
    depends on. `force` is the option that
    asks for new containers in any case, `keep` forbids them. `passive`: the service was not asked
    for, only what others do to it counts.
    """

    stack: Stack
    drawn: Blueprint
    replicas: int
    image: ImageStep
    networks: Mapping[str, tuple[str, ...]]
    verdicts: Mapping[str, Verdict]
    force: str | None = None
    keep: bool = False
    starts: bool = True
    passive: bool = False
    keep_completed: bool = False


def decide(service: Service, standings: Mapping[int, Standing], around: Circumstances) -> Verdict:
    """What becomes of the containers of one service."""
    kept, dropped = _scaled(standings, around)
    decisions: list[Decision] = []
    removals: list[Removal] = []
    renames: dict[str, str] = {}
    for standing in kept:
        decision = _decide_one(service, standing, around, removals)
        decisions.append(decision)
        if standing.predecessor:  # one that is replaced itself will need its name
            at_once = isinstance(decision, Replace)
            removals.append(Removal(container=standing.predecessor, because=Unfinished(), at_once=at_once))
        if standing.container and (name := _other_name(service, standing, standing.container, decision, around)):
            renames[standing.container.id] = name
    for standing in dropped:
        for container in (standing.container, standing.successor, standing.predecessor):
            if container:
                removals.append(Removal(container=container, because=ScaledDown(replicas=around.replicas)))
    for standing in (*kept, *dropped):
        removals.extend(
            Removal(container=leftover, because=_leftover(leftover), at_once=True) for leftover in standing.leftovers
        )
    return Verdict(service=service, decisions=tuple(decisions), removals=tuple(removals), renames=renames)


def _other_name(
    service: Service, standing: Standing, container: ObservedContainer, decision: Decision, around: Circumstances
) -> str | None:
    """The name that a container should have, where it has another: an interrupted run or somebody gave it that."""
    if standing.renamed_to:
        return standing.renamed_to
    if around.passive or not isinstance(decision, Keep | Start):
        return None
    name = container_name(around.stack, service, standing.number)
    return name if container.name != name else None


def _leftover(container: ObservedContainer) -> Reason:
    return NotRunning(state=container.state) if container.state in ("dead", "removing") else Unfinished()


def _scaled(standings: Mapping[int, Standing], around: Circumstances) -> tuple[list[Standing], list[Standing]]:
    """The numbers that stay or come, and those that go: the lowest stay, and gaps are filled first."""
    there = [standings[number] for number in sorted(standings) if standings[number].container]
    gone = [standings[number] for number in sorted(standings) if not standings[number].container]
    if around.passive:
        return there, []
    kept, dropped = there[: around.replicas], there[around.replicas :]
    taken = {standing.number for standing in kept}
    free = (number for number in range(1, around.replicas + 1) if number not in taken)
    leftovers = {standing.number: standing for standing in gone}
    for number in list(free)[: around.replicas - len(kept)]:
        kept.append(leftovers.pop(number) if number in leftovers else Standing(number=number))
    return sorted(kept, key=lambda standing: standing.number), [*reversed(dropped), *leftovers.values()]


def _decide_one(service: Service, standing: Standing, around: Circumstances, removals: list[Removal]) -> Decision:
    container = standing.container
    number = standing.number
    if container is None:
        return Create(number=number)
    if standing.successor:
        if _is_good(service, standing.successor, around):
            return Finish(number=number, container=container, successor=standing.successor)
        removals.append(Removal(container=standing.successor, because=Unfinished(), at_once=True))
    if found := _why_replace(service, container, around):
        because, when = found
        return Replace(
            number=number,
            container=container,
            because=because,
            when=when,
            starts=around.starts and (is_up(container) or not around.passive),
            starts_old=_starts_again(service, container, around),
        )
    if _starts_again(service, container, around):
        return Start(number=number, container=container, reconnects=_taken_off(service, container, around))
    return Keep(
        number=number,
        container=container,
        restarts=_restarts(service, around) if is_up(container) else (),
        reconnects=() if around.passive else _taken_off(service, container, around),
    )


def _taken_off(service: Service, container: ObservedContainer, around: Circumstances) -> tuple[str, ...]:
    """The networks of the service that a container was on, and is not any more: somebody took it off."""
    if around.keep:
        return ()
    return tuple(
        key
        for key in service_networks(around.stack, service)
        if network_name(around.stack, key) not in container.networks
    )


def _is_good(service: Service, successor: ObservedContainer, around: Circumstances) -> bool:
    if service.post_start:
        return False  # whether its hooks were run to their end cannot be seen
    if successor.state != "running" or successor.health == "unhealthy":
        return False
    return _why_replace(service, successor, around) is None


def _starts_again(service: Service, container: ObservedContainer, around: Circumstances) -> bool:
    """Whether a container that is as it should be, and does not run, is started."""
    if is_up(container) or not around.starts or around.passive:
        return False
    return not _stays_completed(service, container, around)


def _stays_completed(service: Service, container: ObservedContainer, around: Circumstances) -> bool:
    """A job that has succeeded and is to run only once."""
    if container.state != "exited" or container.exit_code != 0:
        return False
    return around.keep_completed or bool((service.extensions or {}).get("x-run-once"))


# ---- why a container is replaced ----


def _why_replace(
    service: Service, container: ObservedContainer, around: Circumstances
) -> tuple[Reason, ImageDiffers | None] | None:
    """The first reason that holds, and the condition under which it does."""
    if around.keep:
        return None
    if around.passive:
        return _outer_reason(service, container, around)
    if reason := _own_reason(service, container, around):
        return reason, None
    outer = _outer_reason(service, container, around)
    if outer and outer[1] is None:
        return outer
    if around.image.step is None:
        return outer
    image = service_image(around.stack, service)
    when = ImageDiffers(image=image, id=container.image_id)
    if outer and outer[1] != when:  # either condition is enough, and a step holds only one: so none is asked
        return outer[0], None
    return ImageMayChange(image=image), when


def _own_reason(service: Service, container: ObservedContainer, around: Circumstances) -> Reason | None:
    written = container.labels.get(labels.SPEC)
    old = read(written) if written is not None else None
    if old is None:
        version = container.labels.get(labels.VERSION, "")
        return Unknown(made_by=f"docker compose {version}".strip())
    if container.labels.get(labels.CONFIG_HASH) != around.drawn.fingerprint:
        changes = differences(old, around.drawn.record, _places(around.stack, service))
        if changes:
            return Changed(changes=changes)
    if around.force:
        return Asked(option=around.force)
    if around.starts and container.state == "created" and _has_files(service):
        return Unfinished()  # it never started; whether its files were put in cannot be seen
    image = service_image(around.stack, service)
    if around.image.step is None and around.image.id and container.image_id not in ("", around.image.id):
        return ImageUpdated(image=image, old=container.image_id, new=around.image.id)
    return None


def _has_files(service: Service) -> bool:
    return bool(service.configs or service.secrets)


def _outer_reason(
    service: Service, container: ObservedContainer, around: Circumstances
) -> tuple[Reason, ImageDiffers | None] | None:
    for key in service_networks(around.stack, service):
        name = network_name(around.stack, key)
        there = container.networks.get(name)
        if there and there not in around.networks.get(name, ()):  # the engine starts it on that one, or not at all
            return NetworkReplaced(network=name), None
    return _owner_replaced(service, around)


def _owner_replaced(service: Service, around: Circumstances) -> tuple[Reason, ImageDiffers | None] | None:
    """Whoever shares a container's namespaces or volumes goes with that container."""
    found: list[tuple[str, ImageDiffers | None]] = []
    for owner in shared_with(service):
        found.extend((owner, when) for when in replaced(around.verdicts.get(owner)))
    if not found:
        return None
    whens = {when for _, when in found}
    when = whens.pop() if len(whens) == 1 else None
    return DependencyReplaced(service=found[0][0]), when


def _restarts(service: Service, around: Circumstances) -> tuple[tuple[str, ImageDiffers | None], ...]:
    """The replaced dependencies whose `restart: true` restarts this service, each condition once."""
    if not around.starts:
        return ()
    found: dict[ImageDiffers | None, str] = {}
    for name, dependency in sorted((service.depends_on or {}).items()):
        if dependency.restart:
            for when in replaced(around.verdicts.get(name)):
                found.setdefault(when, name)
    if None in found:
        return ((found[None], None),)
    return tuple((name, when) for when, name in found.items())


def replaced(verdict: Verdict | None) -> tuple[ImageDiffers | None, ...]:
    """Under which conditions a container of the service is replaced; empty when none is."""
    if verdict is None:
        return ()
    whens: dict[ImageDiffers | None, None] = {}
    for decision in verdict.decisions:
        if isinstance(decision, Replace):
            whens[decision.when] = None
        elif isinstance(decision, Finish):
            whens[None] = None
    return (None,) if None in whens else tuple(whens)


def _places(stack: Stack, service: Service) -> Locate:
    """Finds where a field of the service's record is written."""
    keys = {network.name: key for key, network in stack.networks.items()}

    def locate(path: FilePath) -> SourcePos | None:
        match path:
            case ("networks", str(name), *rest):
                path = ("networks", keys.get(name, name), *rest)
            case ("configs" | "secrets" as kind, int(index), "content"):
                return stack.position(kind, getattr(service, kind)[index].source)
        return stack.position("services", service.name, *path)

    return locate
