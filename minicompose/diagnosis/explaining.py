"""From what was found to why: pure. What is asked of the engine and the machine is in `evidence`."""

from collections.abc import Mapping

import msgspec

from minicompose.diagnosis.explanation import (
    AnyCause,
    Awaited,
    Condition,
    Disabled,
    Exited,
    Explanation,
    ImageMissing,
    NotYetHealthy,
    OutOfMemory,
    Paused,
    PortTaken,
    ResourceMissing,
    Restarted,
    SourceMissing,
    StartFailed,
    Unhealthy,
    Unwanted,
    Wait,
)
from minicompose.diagnosis.listening import Listener
from minicompose.diagnosis.ports import holder
from minicompose.engine.failures import failure
from minicompose.engine.protocol import ContainerState
from minicompose.execution.conditions import judge, meaning_of_code
from minicompose.model import Dependency
from minicompose.planning.observed import ObservedContainer, PublishedPort

KILLED = 137
_MEANINGS = {
    125: "the engine could not run it",
    134: "SIGABRT: it gave up by itself",
    KILLED: "SIGKILL: it was killed, as at the end of stop_grace_period, by hand, or for want of memory",
    139: "SIGSEGV: it crashed",
    143: "SIGTERM: it was asked to stop",
}
_AWAITED: dict[str, Awaited] = {
    "service_started": "started",
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a service of the stack file is to have. `containers` are the names of those that it should have;
    `sources` are bind sources that have to be there, by target, `externals` networks and volumes of others.
    """

    image: str = ""
    containers: tuple[str, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    sources: dict[str, str] = {}
    externals: tuple[ResourceMissing, ...] = ()
    profiles: tuple[str, ...] | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one project.

    `asked` are the services of the stack file, none where there is no file; with `profiles` they are disabled.
    `containers` are the project's, by service; `states` and `output` are by their ids. `missing_images` are
    those that the engine does not have, each with the reason that its registry gives. `everyone` and `listeners`
    tell who has which port, `missing_paths` what does not exist on the engine's machine.
    """

    asked: Mapping[str, Asked] = {}
    needs: Mapping[str, Mapping[str, Dependency]] = {}
    containers: Mapping[str, tuple[ObservedContainer, ...]] = {}
    states: Mapping[str, ContainerState] = {}
    output: Mapping[str, tuple[str, ...]] = {}
    missing_images: Mapping[str, str] = {}
    missing_paths: frozenset[str] = frozenset()
    everyone: tuple[ObservedContainer, ...] = ()
    listeners: tuple[Listener, ...] = ()


def explain(service: str, found: Evidence, above: tuple[str, ...] = ()) -> tuple[Explanation, ...]:
    """How each container of `service` is, and why it does not do well; `above` are services that wait for it."""
    there = found.containers.get(service, ())
    told = [_explain_container(service, each, found, above) for each in there]
    names = {each.name for each in there}
    asked = found.asked.get(service, Asked())
    if asked.profiles is not None and not there:
        return (_absent(service, "", (Disabled(profiles=asked.profiles),), ()),)
    if not asked.containers and not there:
        return (_absent(service, "", (Unwanted(),), ()),)
    if asked.profiles is None and len(there) < len(asked.containers):
        lacking = [name for name in asked.containers if name not in names][: len(asked.containers) - len(there)]
        told += [_explain_absent(service, name, asked, found, above) for name in lacking]
    return tuple(told)


def _explain_absent(service: str, name: str, asked: Asked, found: Evidence, above: tuple[str, ...]) -> Explanation:
    causes: list[AnyCause] = []
    if asked.image in found.missing_images:
        causes.append(ImageMissing(image=asked.image, why=found.missing_images[asked.image]))
    causes += asked.externals
    causes += _missing_sources(asked.sources, found)
    causes += _taken_ports(asked.ports, (), found)
    return _absent(service, name, tuple(causes), _waits(service, found, above))


def _absent(service: str, name: str, causes: tuple[AnyCause, ...], waits: tuple[Wait, ...]) -> Explanation:
    return Explanation(service=service, container=name, condition="absent", well=False, causes=causes, waits_for=waits)


def _explain_container(
    service: str, container: ObservedContainer, found: Evidence, above: tuple[str, ...]
) -> Explanation:
    state = found.states.get(container.id)
    if state is None:  # it went while we looked
        return _absent(service, container.name, (), ())
    condition = _condition(state)
    causes = tuple(causes_of(state, found))
    waits = _waits(service, found, above) if condition == "created" and not state.error else ()
    well = condition in ("running", "healthy", "completed")
    return Explanation(
        service=service,
        container=container.name,
        condition=condition,
        well=well,
        since=state.finished_at if condition in ("exited", "completed", "dead") else state.started_at,
        causes=causes,
        waits_for=waits,
        output=() if well else found.output.get(container.id, ()),
    )


def _condition(state: ContainerState) -> Condition:
    if state.state == "running":
        return state.health if state.health != "none" else "running"
    if state.state == "exited" and state.exit_code == 0 and not state.error:
        return "completed"
    return state.state


# ---- causes ----


def causes_of(state: ContainerState, found: Evidence) -> list[AnyCause]:
    """Why one container does not do well, by itself."""
    causes: list[AnyCause] = []
    if state.oom_killed and state.state != "running":
        causes.append(OutOfMemory(limit=state.memory))
    if was_not_started(state):
        causes += _why_not_started(state, found)
    elif _has_ended(state) and not (state.oom_killed and state.exit_code == KILLED):
        causes.append(Exited(code=state.exit_code, meaning=meaning(state.exit_code)))
    if state.restarts:
        causes.append(Restarted(times=state.restarts))
    if state.state == "running" and state.health == "unhealthy":
        causes.append(Unhealthy(failing=state.failing, probes=state.probes))
    if state.state == "running" and state.health == "starting":
        causes.append(NotYetHealthy(probes=state.probes))
    if state.state == "paused":
        causes.append(Paused())
    return causes


def was_not_started(state: ContainerState) -> bool:
    """Whether nobody has tried to start it yet, or the engine has and could not."""
    return state.state == "created" or (state.state != "running" and bool(state.error))


def _has_ended(state: ContainerState) -> bool:
    return state.state in ("restarting", "dead") or (state.state == "exited" and state.exit_code != 0)


def _why_not_started(state: ContainerState, found: Evidence) -> list[AnyCause]:
    """What is in the way, where that can be seen; else what the engine said."""
    seen = [*_missing_sources(state.bind_sources, found), *_taken_ports(state.asked_ports, (state.id,), found)]
    if seen or not state.error:
        return seen
    said = failure(500, state.error)
    return [StartFailed(message=said.message, hint=said.hint)]


def _missing_sources(sources: Mapping[str, str], found: Evidence) -> list[AnyCause]:
    return [
        SourceMissing(source=source, target=target)
        for target, source in sources.items()
        if source in found.missing_paths
    ]


def _taken_ports(ports: tuple[PublishedPort, ...], own: tuple[str, ...], found: Evidence) -> list[AnyCause]:
    taken: list[AnyCause] = []
    for port in ports:
        who = holder(port, found.everyone, found.listeners, own)
        if who is not None and port.host_port is not None:
            taken.append(PortTaken(port=port.host_port, protocol=port.protocol, holder=who))
    return taken


def meaning(code: int) -> str:
    """What an exit code means, where it means something to everybody."""
    return _MEANINGS.get(code) or meaning_of_code(code)


# ---- what is waited for ----


def _waits(service: str, found: Evidence, above: tuple[str, ...]) -> tuple[Wait, ...]:
    """The dependencies of a service that are not as it needs them."""
    waits: list[Wait] = []
    for other, dependency in found.needs.get(service, {}).items():
        condition = _AWAITED[dependency.condition]
        if other in above or other == service or _holds(other, condition, found):
            continue
        there = explain(other, found, (*above, service))
        if not dependency.required and all(each.condition == "absent" for each in there):
            continue
        by = next((each for each in there if not each.well), there[0] if there else None)
        waits.append(Wait(service=other, condition=condition, by=by))
    return tuple(waits)


def _holds(service: str, condition: Awaited, found: Evidence) -> bool:
    states = [found.states[each.id] for each in found.containers.get(service, ()) if each.id in found.states]
    return bool(states) and all(judge(condition, state).verdict == "holds" for state in states)
