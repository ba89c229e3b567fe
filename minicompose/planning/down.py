"""`down`, and the stop of an attached `up`: what takes a project away, by its labels alone."""

from collections.abc import Iterable, Mapping

import msgspec

from minicompose import labels
from minicompose.diagnostic import Diagnostic
from minicompose.model import Service, Stack
from minicompose.planning import graph
from minicompose.planning.census import is_up, subject_of
from minicompose.planning.chosen import chosen
from minicompose.planning.hooks import lost_hooks, stop, with_hook_texts
from minicompose.planning.images import Images, familiar
from minicompose.planning.needs import labelled_needs
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import (
    Asked,
    Orphan,
    Plan,
    Reason,
    RemoveContainer,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    Subject,
)
from minicompose.planning.record import service_image
from minicompose.planning.steps import Steps
from minicompose.planning.up import orphan_note, orphans_of


class DownOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `down` says; `services` are those named, none meaning all.

    `rmi` is "all", or "local" for the images that were built without a name of their own.
    """

    volumes: bool = False
    rmi: str | None = None
    remove_orphans: bool = False
    timeout: int | None = None
    services: tuple[str, ...] = ()


class RemoveOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `rm` says; `services` are those named, none meaning all.

    `stop` takes what runs, too; `volumes` removes the anonymous volumes with their containers.
    """

    services: tuple[str, ...] = ()
    stop: bool = False
    volumes: bool = False


class StopOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `stop` says; `services` are those named, none meaning all."""

    services: tuple[str, ...] = ()
    timeout: int | None = None


def plan_down(observed: Observed, options: DownOptions | None = None, stack: Stack | None = None) -> Plan:
    """Stop and remove the containers, dependents first, then what they used.

    Without a stack everything with the project's label goes; with one, containers of services that
    it does not have stay, and are told of, unless they are to be removed too.
    """
    options = options or DownOptions()
    orphans = {container.id for container in orphans_of(stack, observed)} if stack else set()
    notes: list[Diagnostic] = []
    going = list(observed.containers)
    if options.services:
        going = [container for container in going if container.service in options.services]
    elif orphans and not options.remove_orphans:
        left = [container for container in going if container.id in orphans]
        going = [container for container in going if container.id not in orphans]
        notes.append(orphan_note(left, "they stay, and so do their networks; --remove-orphans removes them"))
    steps = Steps()
    because = {container.id: Orphan() if container.id in orphans else Asked(option="down") for container in going}
    services = stack.services if stack else {}
    stops = _stops(steps, going, services, options.timeout, because)
    notes.extend(lost_hooks(going, services))
    removals = {
        container.id: steps.add(
            subject_of(container),
            RemoveContainer(container=container.id, volumes=options.volumes),
            because[container.id],
            after=stops.get(container.id, ()),
        )
        for container in _in_order(going)
    }
    if not options.services or set(options.services) >= {container.service for container in observed.containers}:
        _remove_networks(steps, observed, going, removals)
        if options.volumes:
            _remove_volumes(steps, observed, removals, len(going) < len(observed.containers), notes)
    if options.rmi:
        _remove_images(steps, observed, going, removals, options.rmi, stack)
    return with_hook_texts(steps.plan(observed.project, notes=notes), stack)


def plan_stop(observed: Observed, options: StopOptions | None = None, stack: Stack | None = None) -> Plan:
    """Stop what runs of the services, dependents first; one-offs go on."""
    options = options or StopOptions()
    steps = Steps()
    containers = chosen(observed, options.services, stack)
    services = stack.services if stack else {}
    because = {container.id: Asked(option="stop") for container in containers}
    _stops(steps, containers, services, options.timeout, because)
    plan = steps.plan(
        observed.project,
        notes=lost_hooks(containers, services),
        unchanged=[subject_of(container) for container in _in_order(containers) if not is_up(container)],
    )
    return with_hook_texts(plan, stack)


def plan_remove(observed: Observed, options: RemoveOptions, stack: Stack | None = None) -> Plan:
    """Remove the services' containers that do not run, or all of them, stopped first, dependents before the others."""
    steps = Steps()
    because = Asked(option="rm")
    going = [each for each in chosen(observed, options.services, stack) if options.stop or not is_up(each)]
    services = stack.services if stack else {}
    stops = _stops(steps, going, services, None, {each.id: because for each in going})
    for container in _in_order(going):
        remove = RemoveContainer(container=container.id, volumes=options.volumes)
        steps.add(subject_of(container), remove, because, after=stops.get(container.id, ()))
    return with_hook_texts(steps.plan(observed.project, notes=lost_hooks(going, services)), stack)


# ---- order ----


def _in_order(containers: Iterable[ObservedContainer]) -> list[ObservedContainer]:
    """Dependents before what they need; the highest number of a service first."""
    containers = list(containers)
    rank = {name: place for place, name in enumerate(graph.order(labelled_needs(containers)))}
    return sorted(containers, key=lambda found: (-rank[found.service], not found.oneoff, -found.number, found.id))


def _stops(
    steps: Steps,
    containers: Iterable[ObservedContainer],
    services: Mapping[str, Service],
    timeout: int | None,
    because: Mapping[str, Reason],
) -> dict[str, list[int]]:
    """Add the stops of what runs, with the hooks before them: each after those of the services that need it.

    The result is by container.
    """
    ordered = _in_order(containers)
    needs = labelled_needs(ordered)
    place = {name: number for number, name in enumerate(graph.order(needs))}
    users = graph.reversed_graph({name: sorted(others) for name, others in needs.items()})
    of_service: dict[str, list[int]] = {}
    found: dict[str, list[int]] = {}
    for container in ordered:
        if not is_up(container):
            continue
        # A service that does not run passes on what it would itself have come after.
        after = _stops_above(container.service, users, place, of_service)
        for action in stop(container, services.get(container.service), timeout):
            after = [steps.add(subject_of(container), action, because[container.id], after=after)]
        found[container.id] = after
        of_service.setdefault(container.service, []).extend(after)
    return found


def _stops_above(
    service: str, users: Mapping[str, tuple[str, ...]], place: Mapping[str, int], stops: Mapping[str, list[int]]
) -> list[int]:
    found: list[int] = []
    for user in users.get(service, ()):
        if user in place and place[user] > place[service]:
            found.extend(stops.get(user) or _stops_above(user, users, place, stops))
    return found


# ---- what the containers used ----


def _remove_networks(
    steps: Steps, observed: Observed, going: Iterable[ObservedContainer], removals: Mapping[str, int]
) -> None:
    gone = {container.id for container in going}
    for network in sorted(observed.networks, key=lambda network: (network.name, network.id)):
        if network.labels.get(labels.PROJECT) != observed.project:
            continue
        on_it = [container for container in observed.containers if network.name in container.networks]
        if any(container.id not in gone for container in on_it):
            continue
        subject = Subject(type="network", name=network.name)
        steps.add(
            subject,
            RemoveNetwork(network=network.id),
            Asked(option="down"),
            after=[removals[container.id] for container in on_it],
        )


def _remove_volumes(
    steps: Steps, observed: Observed, removals: Mapping[str, int], some_stay: bool, notes: list[Diagnostic]
) -> None:
    """Which container uses which volume is not listed: so they go when all containers have gone."""
    ours = sorted(volume.name for volume in observed.volumes if volume.labels.get(labels.PROJECT) == observed.project)
    if some_stay and ours:
        notes.append(
            Diagnostic(
                severity="warning",
                pos=None,
                summary="a volume that a container which stays is using cannot be removed",
                hint="--remove-orphans removes those containers",
            )
        )
    for name in ours:
        subject = Subject(type="volume", name=name)
        steps.add(subject, RemoveVolume(volume=name), Asked(option="--volumes"), after=removals.values())


def _remove_images(
    steps: Steps,
    observed: Observed,
    going: Iterable[ObservedContainer],
    removals: Mapping[str, int],
    rmi: str,
    stack: Stack | None,
) -> None:
    there = Images(observed.images)
    users: dict[str, list[int]] = {}
    services: dict[str, str] = {}
    for container in going:
        services.setdefault(familiar(container.image), container.service)
        users.setdefault(familiar(container.image), []).append(removals[container.id])
    if stack:
        for service in stack.services.values():
            services.setdefault(familiar(service_image(stack, service)), service.name)
    for image in sorted(services):
        local = image in (familiar(f"{observed.project}{separator}{services[image]}") for separator in "-_")
        if there.id_of(image) is None or (rmi == "local" and not local):
            continue
        subject = Subject(type="image", name=image, service=services[image])
        steps.add(subject, RemoveImage(image=image), Asked(option=f"--rmi {rmi}"), after=users.get(image, ()))
