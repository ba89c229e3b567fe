"""An engine in memory that keeps the rules of the real one; `tests/engine` holds both to them.

What a container does follows from its spec, as on the real engine: `sleep` and other commands run
until they are stopped, `true`, `false`, `exit N` and `sh -c "...; exit N"` end at once, `echo` prints
and ends; a health check whose command is `false` or `exit 1` fails, any other passes. `script`
says otherwise for a service or an image. Everything happens at once and in the calling thread,
so that the order of events is that of the calls.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any, Self

import msgspec

from minicompose import labels
from minicompose.engine.attached import network_drift
from minicompose.engine.networking import bound_links
from minicompose.engine.progress import OnProgress, Progress, unheard
from minicompose.engine.protocol import (
    Abilities,
    CommitSpec,
    ContainerSettings,
    ContainerState,
    Drift,
    Engine,
    EngineEvent,
    EngineInfo,
    ExecSpec,
    FileInContainer,
    ImageDetails,
    LogChunk,
    LoggedEvent,
    Login,
    MadeOf,
    Probe,
    Processes,
    Usage,
)
from minicompose.errors import Conflict, EngineError, EngineFault, EngineRefused, NotFound
from minicompose.model import Network, Service, Volume
from minicompose.planning.observed import (
    Health,
    Observed,
    ObservedContainer,
    ObservedMount,
    ObservedNetwork,
    ObservedVolume,
    PublishedPort,
    State,
)
from minicompose.planning.plan import BuildImage, ContainerSpec, Endpoint
from tests.fake_files import FakeBytes, FakeFiles

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15}
ALIVE = ("running", "paused", "restarting")
DEADLINE = 10.0


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What containers do when they are started, where it is not what their command says.

    `exits`: end at once with this code. `health`: the states that the health check passes through;
    () leaves it at "starting" until the test says more. `create_fails` and `start_fails` are raised.
    """

    exits: int | None = None
    health: tuple[Health, ...] | None = None
    output: bytes | None = None
    create_fails: EngineError | None = None
    create_warns: tuple[str, ...] = ()
    start_fails: EngineError | None = None


class Call(msgspec.Struct, frozen=True):
    """One call of the engine; `subject` is a name, never an id."""

    verb: str
    subject: str

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}".rstrip()


class Hold:
    """Calls that stand still until the test lets them go on."""

    def __init__(self, verb: str, subject: str | None) -> None:
        self.verb = verb
        self.subject = subject
        self._reached = threading.Semaphore(0)
        self._released = threading.Event()

    def matches(self, call: Call) -> bool:
        return call.verb == self.verb and self.subject in (None, call.subject)

    def block(self) -> None:
        self._reached.release()
        if not self._released.wait(DEADLINE):
            raise AssertionError(f"nobody released the held {self.verb}")

    def wait_reached(self, calls: int = 1) -> None:
        """Return when that many further calls stand here."""
        for _ in range(calls):
            if not self._reached.acquire(timeout=DEADLINE):
                raise AssertionError(f"{self.verb} {self.subject or ''} was not called")

    def release(self) -> None:
        self._released.set()


class _Subscription:
    def __init__(self, engine: "FakeEngine", project: str) -> None:
        self.project = project
        self._engine = engine
        self._queue: SimpleQueue[EngineEvent | None] = SimpleQueue()

    def put(self, event: EngineEvent) -> None:
        self._queue.put(event)

    def __iter__(self) -> Iterator[EngineEvent]:
        while (event := self._queue.get()) is not None:
            yield event

    def close(self) -> None:
        self._engine.unsubscribe(self)
        self._queue.put(None)


class _EventLog:
    """What happened since a time, in seconds since 1970; without an end it goes on until it is closed."""

    def __init__(self, project: str, happened: list[LoggedEvent], *, ends: bool) -> None:
        self.project = project
        self._queue: SimpleQueue[LoggedEvent | None] = SimpleQueue()
        for event in happened:
            self.put(event)
        if ends:
            self.close()

    def put(self, event: LoggedEvent) -> None:
        if event.attributes.get(labels.PROJECT) == self.project:
            self._queue.put(event)

    def __iter__(self) -> Iterator[LoggedEvent]:
        while (event := self._queue.get()) is not None:
            yield event

    def close(self) -> None:
        self._queue.put(None)


class _UsageStream:
    """What a container uses now, and with each further `use` of the test; for one that does not run, nothing."""

    def __init__(self, usage: Usage, *, ends: bool) -> None:
        self._queue: SimpleQueue[Usage | None] = SimpleQueue()
        self.put(usage)
        if ends:
            self.close()

    def put(self, usage: Usage) -> None:
        self._queue.put(usage)

    def __iter__(self) -> Iterator[Usage]:
        while (usage := self._queue.get()) is not None:
            yield usage

    def close(self) -> None:
        self._queue.put(None)


class _Said(msgspec.Struct, frozen=True):
    """Whole lines that a container printed, at a time in seconds since 1970."""

    at: int
    data: bytes
    stream: str = "stdout"


class _Output:
    """A container's log as it grows, or what was in it when it was asked for."""

    def __init__(
        self, container: "_Container", follow: bool, tail: int | None, since: str = "", timestamps: bool = False
    ) -> None:
        chunks = [said for said in container.output if not since or said.at >= float(since)]
        self._first = chunks if tail is None else chunks[len(chunks) - min(tail, len(chunks)) :]
        self._timestamps = timestamps
        self._queue: SimpleQueue[_Said | None] | None = None
        if follow and container.state in ALIVE:
            self._queue = SimpleQueue()
            container.followers.append(self._queue)

    def __iter__(self) -> Iterator[LogChunk]:
        for said in self._first:
            yield self._chunk(said)
        while self._queue is not None and (next_said := self._queue.get()) is not None:
            yield self._chunk(next_said)

    def _chunk(self, said: "_Said") -> LogChunk:
        if not self._timestamps:
            return LogChunk(stream=said.stream, data=said.data)
        time = datetime.fromtimestamp(said.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000000Z ").encode()
        return LogChunk(stream=said.stream, data=b"".join(time + line for line in said.data.splitlines(keepends=True)))

    def close(self) -> None:
        if self._queue is not None:
            self._queue.put(None)


class _Exec:
    """A command that prints its own words, or ends as `exit N` says; `env`, `pwd` and `id -u` tell where it runs."""

    def __init__(self, spec: ExecSpec, service: Service) -> None:
        self._outcome = _told_of(spec, service) or _outcome(spec.command)
        self._given = b""

    def output(self) -> Iterator[LogChunk]:
        if self._outcome.output:
            yield LogChunk(stream="stdout", data=self._outcome.output)
        if self._given:
            yield LogChunk(stream="stdout", data=self._given)

    def write(self, data: bytes) -> None:
        self._given += data

    def close_input(self) -> None: ...

    def resize(self, columns: int, rows: int) -> None: ...

    def exit_code(self) -> int:
        return self._outcome.exits or 0

    def close(self) -> None: ...


class _Attached:
    """The streams of a container's own command; `cat` prints what it is given and ends with its input, if that ends."""

    def __init__(self, engine: "FakeEngine", container: "_Container") -> None:
        self._engine = engine
        self._container = container
        self._queue: SimpleQueue[_Said | None] = SimpleQueue()
        self._given = b""
        self._is_cat = (container.spec.service.command or ())[:1] == ("cat",)
        container.followers.append(self._queue)

    def output(self) -> Iterator[LogChunk]:
        while (said := self._queue.get()) is not None:
            yield LogChunk(stream=said.stream, data=said.data)

    def write(self, data: bytes) -> None:
        if self._is_cat and not self._container.spec.input_once:
            self._engine.say(self._container.id, data)
        self._given += data

    def close_input(self) -> None:
        if self._is_cat and self._container.spec.input_once:
            self._engine.say(self._container.id, self._given)
            self._engine.exit(self._container.id, 0)
        elif not self._container.spec.input_once:
            self.close()

    def resize(self, columns: int, rows: int) -> None: ...

    def close(self) -> None:
        self._queue.put(None)


class _Container:
    def __init__(self, id: str, name: str, spec: ContainerSpec, image_id: str, created: int) -> None:
        self.id = id
        self.name = name
        self.spec = spec
        self.image_id = image_id
        self.created = created
        self.labels = {**spec.labels, labels.IMAGE: image_id}
        self.state: State = "created"
        self.health: Health = "none"
        self.exit_code = 0
        self.error = ""
        self.health_output = ""
        self.probes: tuple[Probe, ...] = ()
        self.started = 0
        self.finished = 0
        self.volumes: dict[str, str] = {}
        self.anonymous: set[str] = set()
        # Until it is started for the first time the ids of its networks are not known.
        self.by_hand: dict[str, Any] = {}
        self.networks: dict[str, str] = {endpoint.network: "" for endpoint in spec.endpoints}
        self.aliases = {endpoint.network: endpoint.aliases for endpoint in spec.endpoints}
        self.output: list[_Said] = []
        self.followers: list[SimpleQueue[_Said | None]] = []
        self.files = FakeFiles()
        self.usage = Usage(memory=1 << 20, memory_limit=1 << 30, processes=1)
        self.watchers: list[_UsageStream] = []

    def attachments(self) -> dict[str, dict[str, tuple[str, ...]]]:
        return {name: {"Aliases": self.aliases.get(name, ())} for name in self.networks}

    def say(self, said: _Said) -> None:
        self.output.append(said)
        for follower in self.followers:
            follower.put(said)

    def fall_silent(self) -> None:
        for follower in self.followers:
            follower.put(None)
        self.followers.clear()


class FakeEngine:
    """`Engine` in memory. `calls` is what was asked of it, in order; reads are not in it.

    `execs` are the commands that were run, each with its container's name; `commits` what images were made with.
    """

    def __init__(self, *images: str, api: tuple[int, int] = (1, 51), identity: str = "in memory") -> None:
        self.calls: list[Call] = []
        self.execs: list[tuple[str, ExecSpec]] = []
        self.commits: list[CommitSpec] = []
        self.most_at_once = 0
        self.registry: dict[str, str] = {}
        self.passwords: dict[tuple[str, str], str] = {}
        self.host = Abilities()
        self.closed = False
        self._api = api
        self._identity = identity
        self._lock = threading.RLock()
        self._ids = 0
        self._clock = 1_700_000_000
        self._in_flight = 0
        self._holds: list[Hold] = []
        self._failures: list[tuple[str, str | None, EngineError]] = []
        self._behaviours: dict[str, Behaviour] = {}
        self._subscriptions: list[_Subscription] = []
        self._happened: list[LoggedEvent] = []
        self._event_logs: list[_EventLog] = []
        self._containers: dict[str, _Container] = {}
        self._networks: dict[str, ObservedNetwork] = {
            id: ObservedNetwork(id=id, name=name, driver=driver)
            for id, name, driver in (
                (self._new_id("network"), "bridge", "bridge"),
                (self._new_id("network"), "host", "host"),
                (self._new_id("network"), "none", "null"),
            )
        }
        self._volumes: dict[str, ObservedVolume] = {}
        self._images: dict[str, str] = {}
        self._nameless: set[str] = set()
        self._named_at: dict[str, float] = {}
        self._platforms: dict[str, str] = {}
        for image in images:
            self.add_image(image)

    # ---- what a test says ----

    def add_image(self, image: str, id: str | None = None) -> str:
        """The engine has this image, from now on under this id."""
        with self._lock:
            self._images[_tagged(image)] = id or self._new_id("image")
            return self._images[_tagged(image)]

    def offer_image(self, image: str, id: str | None = None) -> str:
        """A registry has this image: a pull will bring it."""
        with self._lock:
            self.registry[_tagged(image)] = id or self._new_id("image")
            return self.registry[_tagged(image)]

    def script(self, service_or_image: str, behaviour: Behaviour) -> None:
        """What containers of that service, or else of that image, do."""
        with self._lock:
            self._behaviours[service_or_image] = behaviour

    def fail(self, verb: str, subject: str | None, error: EngineError) -> None:
        """The next such call raises `error`; for an already failing one it is the call after that."""
        with self._lock:
            self._failures.append((verb, subject, error))

    def hold(self, verb: str, subject: str | None = None) -> Hold:
        """Calls of `verb` (about `subject`) stand still, before they take effect, until released."""
        with self._lock:
            self._holds.append(Hold(verb, subject))
            return self._holds[-1]

    def called(self, *verbs: str) -> list[str]:
        """The calls as "verb subject", those of `verbs` alone where any are named."""
        with self._lock:
            return [str(call) for call in self.calls if not verbs or call.verb in verbs]

    def become(self, container: str, health: Health, output: str = "") -> None:
        """A health check has been run, with this result."""
        with self._lock:
            found = self._find(container)
            found.health_output = output
            self._set_health(found, health)

    def exit(self, container: str, code: int) -> None:
        """A container's command ends by itself."""
        with self._lock:
            self._die(self._find(container), code)

    def say(self, container: str, data: bytes) -> None:
        """A container prints something."""
        with self._lock:
            self._clock += 1
            self._find(container).say(_Said(self._clock, data))

    def use(self, container: str, usage: Usage) -> None:
        """A container uses so much from now on."""
        with self._lock:
            found = self._find(container)
            found.usage = usage
            for watcher in found.watchers:
                watcher.put(usage)

    def end_events(self) -> None:
        """The engine closes every event stream, as one does that stops."""
        with self._lock:
            for log in self._event_logs:
                log.close()
            for subscription in list(self._subscriptions):
                subscription.close()

    @property
    def containers(self) -> dict[str, ContainerState]:
        """All containers by name."""
        with self._lock:
            return {found.name: _state_of(found) for found in self._containers.values()}

    @property
    def specs(self) -> dict[str, ContainerSpec]:
        """What each container, by name, was asked to be."""
        with self._lock:
            return {found.name: found.spec for found in self._containers.values()}

    def names_on(self, network: str) -> dict[str, tuple[str, ...]]:
        """What the containers of a network answer to there, by their names."""
        with self._lock:
            return {
                found.name: found.aliases[network] for found in self._containers.values() if network in found.networks
            }

    def mounted_volumes(self, container: str) -> set[str]:
        """The names of the volumes that a container has, anonymous ones included."""
        with self._lock:
            return set(self._find(container).volumes.values())

    @property
    def networks(self) -> list[str]:
        with self._lock:
            return [network.name for network in self._networks.values()]

    @property
    def volumes(self) -> list[str]:
        with self._lock:
            return list(self._volumes)

    @property
    def images(self) -> dict[str, str]:
        with self._lock:
            return dict(self._images)

    # ---- the engine ----

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.end_events()
        self.closed = True

    @property
    def api_version(self) -> tuple[int, int]:
        return self._api

    @property
    def is_podman(self) -> bool:
        return False

    def info(self) -> EngineInfo:
        return EngineInfo(version="28.0.0", api=self._api, name="fake")

    def identity(self) -> str:
        return self._identity

    def abilities(self) -> Abilities:
        return self.host

    def observe(self, project: str) -> Observed:
        with self._lock:
            return Observed(
                project=project,
                containers=tuple(
                    self._observed(found)
                    for found in self._containers.values()
                    if found.labels.get(labels.PROJECT) == project
                ),
                networks=tuple(self._networks.values()),
                volumes=tuple(self._volumes.values()),
                images=dict(self._images),
            )

    def project_containers(self, project: str) -> tuple[ObservedContainer, ...]:
        return self.observe(project).containers

    def all_containers(self) -> tuple[ObservedContainer, ...]:
        with self._lock:
            return tuple(self._observed(found) for found in self._containers.values())

    def create_network(self, network: Network, labels: dict[str, str], on_progress: OnProgress = unheard) -> None:
        del on_progress
        with self._call("create_network", network.name):
            if any(there.name == network.name for there in self._networks.values()):
                raise Conflict(f"network with name {network.name} already exists", status=409)
            id = self._new_id("network")
            self._networks[id] = ObservedNetwork(
                id=id,
                name=network.name,
                driver=network.driver or "bridge",
                labels={**(network.labels or {}), **labels},
                definition=msgspec.structs.replace(network, labels=None, extensions=None),
            )

    def remove_network(self, network: str) -> None:
        with self._call("remove_network", self._network_name(network)):
            id = self._network_id(network)
            if id is None:
                raise NotFound(f"network {network} not found", status=404)
            if any(id in found.networks.values() for found in self._containers.values() if found.state in ALIVE):
                raise Conflict(f"network {self._network_name(network)} has active endpoints", status=403)
            del self._networks[id]

    def connect_network(self, container: str, endpoint: Endpoint) -> None:
        with self._call("connect_network", f"{self._container_name(container)} {endpoint.network}"):
            found = self._find(container)
            id = self._network_id(endpoint.network)
            if id is None:
                raise NotFound(f"network {endpoint.network} not found", status=404)
            if endpoint.network in found.networks:
                raise EngineRefused(f"endpoint with name {found.name} already exists in network", status=403)
            found.networks[self._networks[id].name] = id
            found.aliases[self._networks[id].name] = endpoint.aliases

    def disconnect_network(self, container: str, network: str) -> None:
        with self._call("disconnect_network", f"{self._container_name(container)} {self._network_name(network)}"):
            found = self._find(container)
            name = self._network_name(network)
            if name not in found.networks:
                raise NotFound(f"container {found.id} is not connected to network {network}", status=404)
            del found.networks[name]

    def create_volume(self, volume: Volume, labels: dict[str, str]) -> None:
        with self._call("create_volume", volume.name):
            self._volumes.setdefault(
                volume.name,
                ObservedVolume(
                    name=volume.name,
                    driver=volume.driver or "local",
                    labels={**(volume.labels or {}), **labels},
                    mountpoint=f"/var/lib/docker/volumes/{volume.name}/_data",
                ),
            )

    def remove_volume(self, volume: str) -> None:
        with self._call("remove_volume", volume):
            if volume not in self._volumes:
                raise NotFound(f"get {volume}: no such volume", status=404)
            if any(volume in found.volumes.values() for found in self._containers.values()):
                raise Conflict(f"remove {volume}: volume is in use", status=409)
            del self._volumes[volume]

    def pull_image(self, image: str, platform: str | None, on_progress: OnProgress) -> None:
        with self._call("pull_image", image):
            if _tagged(image) not in self.registry:
                raise NotFound(f"manifest for {_tagged(image)} not found", status=404)
            self._name(image, self.registry[_tagged(image)])
            if platform is not None:
                self._platforms[_tagged(image)] = platform
        on_progress(Progress(layer="0123456789ab", status="Downloading", current=1, total=2))
        on_progress(Progress(layer="0123456789ab", status="Pull complete"))

    def log_in(self, login: Login) -> Login:
        with self._call("log_in", login.server):
            if self.passwords.get((login.server, login.username)) != login.password:
                raise EngineRefused(f"login attempt to http://{login.server}/v2/ failed with status: 401", status=401)
            return login

    def push_image(self, image: str, on_progress: OnProgress) -> None:
        with self._call("push_image", image):
            if _tagged(image) not in self._images:
                raise NotFound(f"An image does not exist locally with the tag: {image}", status=404)
            self.registry[_tagged(image)] = self._images[_tagged(image)]
        on_progress(Progress(layer="0123456789ab", status="Pushing", current=1, total=2))
        on_progress(Progress(layer="0123456789ab", status="Pushed"))

    def build_image(self, build: BuildImage, on_progress: OnProgress) -> None:
        with self._call("build_image", build.image):
            id = self._new_id("image")
            for name in (build.image, *(build.build.tags or ())):
                self._name(name, id)
        on_progress(Progress(text="Successfully built\n"))

    def call_off(self) -> None:
        """Nothing takes any time here."""

    def image_digest(self, image: str) -> str:
        with self._call("image_digest", image):
            if _tagged(image) not in self.registry:
                raise NotFound("manifest unknown: manifest unknown", status=404)
            return self.registry[_tagged(image)]

    def image_id(self, image: str) -> str | None:
        with self._lock:
            known = image in self._images.values() or image in self._nameless
            return image if known else self._images.get(_tagged(image))

    def image_named_at(self, image: str) -> float | None:
        with self._lock:
            return self._named_at.get(_tagged(image))

    def image_platform(self, image: str, asked: str) -> str | None:
        del asked
        with self._lock:
            return None if self.image_id(image) is None else self._platforms.get(_tagged(image), "linux/amd64")

    def image_details(self, image: str) -> ImageDetails | None:
        with self._lock:
            id = self.image_id(image)
            if id is None:
                return None
            named = next((at for name, at in self._named_at.items() if self._images[name] == id), 0)
            names = tuple(
                name for name, its_id in self._images.items() if its_id == id and not name.startswith("sha256:")
            )
            at = _moment(int(named))
            return ImageDetails(id=id, platform="linux/amd64", size=1_984_132, named_at=at, names=names)

    def remove_image(self, image: str) -> None:
        with self._call("remove_image", image):
            id = self.image_id(image)
            if id is None:
                raise NotFound(f"No such image: {_tagged(image)}", status=404)
            names = [name for name, its_id in self._images.items() if its_id == id]
            if len(names) <= 1 and any(found.image_id == id for found in self._containers.values()):
                raise Conflict(f"unable to remove {image}: container is using it", status=409)
            if id in self._nameless:
                self._nameless.discard(id)
                return
            del self._images[_tagged(image)]
            self._named_at.pop(_tagged(image), None)

    def create_container(
        self, name: str, spec: ContainerSpec, keep_volumes_of: str | None, on_progress: OnProgress = unheard
    ) -> str:
        with self._call("create_container", name):
            if (fails := self._behaviour(spec).create_fails) is not None:
                raise fails
            image_id = self.image_id(spec.image)
            if image_id is None:
                raise NotFound(f"No such image: {_tagged(spec.image)}", status=404)
            if (taken := self._named(name)) is not None:
                raise Conflict(f'the name "{name}" is already in use by container {taken.id[:12]}', status=409)
            for link in bound_links(spec):
                self._find(link.partition(":")[0])
            kept = self._find(keep_volumes_of).volumes if keep_volumes_of else {}
            self._clock += 1
            container = _Container(self._new_id("container"), name, spec, image_id, self._clock)
            self._mount_volumes(container, kept)
            self._containers[container.id] = container
            self._emit(container, "create")
        for warning in self._behaviour(spec).create_warns:
            on_progress(Progress(warning=warning))
        return container.id

    def start_container(self, container: str) -> None:
        with self._call("start_container", self._container_name(container)):
            self._start(self._find(container))

    def stop_container(self, container: str, timeout: int | None) -> None:
        with self._call("stop_container", self._container_name(container)):
            self._stop(self._find(container))

    def restart_container(self, container: str, timeout: int | None) -> None:
        with self._call("restart_container", self._container_name(container)):
            found = self._find(container)
            self._stop(found)
            self._start(found)
            self._emit(found, "restart")

    def kill_container(self, container: str, signal: str) -> None:
        with self._call("kill_container", self._container_name(container)):
            found = self._find(container)
            if found.state not in ALIVE:
                raise Conflict(f"container {found.name} is not running", status=409)
            number = SIGNALS[signal.removeprefix("SIG")]
            self._emit(found, "kill")
            if signal.removeprefix("SIG") == "KILL" or found.spec.service.init:
                self._die(found, 128 + number)

    def pause_container(self, container: str) -> None:
        with self._call("pause_container", self._container_name(container)):
            found = self._find(container)
            if found.state != "running":
                raise Conflict(f"container {found.name} is not running", status=409)
            found.state = "paused"
            self._emit(found, "pause")

    def unpause_container(self, container: str) -> None:
        with self._call("unpause_container", self._container_name(container)):
            found = self._find(container)
            if found.state != "paused":
                raise EngineFault(f"container {found.name} is not paused", status=500)
            found.state = "running"
            self._emit(found, "unpause")

    def rename_container(self, container: str, name: str) -> None:
        with self._call("rename_container", f"{self._container_name(container)} {name}"):
            found = self._find(container)
            if found.name == name:
                return
            if (taken := self._named(name)) is not None:
                raise Conflict(f'the name "{name}" is already in use by container {taken.id[:12]}', status=409)
            found.name = name
            self._emit(found, "rename")

    def remove_container(self, container: str, *, volumes: bool, force: bool = False) -> None:
        with self._call("remove_container", self._container_name(container)):
            found = self._find(container)
            if found.state in ALIVE:
                if not force:
                    raise Conflict(f"you cannot remove a running container {found.name}", status=409)
                self._emit(found, "kill")
                self._die(found, 137)
            del self._containers[found.id]
            used = {name for other in self._containers.values() for name in other.volumes.values()}
            for volume in found.anonymous - used if volumes else ():
                self._volumes.pop(volume, None)
            self._emit(found, "destroy")

    def inspect_container(self, container: str) -> ContainerState:
        with self._lock:
            return _state_of(self._find(container))

    def container_settings(self, container: str) -> ContainerSettings:
        with self._lock:
            found = self._find(container)
            service = found.spec.service
            given = {name: value for name, value in (service.environment or {}).items() if value is not None}
            return ContainerSettings(
                environment={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **given},
                words=(*(service.entrypoint or ()), *(service.command or ())),
                labels=dict(found.labels),
                user=service.user or "",
            )

    def limit_by_hand(self, container: str, attribute: str, value: str | int | float) -> None:
        """As with `docker update`."""
        self._find(container).by_hand[attribute] = value

    def drift(self, containers: Mapping[str, MadeOf]) -> dict[str, tuple[Drift, ...]]:
        with self._lock:
            told = {
                id: (
                    *(
                        Drift(attribute=name, asked=getattr(asked.service, name), found=value)
                        for name, value in self._containers[id].by_hand.items()
                        if value != getattr(asked.service, name)
                    ),
                    *network_drift(asked.endpoints, self._containers[id].attachments()),
                )
                for id, asked in containers.items()
                if id in self._containers
            }
        return {id: its for id, its in told.items() if its}

    def events(self, project: str) -> _Subscription:
        with self._lock:
            self._subscriptions.append(_Subscription(self, project))
            return self._subscriptions[-1]

    def unsubscribe(self, subscription: _Subscription) -> None:
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def event_log(self, project: str, *, since: str = "", until: str = "") -> _EventLog:
        """Times are seconds since 1970; all that has an end ends at once."""
        with self._lock:
            happened = [
                event
                for event in self._happened
                if since
                and event.time >= float(since) * 1_000_000_000
                and (not until or event.time <= float(until) * 1_000_000_000)
            ]
            log = _EventLog(project, happened, ends=bool(until))
            self._event_logs.append(log)
            return log

    def processes(self, container: str) -> Processes:
        with self._lock:
            found = self._find(container)
            if found.state not in ALIVE:
                raise Conflict(f"container {found.id} is not running", status=409)
            words = " ".join((*(found.spec.service.entrypoint or ()), *(found.spec.service.command or ())))
            return Processes(
                titles=("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"),
                rows=(("root", "100", "1", "0", "12:00", "?", "00:00:00", words),),
            )

    def usage(self, container: str, *, follow: bool = False) -> _UsageStream:
        with self._lock:
            found = self._find(container)
            alive = found.state in ALIVE
            stream = _UsageStream(found.usage if alive else Usage(), ends=not follow)
            if follow:
                found.watchers.append(stream)
            return stream

    def logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: str = "",
        until: str = "",
        timestamps: bool = False,
    ) -> _Output:
        with self._lock:
            return _Output(self._find(container), follow, tail, since, timestamps)

    def exec(self, container: str, spec: ExecSpec) -> _Exec:
        with self._call("exec", self._container_name(container)):
            found = self._find(container)
            if found.state != "running":
                raise Conflict(f"container {found.name} is not running", status=409)
            self.execs.append((found.name, spec))
            return _Exec(spec, found.spec.service)

    def attach(self, container: str, *, stdin: bool = True, detach_keys: str = "") -> _Attached:
        del stdin, detach_keys
        with self._call("attach", self._container_name(container)):
            return _Attached(self, self._find(container))

    def file_in(self, container: str, path: str) -> FileInContainer:
        with self._lock:
            return self._find(container).files.told(path)

    def read_files(self, container: str, path: str) -> FakeBytes:
        with self._lock:
            return self._find(container).files.read(path)

    def write_files(self, container: str, path: str, archive: Iterable[bytes], *, own: bool = False) -> None:
        del own
        with self._call("write_files", self._container_name(container)):
            self._find(container).files.write(path, archive)

    def export_container(self, container: str) -> FakeBytes:
        with self._lock:
            return self._find(container).files.all()

    def commit_container(self, container: str, spec: CommitSpec) -> str:
        with self._call("commit_container", self._container_name(container)):
            self._find(container)
            self.commits.append(spec)
            id = self._new_id("image")
            if spec.reference:
                self._name(spec.reference, id)
            return id

    # ---- inside ----

    @contextmanager
    def _call(self, verb: str, subject: str) -> Iterator[None]:
        """Log the call, stand still where a test holds it, fail where it says so, then work alone."""
        call = Call(verb, subject)
        with self._lock:
            self.calls.append(call)
            self._in_flight += 1
            self.most_at_once = max(self.most_at_once, self._in_flight)
            holds = [hold for hold in self._holds if hold.matches(call)]
        try:
            for hold in holds:
                hold.block()
            with self._lock:
                self._raise_if_told(call)
                yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def _raise_if_told(self, call: Call) -> None:
        for told in self._failures:
            verb, subject, error = told
            if verb == call.verb and subject in (None, call.subject):
                self._failures.remove(told)
                raise error

    def _new_id(self, kind: str) -> str:
        self._ids += 1
        if kind == "image":
            return f"sha256:{self._ids:064x}"
        return f"{self._ids:012x}".ljust(64, {"container": "c", "network": "f", "volume": "e"}[kind])

    def _name(self, image: str, id: str) -> None:
        self._clock += 1
        before = self._images.get(_tagged(image))
        self._images[_tagged(image)] = id
        if before is not None and before not in self._images.values():
            self._nameless.add(before)
        self._named_at[_tagged(image)] = self._clock

    def _named(self, name: str) -> _Container | None:
        return next((found for found in self._containers.values() if found.name == name), None)

    def _find(self, container: str) -> _Container:
        found = self._containers.get(container) or self._named(container)
        if found is None and len(container) >= 12:
            found = next((there for id, there in self._containers.items() if id.startswith(container)), None)
        if found is None:
            raise NotFound(f"No such container: {container}", status=404)
        return found

    def _container_name(self, container: str) -> str:
        with self._lock:
            try:
                return self._find(container).name
            except NotFound:
                return container

    def _network_id(self, network: str) -> str | None:
        with self._lock:
            if network in self._networks:
                return network
            return next((id for id, there in self._networks.items() if there.name == network), None)

    def _network_name(self, network: str) -> str:
        with self._lock:
            there = self._networks.get(network)
            return there.name if there is not None else network

    def _connect(self, container: _Container, network: str) -> None:
        id = self._network_id(network)
        if id is None:
            raise NotFound(f"network {network} not found", status=404)
        container.networks[self._network_name(id)] = id

    def _mount_volumes(self, container: _Container, kept: dict[str, str]) -> None:
        for mount in container.spec.service.volumes or ():
            if mount.type != "volume":
                continue
            name = mount.source or kept.get(mount.target) or self._new_id("volume")
            if not mount.source:
                container.anonymous.add(name)
            container.volumes[mount.target] = name
            self._volumes.setdefault(name, ObservedVolume(name=name))

    def _behaviour(self, spec: ContainerSpec) -> Behaviour:
        """What was scripted for the service or the image; for the rest what the spec says."""
        scripted = self._behaviours.get(spec.service.name) or self._behaviours.get(spec.image) or Behaviour()
        words = (*(spec.service.entrypoint or ()), *(spec.service.command or ()))
        by_words = _outcome(words)
        return Behaviour(
            exits=by_words.exits if scripted.exits is None else scripted.exits,
            output=by_words.output if scripted.output is None else scripted.output,
            health=_checked_health(spec.service) if scripted.health is None else scripted.health,
            create_fails=scripted.create_fails,
            create_warns=scripted.create_warns,
            start_fails=scripted.start_fails,
        )

    def _start(self, container: _Container) -> None:
        if container.state in ALIVE:
            return
        behaviour = self._behaviour(container.spec)
        try:
            if behaviour.start_fails is not None:
                raise behaviour.start_fails
            for network in list(container.networks):
                self._connect(container, network)
        except EngineError as error:
            container.error = error.message
            container.exit_code = 128
            raise
        container.state, container.error, container.exit_code = "running", "", 0
        container.started, container.probes = self._clock, ()
        container.health = "starting" if _has_check(container.spec.service) else "none"
        self._emit(container, "start")
        if behaviour.output:
            self._clock += 1
            container.say(_Said(self._clock, behaviour.output))
        for health in behaviour.health or ():
            self._set_health(container, health)
        if behaviour.exits is not None:
            self._die(container, behaviour.exits)

    def _stop(self, container: _Container) -> None:
        if container.state not in ALIVE:
            return
        self._emit(container, "kill")
        self._die(container, 143 if container.spec.service.init else 137)
        self._emit(container, "stop")

    def _die(self, container: _Container, code: int) -> None:
        container.state, container.exit_code, container.finished = "exited", code, self._clock
        if container.health != "none":
            container.health = "unhealthy"
        container.fall_silent()
        self._emit(container, "die", exit_code=code)
        if container.spec.removed_at_end:
            del self._containers[container.id]
            self._emit(container, "destroy")

    def _set_health(self, container: _Container, health: Health) -> None:
        container.health = health
        if health != "starting":
            probe = Probe(exit_code=0 if health == "healthy" else 1, output=container.health_output)
            container.probes = (*container.probes[-4:], probe)
        self._emit(container, "health_status", health=health)

    def _emit(
        self, container: _Container, action: str, *, health: Health = "none", exit_code: int | None = None
    ) -> None:
        self._clock += 1
        event = EngineEvent(
            action=action,
            id=container.id,
            name=container.name,
            service=container.labels.get(labels.SERVICE, ""),
            health=health,
            exit_code=exit_code,
            time=self._clock * 1_000_000_000,
        )
        told = LoggedEvent(
            action=f"{action}: {health}" if action == "health_status" else action,
            id=container.id,
            attributes={
                "image": container.spec.image,
                "name": container.name,
                **({} if exit_code is None else {"exitCode": str(exit_code)}),
                **container.labels,
            },
            time=event.time,
        )
        self._happened.append(told)
        for log in self._event_logs:
            log.put(told)
        for subscription in self._subscriptions:
            if subscription.project == container.labels.get(labels.PROJECT):
                subscription.put(event)

    def _observed(self, container: _Container) -> ObservedContainer:
        its = container.labels
        return ObservedContainer(
            id=container.id,
            name=container.name,
            service=its.get(labels.SERVICE, ""),
            number=int(its.get(labels.NUMBER, "0") or 0),
            state=container.state,
            oneoff=its.get(labels.ONEOFF) == "True",
            health=container.health if container.state == "running" else "none",
            exit_code=container.exit_code if container.state == "exited" else None,
            image=container.spec.image,
            image_id=container.image_id,
            labels=dict(its),
            networks=dict(container.networks),
            ports=_published(container.spec.service) if container.state == "running" else (),
            command=" ".join(container.spec.service.command or ()),
            created=container.created,
            status=_sentence(container),
            mounts=tuple(
                ObservedMount(type="volume", target=target, name=name, driver="local")
                for target, name in container.volumes.items()
            ),
        )


def _keeps_the_protocol(fake: FakeEngine) -> Engine:
    """For the type checker."""
    return fake


def counted(calls: list[str]) -> Counter[str]:
    """How often each verb is among `calls`."""
    return Counter(call.split()[0] for call in calls)


class _Outcome(msgspec.Struct, frozen=True, kw_only=True):
    exits: int | None = None
    output: bytes = b""


def _outcome(words: tuple[str, ...]) -> _Outcome:
    """What a command does: None for `exits` means that it runs until it is stopped."""
    match words:
        case ("sh" | "/bin/sh", "-c", script):
            return _script_outcome(script)
        case ("true",):
            return _Outcome(exits=0)
        case ("false",):
            return _Outcome(exits=1)
        case ("echo", *rest):
            return _Outcome(exits=0, output=" ".join(rest).encode() + b"\n")
        case _:
            return _Outcome()


def _told_of(spec: ExecSpec, service: Service) -> _Outcome | None:
    """What a command prints that tells of its surroundings."""
    match spec.command:
        case ("env",):
            variables: dict[str, str | None] = dict(service.environment or {})
            for entry in spec.env:
                name, equals, value = entry.partition("=")
                variables[name] = value if equals else None
            lines = [f"{name}={value}" for name, value in variables.items() if value is not None]
        case ("pwd",):
            lines = [spec.working_dir or service.working_dir or "/"]
        case ("id", "-u"):
            lines = [spec.user or service.user or "0"]
        case _:
            return None
    return _Outcome(exits=0, output="".join(f"{line}\n" for line in lines).encode())


def _script_outcome(script: str) -> _Outcome:
    output = b"".join(said.strip().encode() + b"\n" for said in re.findall(r"echo ([^;&|]*)", script))
    if (ends := re.search(r"exit (\d+)\s*$", script)) is not None:
        return _Outcome(exits=int(ends[1]), output=output)
    lasts = re.search(r"\b(sleep|tail|cat|httpd|nc)\b", script) is not None
    return _Outcome(exits=None if lasts else 0, output=output)


def _has_check(service: Service) -> bool:
    check = service.healthcheck
    return check is not None and not check.disable and bool(check.test) and check.test != ("NONE",)


def _checked_health(service: Service) -> tuple[Health, ...]:
    if not _has_check(service) or service.healthcheck is None or service.healthcheck.test is None:
        return ()
    kind, *words = service.healthcheck.test
    outcome = _script_outcome(" ".join(words)) if kind == "CMD-SHELL" else _outcome(tuple(words))
    failing = outcome.exits not in (None, 0) or words == ["false"]
    return ("unhealthy",) if failing else ("healthy",)


def _state_of(container: _Container) -> ContainerState:
    return ContainerState(
        id=container.id,
        name=container.name,
        state=container.state,
        health=container.health,
        exit_code=container.exit_code,
        error=container.error,
        health_output=container.health_output,
        tty=bool(container.spec.service.tty),
        probes=container.probes,
        failing=len(container.probes) if container.health == "unhealthy" else 0,
        memory=int(container.spec.service.mem_limit or 0),
        started_at=_moment(container.started),
        finished_at=_moment(container.finished),
        asked_ports=_published(container.spec.service),
        bind_sources={
            mount.target: mount.source or "" for mount in container.spec.service.volumes or () if mount.type == "bind"
        },
    )


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000000Z") if at else ""


def _published(service: Service) -> tuple[PublishedPort, ...]:
    return tuple(
        PublishedPort(
            container_port=port.target,
            protocol=port.protocol,
            host_ip=port.host_ip or "0.0.0.0",
            host_port=int(port.published),
        )
        for port in service.ports or ()
        if port.published and port.published.isdigit()
    )


def _sentence(container: _Container) -> str:
    match container.state:
        case "created":
            return "Created"
        case "exited":
            return f"Exited ({container.exit_code}) 1 second ago"
        case "paused":
            return "Up 1 second (Paused)"
        case "running" if container.health == "starting":
            return "Up 1 second (health: starting)"
        case "running" if container.health != "none":
            return f"Up 1 second ({container.health})"
        case _:
            return "Up 1 second"


def _tagged(image: str) -> str:
    if image.startswith("sha256:") or "@" in image:
        return image
    return image if ":" in image.rsplit("/", 1)[-1] else f"{image}:latest"
