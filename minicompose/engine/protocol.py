"""The engine as the rest of the program sees it: a method per verb, values in, values out.

Every method raises only the exceptions of `minicompose.errors` that derive from `EngineError`.
A `container` argument is an id or a name. All methods may be called from several threads at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import msgspec

from minicompose.engine.builders import Builder
from minicompose.engine.progress import OnProgress, unheard
from minicompose.model import Network, Service, Volume
from minicompose.planning.observed import Health, Observed, ObservedContainer, PublishedPort, State
from minicompose.planning.plan import BuildImage, ContainerSpec, Endpoint


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Frozen and by keyword."""


class EngineInfo(Value, frozen=True, kw_only=True):
    """`api` is the version negotiated: the lower of the engine's and ours, as (1, 41). `builder` builds its images."""

    version: str
    api: tuple[int, int]
    os: str = "linux"
    arch: str = "amd64"
    name: str = "Docker"
    builder: Builder = "classic"


class Abilities(Value, frozen=True, kw_only=True):
    """What the engine's host can do, where hosts differ.

    `runtimes` are those that a container can ask for. `devices` tells whether there is a driver for
    GPUs and the like, None where nothing is known. `without` names the limits that its kernel has no
    control group for: memory, swap, pids, cpuset, cpu_period, cpu_quota, cpu_shares, oom_kill_disable.
    `storage` is what keeps the containers' file systems, on the file system `filesystem`, in the directory `root`.
    `memory` is in bytes, 0 where nothing is known. `is_local`: it is this very machine, and its files and ports are
    those that we see. The drivers are those that it lists; `plugins` are names of others that it would load, None where
    they cannot be seen. `swarm_manager`: it can make what belongs to a swarm. `selinux`: it labels files.
    `cpus` is how many a container may have, and `least_memory` the least bytes; 0 where there is no such rule.
    `makes_checks`: it makes the health checks of its containers by itself.
    """

    os: str = "linux"
    runtimes: frozenset[str] = frozenset({"runc"})
    devices: bool | None = False
    without: frozenset[str] = frozenset()
    storage: str = ""
    filesystem: str = ""
    root: str = ""
    arch: str = ""
    memory: int = 0
    is_local: bool = False
    network_drivers: frozenset[str] = frozenset()
    volume_drivers: frozenset[str] = frozenset()
    log_drivers: frozenset[str] = frozenset()
    plugins: frozenset[str] | None = None
    swarm_manager: bool = False
    selinux: bool = False
    cpus: int = 0
    least_memory: int = 0
    makes_checks: bool = True


class Probe(Value, frozen=True, kw_only=True):
    """One run of a health check: what it ended with, and what it printed."""

    exit_code: int
    output: str = ""


class ContainerState(Value, frozen=True, kw_only=True):
    """One container, inspected. `health_output` is what its last health check printed.

    `probes` are its last health checks, the newest last, of which `failing` in a row have failed. `memory` is
    its limit in bytes, 0 without one; `restarts` is how often its restart policy has started it again.
    `asked_ports` are those that it publishes when it runs, `bind_sources` what it has mounted of the
    engine's machine, by target. Moments are as the engine writes them, empty where there was none.
    """

    id: str
    name: str
    state: State
    health: Health = "none"
    exit_code: int = 0
    oom_killed: bool = False
    error: str = ""
    health_output: str = ""
    tty: bool = False
    probes: tuple[Probe, ...] = ()
    failing: int = 0
    memory: int = 0
    restarts: int = 0
    started_at: str = ""
    finished_at: str = ""
    asked_ports: tuple[PublishedPort, ...] = ()
    bind_sources: dict[str, str] = {}


class ContainerSettings(Value, frozen=True, kw_only=True):
    """What a container was made with, those of its image included. `words` are its entrypoint and its command.

    `user` is as it was asked for, by name or number, with a group or without; empty for root.
    """

    environment: dict[str, str] = {}
    words: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    user: str = ""


class MadeOf(Value, frozen=True, kw_only=True):
    """What a container was made of."""

    service: Service
    endpoints: tuple[Endpoint, ...] = ()


class Drift(Value, frozen=True, kw_only=True):
    """An attribute that somebody has changed of a container, with the value that was asked for and the one found.

    None is no limit; memory is in bytes, `cpus` is how many. `network` is set where it is about how the container is
    on one, by the engine's name: `aliases` that were asked for and are lost, an address that is another one, or
    `networks` where it was put on one besides.
    """

    attribute: str
    asked: str | int | float | None
    found: str | int | float | None
    network: str = ""


class ImageDetails(Value, frozen=True, kw_only=True):
    """`platform` as "linux/arm64/v8", `size` in bytes. `named_at` is the moment, as the engine writes it, at which
    it was given its name; empty where the engine does not know. `names` are all that it has, with their tags.
    """

    id: str
    platform: str
    size: int
    named_at: str = ""
    names: tuple[str, ...] = ()


class Processes(Value, frozen=True, kw_only=True):
    """What runs in a container, as `ps` on the engine's machine tells it: a row for each process."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Usage(Value, frozen=True, kw_only=True):
    """What a container uses. `cpu` is in percent of one processor, the rest in bytes; `memory_limit` is the machine's
    memory where it has no limit of its own. All is 0 for one that does not run.
    """

    cpu: float = 0.0
    memory: int = 0
    memory_limit: int = 0
    received: int = 0
    sent: int = 0
    read: int = 0
    written: int = 0
    processes: int = 0


class UsageStream(Protocol):
    """Once a second what a container uses. Iteration ends after `close` from any thread."""

    def __iter__(self) -> Iterator[Usage]: ...

    def close(self) -> None: ...


class LoggedEvent(Value, frozen=True, kw_only=True):
    """An event of a container, whatever it is, in the engine's words. `attributes` has its labels, too.

    `time` is in nanoseconds since 1970 by the engine's clock.
    """

    action: str
    id: str
    attributes: dict[str, str] = {}
    time: int = 0


class EventLog(Protocol):
    """What the engine has noted, and what happens. Iteration ends when the asked time is over, or after `close`."""

    def __iter__(self) -> Iterator[LoggedEvent]: ...

    def close(self) -> None: ...


class EngineEvent(Value, frozen=True, kw_only=True):
    """Something happened to a container. `action` is the engine's word: create, start, die, stop,
    kill, oom, destroy, rename, pause, unpause, health_status. `health` is set for the last,
    `exit_code` for die. `time` is in nanoseconds since 1970 by the engine's clock.
    """

    action: str
    id: str
    name: str
    service: str = ""
    health: Health = "none"
    exit_code: int | None = None
    time: int = 0


class EventStream(Protocol):
    """A live subscription. Iteration ends when the engine goes away or after `close`."""

    def __iter__(self) -> Iterator[EngineEvent]: ...

    def close(self) -> None:
        """End the iteration, from any thread."""


class LogChunk(Value, frozen=True, kw_only=True):
    """A piece of a container's output, as it came: not necessarily a whole line."""

    stream: str
    data: bytes


class LogStream(Protocol):
    """A container's output. Iteration ends with the output, or after `close` from any thread."""

    def __iter__(self) -> Iterator[LogChunk]: ...

    def close(self) -> None: ...


class ExecSpec(Value, frozen=True, kw_only=True):
    """What `exec` runs. `detach_keys` are those that the engine itself looks for at a terminal, "" for its own."""

    command: tuple[str, ...]
    tty: bool = False
    stdin: bool = False
    detach: bool = False
    user: str = ""
    working_dir: str = ""
    privileged: bool = False
    env: tuple[str, ...] = ()
    detach_keys: str = ""


class Session(Protocol):
    """A command's standard streams, ours for the time; without a tty output comes as chunks of both streams."""

    def output(self) -> Iterator[LogChunk]:
        """The command's output until it ends, or after `close` from any thread; with a tty everything is "stdout"."""

    def write(self, data: bytes) -> None:
        """Send to the command's standard input."""

    def close_input(self) -> None:
        """The command's standard input ends here; where it stays open for others, the session ends a moment later."""

    def resize(self, columns: int, rows: int) -> None: ...

    def close(self) -> None: ...


class ExecSession(Session, Protocol):
    """A command that was started in a running container."""

    def exit_code(self) -> int:
        """The command's exit code; call it when `output` has ended."""


class ByteStream(Protocol):
    """Bytes as they come. Iteration ends with them, or after `close` from any thread."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class FileInContainer(Value, frozen=True, kw_only=True):
    """What lies at a path of a container. `link_target` is where it leads, of a symbolic link."""

    name: str
    is_directory: bool = False
    link_target: str = ""


class CommitSpec(Value, frozen=True, kw_only=True):
    """What `commit` makes an image with; without a `reference` it has no name. `changes` are lines of a Dockerfile."""

    reference: str = ""
    author: str = ""
    message: str = ""
    changes: tuple[str, ...] = ()
    pause: bool = True


class Login(Value, frozen=True, kw_only=True):
    """Who one is for a registry; `server` is its host, or the URL by which Docker Hub is known.

    It has a password, or the `token` that the registry gave for that.
    """

    server: str
    username: str
    password: str = ""
    token: str = ""

    def __repr__(self) -> str:
        """Without what is secret, wherever it may come to be printed."""
        return f"Login(server={self.server!r}, username={self.username!r})"


class Engine(Protocol):
    """One engine, reached. Also a context manager: leaving it closes its connections."""

    @property
    def api_version(self) -> tuple[int, int]:
        """The version of its API that is spoken: the lower of the engine's and ours."""

    @property
    def is_podman(self) -> bool: ...

    def info(self) -> EngineInfo: ...

    def identity(self) -> str:
        """What tells this engine from all others, whatever address it is reached at; stays when it is restarted."""

    def abilities(self) -> Abilities:
        """What its host can do; this takes longer than `info`."""

    def observe(self, project: str) -> Observed:
        """What is there of `project`, in a handful of list calls made side by side."""

    def project_containers(self, project: str) -> tuple[ObservedContainer, ...]:
        """The containers of `project` alone, in one call, for whoever only looks at them."""

    def all_containers(self) -> tuple[ObservedContainer, ...]:
        """All that the engine has, of whatever project or of none."""

    def create_network(self, network: Network, labels: dict[str, str], on_progress: OnProgress = unheard) -> None: ...

    def remove_network(self, network: str) -> None: ...

    def connect_network(self, container: str, endpoint: Endpoint) -> None:
        """Put a container on a network, whether it runs or not."""

    def disconnect_network(self, container: str, network: str) -> None:
        """Take a container off a network, whether it runs or not; NotFound when it is not on it."""

    def create_volume(self, volume: Volume, labels: dict[str, str]) -> None: ...

    def remove_volume(self, volume: str) -> None: ...

    def pull_image(self, image: str, platform: str | None, on_progress: OnProgress) -> None:
        """A registry that falters is tried again; the progress tells of it as `text`."""

    def log_in(self, login: Login) -> Login:
        """Ask the registry; returns what is to be kept, with a token in the password's place where it gives one.

        Raises EngineRefused when the registry does not take it.
        """

    def push_image(self, image: str, on_progress: OnProgress) -> None:
        """Its registry gets the image under its name. NotFound when the engine has no such image."""

    def build_image(self, build: BuildImage, on_progress: OnProgress) -> None:
        """Raises EngineFault with the end of the build's output when a step fails."""

    def call_off(self) -> None:
        """Call off the builds, pulls and pushes that go on; each fails. From any thread."""

    def image_id(self, image: str) -> str | None:
        """The id that the engine has for an image's name, or None when it has no such image."""

    def image_named_at(self, image: str) -> float | None:
        """When the engine gave an image this name, in seconds since 1970: it was pulled, built or tagged then.

        None when it has no such image, or does not say.
        """

    def image_platform(self, image: str, asked: str) -> str | None:
        """What platform the engine has an image for, as "linux/arm64/v8"; None when it has no such image.

        Of one that it has for several it is the one `asked` for.
        """

    def image_details(self, image: str) -> ImageDetails | None:
        """None when the engine has no such image."""

    def image_digest(self, image: str) -> str:
        """The digest that the image's registry has for its name now ("sha256:..."); nothing is pulled."""

    def remove_image(self, image: str) -> None: ...

    def create_container(
        self, name: str, spec: ContainerSpec, keep_volumes_of: str | None, on_progress: OnProgress = unheard
    ) -> str:
        """Create it, connect it to all its networks, put its files in, and return its id.

        If a later call of these fails, what was created is removed again.
        """

    def start_container(self, container: str) -> None: ...

    def stop_container(self, container: str, timeout: int | None) -> None:
        """`timeout` in seconds, None for the container's own. One that does not run is left as it is."""

    def restart_container(self, container: str, timeout: int | None) -> None: ...

    def kill_container(self, container: str, signal: str) -> None: ...

    def pause_container(self, container: str) -> None: ...

    def unpause_container(self, container: str) -> None: ...

    def rename_container(self, container: str, name: str) -> None:
        """One that has the name already is left as it is."""

    def remove_container(self, container: str, *, volumes: bool, force: bool = False) -> None: ...

    def inspect_container(self, container: str) -> ContainerState: ...

    def container_settings(self, container: str) -> ContainerSettings: ...

    def drift(self, containers: Mapping[str, MadeOf]) -> dict[str, tuple[Drift, ...]]:
        """What somebody has changed of containers since they were made: their limits, and how they are on their
        networks; by their ids.

        Containers that are as they were made, or are gone, are left out.
        """

    def events(self, project: str) -> EventStream:
        """Subscribe; when this returns, everything that happens from now on will come."""

    def event_log(self, project: str, *, since: str = "", until: str = "") -> EventLog:
        """All that happened to the project's containers since a time, as far as the engine still knows it, and what
        happens until a time: dates, or spans as "10m" ago; without them from now on, without end.
        """

    def processes(self, container: str) -> Processes:
        """Raises Conflict for one that does not run."""

    def usage(self, container: str, *, follow: bool = False) -> UsageStream:
        """What it uses, over a second; without `follow` it is told once."""

    def logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: str = "",
        until: str = "",
        timestamps: bool = False,
    ) -> LogStream: ...

    def exec(self, container: str, spec: ExecSpec) -> ExecSession: ...

    def attach(self, container: str, *, stdin: bool = True, detach_keys: str = "") -> Session:
        """The streams of a container's own command; when this returns, all that it prints from now on will come.

        `detach_keys` are those that the engine itself looks for, as "ctrl-p,ctrl-q".
        """

    def file_in(self, container: str, path: str) -> FileInContainer:
        """What lies at a path of a container, which need not run; links are not followed, but for those on the way."""

    def read_files(self, container: str, path: str) -> ByteStream:
        """A tar of what lies at a path, as it comes."""

    def write_files(self, container: str, path: str, archive: Iterable[bytes], *, own: bool = False) -> None:
        """Unpack a tar, sent as it is made, in a directory; `own` gives it all to the container's user.

        A directory does not take the place of something else, nor something else that of a directory.
        """

    def export_container(self, container: str) -> ByteStream:
        """A tar of a container's whole file system, as it comes."""

    def commit_container(self, container: str, spec: CommitSpec) -> str:
        """Make an image of a container as it is now; its id."""

    def close(self) -> None: ...


__all__ = [
    "ByteStream",
    "CommitSpec",
    "ContainerSettings",
    "ContainerState",
    "Engine",
    "EngineEvent",
    "EngineInfo",
    "EventLog",
    "EventStream",
    "ExecSession",
    "ExecSpec",
    "FileInContainer",
    "ImageDetails",
    "LogChunk",
    "LogStream",
    "LoggedEvent",
    "Login",
    "ObservedContainer",
    "Probe",
    "Processes",
    "Session",
    "Usage",
    "UsageStream",
]
