"""Gathering what explains a project's state: from the engine, and from this machine where the engine is here."""

import contextlib
from collections.abc import Collection, Iterable, Mapping

import msgspec

from minicompose.diagnosis.explaining import Asked, Evidence, was_not_started
from minicompose.diagnosis.explanation import ResourceMissing
from minicompose.diagnosis.here import listening_on, missing_paths
from minicompose.diagnosis.listening import Listener
from minicompose.diagnosis.masks import Mask, secret_variables, secrets_of
from minicompose.diagnosis.ports import asked_ports
from minicompose.engine.protocol import ContainerState, Engine, Probe
from minicompose.errors import EngineError, NotFound
from minicompose.execution.conditions import last_lines
from minicompose.model import Dependency, Service, Stack
from minicompose.planning.census import plain_name
from minicompose.planning.images import Images
from minicompose.planning.needs import needs_of
from minicompose.planning.observed import Observed, ObservedContainer, PublishedPort
from minicompose.planning.record import service_image
from minicompose.planning.resources import used_networks, used_volumes
from minicompose.planning.spec import container_name

MOST_LINES = 10


def gather(
    engine: Engine, observed: Observed, stack: Stack | None, services: Collection[str], *, output: bool = True
) -> Evidence:
    """What there is to know of `services` and of all that they wait for; `output`: their last lines too."""
    asked = asked_of(stack, observed) if stack else {}
    needs = needs_of(stack, observed)
    wanted = _with_needs(services, needs)
    containers = _by_service(observed, wanted)
    states = _states(engine, containers)
    mask = known_secrets(engine, stack, (each for each in states if not _is_well(states[each])))
    missing = _missing_images(engine, observed, stack, [name for name in wanted if name in asked], containers)
    paths, ports = _places(asked, containers, states)
    here = bool(paths or ports) and engine.abilities().is_local
    everyone, listening = ports_and_listeners(engine, ports, here=here)
    return Evidence(
        asked=asked,
        needs=needs,
        containers=containers,
        states={id: _masked(state, mask) for id, state in states.items()},
        output={
            id: tuple(mask(last_lines(engine, id)).splitlines()[-MOST_LINES:])
            for id, state in states.items()
            if output and not _is_well(state)
        },
        missing_images=missing,
        missing_paths=missing_paths(paths) if here else frozenset(),
        everyone=everyone,
        listeners=listening,
    )


def asked_of(stack: Stack, observed: Observed) -> dict[str, Asked]:
    """What the services of the stack are to have."""
    networks = {each.name for each in observed.networks}
    volumes = {each.name for each in observed.volumes}
    asked: dict[str, Asked] = {
        name: Asked(profiles=tuple(service.profiles or ())) for name, service in stack.disabled.items()
    }
    for name, service in stack.services.items():
        used = used_networks(stack, (service,)).values()
        externals = [
            ResourceMissing(type="network", name=each.name)
            for each in used
            if each.external and each.name not in networks
        ]
        externals += [
            ResourceMissing(type="volume", name=each.name)
            for each in used_volumes(stack, (service,)).values()
            if each.external and each.name not in volumes
        ]
        asked[name] = Asked(
            image=service_image(stack, service),
            containers=tuple(container_name(stack, service, number + 1) for number in range(service.replicas)),
            ports=tuple(port for _, port in asked_ports(service)),
            sources={target: source for _, source, target in needed_sources(service)},
            externals=tuple(externals),
        )
    return asked


def needed_sources(service: Service) -> list[tuple[int, str, str]]:
    """What is mounted of the engine's machine and is not made when it is missing: place, source and target."""
    return [
        (index, mount.source, mount.target)
        for index, mount in enumerate(service.volumes or ())
        if mount.type == "bind" and mount.source and mount.bind and mount.bind.create_host_path is False
    ]


def _with_needs(services: Iterable[str], needs: Mapping[str, Mapping[str, Dependency]]) -> list[str]:
    found: dict[str, None] = {}
    waiting = list(services)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting.extend(needs.get(name, ()))
    return list(found)


def _by_service(observed: Observed, services: Collection[str]) -> dict[str, tuple[ObservedContainer, ...]]:
    there = sorted(observed.containers, key=lambda each: (each.number, each.name != plain_name(each), each.name))
    return {name: tuple(each for each in there if each.service == name and not each.oneoff) for name in services}


def _states(engine: Engine, containers: Mapping[str, tuple[ObservedContainer, ...]]) -> dict[str, ContainerState]:
    states: dict[str, ContainerState] = {}
    for container in (each for group in containers.values() for each in group):
        with contextlib.suppress(NotFound):  # it went meanwhile
            states[container.id] = engine.inspect_container(container.id)
    return states


def _is_well(state: ContainerState) -> bool:
    if state.state == "running":
        return state.health in ("none", "healthy")
    return state.state == "exited" and state.exit_code == 0 and not state.error


# ---- images ----


def _missing_images(
    engine: Engine,
    observed: Observed,
    stack: Stack | None,
    services: Iterable[str],
    containers: Mapping[str, tuple[ObservedContainer, ...]],
) -> dict[str, str]:
    """The images that containers lack which are not there, and why: the registry is asked for it."""
    there = Images(observed.images)
    missing: dict[str, str] = {}
    for name in services:
        service = stack.services.get(name) if stack else None
        if stack is None or service is None or containers[name]:
            continue
        image = service_image(stack, service)
        if there.id_of(image) is None and image not in missing:
            missing[image] = why_missing(engine, service, image)
    return missing


def why_missing(engine: Engine, service: Service, image: str) -> str:
    """Why the engine does not have an image yet."""
    if service.build is not None and (service.image is None or service.pull_policy == "build"):
        return "it has not been built yet: `minicompose build` does"
    if service.pull_policy == "never":
        return "pull_policy: never says not to pull it"
    try:
        engine.image_digest(image)
    except EngineError as error:
        return error.message
    return "it has not been pulled yet: `minicompose pull` does"


# ---- this machine ----


def _places(
    asked: Mapping[str, Asked],
    containers: Mapping[str, tuple[ObservedContainer, ...]],
    states: Mapping[str, ContainerState],
) -> tuple[set[str], list[PublishedPort]]:
    """The paths and ports that what does not run may be in want of."""
    paths: set[str] = set()
    ports: list[PublishedPort] = []
    for name, group in containers.items():
        for state in (states[each.id] for each in group if each.id in states):
            if was_not_started(state):
                paths |= set(state.bind_sources.values())
                ports += state.asked_ports
        if not group and name in asked:
            paths |= set(asked[name].sources.values())
            ports += asked[name].ports
    return paths, ports


def ports_and_listeners(
    engine: Engine, ports: Collection[PublishedPort], *, here: bool
) -> tuple[tuple[ObservedContainer, ...], tuple[Listener, ...]]:
    """Who may have these ports: the containers of all projects and, where the engine is here, programs."""
    return (engine.all_containers() if ports else ()), (listening_on(ports) if here else ())


# ---- secrets ----


def known_secrets(engine: Engine, stack: Stack | None, containers: Iterable[str]) -> Mask:
    """What hides the secrets of the stack, and those in the environment of these containers."""
    secrets = secrets_of(stack) if stack else set()
    for container in containers:
        with contextlib.suppress(EngineError):
            secrets |= secret_variables(engine.container_settings(container).environment)
    return Mask(secrets)


def _masked(state: ContainerState, mask: Mask) -> ContainerState:
    probes = tuple(Probe(exit_code=each.exit_code, output=mask(each.output)) for each in state.probes)
    return msgspec.structs.replace(
        state, probes=probes, error=mask(state.error), health_output=mask(state.health_output)
    )
