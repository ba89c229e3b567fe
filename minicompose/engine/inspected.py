"""What the engine tells of one container that it is asked about."""

from collections.abc import Iterator
from typing import Any

import msgspec

from minicompose.engine.api import Api
from minicompose.engine.protocol import ContainerSettings, ContainerState, Probe
from minicompose.planning.observed import Health, PublishedPort, State
from minicompose.regex import regex

# The name of a volume that was given none.
ANONYMOUS = regex(r"[0-9a-f]{64}")


class _Probe(msgspec.Struct, rename="pascal"):
    exit_code: int = 0
    output: str = ""


class _HealthState(msgspec.Struct, rename="pascal"):
    status: Health = "none"
    failing_streak: int = 0
    log: list[_Probe] | None = None


class _State(msgspec.Struct, rename="pascal"):
    status: State
    exit_code: int = 0
    oom_killed: bool = msgspec.field(default=False, name="OOMKilled")
    error: str = ""
    started_at: str = ""
    finished_at: str = ""
    health: _HealthState | None = None


class _Config(msgspec.Struct, rename="pascal"):
    tty: bool = False
    stdin_once: bool = False
    env: list[str] | None = None
    entrypoint: list[str] | None = None
    cmd: list[str] | None = None
    labels: dict[str, str] | None = None
    user: str = ""


class _Binding(msgspec.Struct, rename="pascal"):
    host_ip: str = ""
    host_port: str = ""


class _HostConfig(msgspec.Struct, rename="pascal"):
    memory: int = 0
    port_bindings: dict[str, list[_Binding] | None] | None = None


class _Mount(msgspec.Struct, rename="pascal"):
    type: str = ""
    source: str = ""
    destination: str = ""


class Inspected(msgspec.Struct, rename="pascal"):
    id: str
    name: str
    state: _State
    config: _Config
    host_config: _HostConfig = msgspec.field(default_factory=_HostConfig)
    restart_count: int = 0
    mounts: list[_Mount] | None = None


def inspected(api: Api, container: str) -> Inspected:
    """Raises NotFound where there is none."""
    return msgspec.json.decode(api.call("GET", f"/containers/{container}/json"), type=Inspected)


def container_state(told: Inspected) -> ContainerState:
    state, health = told.state, told.state.health
    return ContainerState(
        id=told.id,
        name=told.name.lstrip("/"),
        state=state.status,
        health=health.status if health else "none",
        exit_code=state.exit_code,
        oom_killed=state.oom_killed,
        error=state.error,
        health_output=health.log[-1].output if health and health.log else "",
        tty=told.config.tty,
        probes=tuple(Probe(exit_code=its.exit_code, output=its.output) for its in (health and health.log) or ()),
        failing=health.failing_streak if health else 0,
        memory=told.host_config.memory,
        restarts=told.restart_count,
        started_at=moment(state.started_at),
        finished_at=moment(state.finished_at),
        asked_ports=tuple(_asked_ports(told.host_config)),
        bind_sources={its.destination: its.source for its in told.mounts or () if its.type == "bind"},
    )


def container_settings(told: Inspected) -> ContainerSettings:
    config = told.config
    pairs = (entry.partition("=") for entry in config.env or ())
    return ContainerSettings(
        environment={name: value for name, equals, value in pairs if equals},
        words=(*(config.entrypoint or ()), *(config.cmd or ())),
        labels=config.labels or {},
        user=config.user,
    )


def mounted_volumes(told: Any) -> dict[str, str]:
    """Target -> volume, of a container as the engine tells it."""
    return {
        str(mount["Destination"]): str(mount["Name"])
        for mount in told.get("Mounts") or ()
        if mount.get("Type") == "volume"
    }


def moment(text: str) -> str:
    """The year 1 is how the engine says that there was none."""
    return "" if text.startswith("0001-") else text


def _asked_ports(host: _HostConfig) -> Iterator[PublishedPort]:
    """What is asked for by number; of a range the engine takes one when the container is started."""
    for inside, bindings in (host.port_bindings or {}).items():
        number, _, protocol = inside.partition("/")
        for binding in bindings or ():
            if binding.host_port.isdigit() and binding.host_port != "0":
                yield PublishedPort(
                    container_port=int(number),
                    protocol=protocol or "tcp",
                    host_ip=binding.host_ip or None,
                    host_port=int(binding.host_port),
                )
