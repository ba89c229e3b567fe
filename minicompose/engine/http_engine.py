"""`Engine` over the engine's HTTP API."""

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from minicompose import labels as known_labels
from minicompose.engine.api import Api
from minicompose.engine.attached import network_drift
from minicompose.engine.builders import Builder, builder_of, chosen_builder
from minicompose.engine.credentials import Credentials
from minicompose.engine.limits import drift
from minicompose.engine.listing import containers_in, observed
from minicompose.engine.networking import bound_links, connected_later, endpoint_body, links_of
from minicompose.engine.protocol import (
    Abilities,
    CommitSpec,
    ContainerSettings,
    ContainerState,
    Drift,
    EngineInfo,
    ExecSpec,
    FileInContainer,
    ImageDetails,
    Login,
    MadeOf,
    OnProgress,
    Probe,
    Processes,
    Progress,
    unheard,
)
from minicompose.engine.registry import follow_transfer, name_and_tag
from minicompose.engine.retrying import retried
from minicompose.engine.streams import (
    HttpBytes,
    HttpEventLog,
    HttpEvents,
    HttpExec,
    HttpLogs,
    HttpSession,
    file_told,
)
from minicompose.engine.translate import container_body, network_body, service_body, volume_body
from minicompose.engine.transport import Query
from minicompose.engine.underway import EndBy, Underway
from minicompose.errors import CalledOff, Conflict, EngineError, NotFound
from minicompose.model import Network, Volume
from minicompose.planning.observed import Health, Observed, ObservedContainer, PublishedPort, State
from minicompose.planning.plan import BuildImage, ContainerSpec, Endpoint
from minicompose.regex import regex

if TYPE_CHECKING:
    from minicompose.engine.usage import HttpUsage

# What is subscribed to; a health check makes three exec events each time, which nobody reads.
_EVENTS = [
    "create",
    "start",
    "die",
    "stop",
    "kill",
    "oom",
    "destroy",
    "rename",
    "pause",
    "unpause",
    "restart",
    "health_status",
]
_Result = TypeVar("_Result")
_LOOKS = 8  # at containers, side by side
# From here on an image can be inspected for one of its platforms.
_PLATFORM_OF_SEVERAL = (1, 49)
_ANONYMOUS = regex(r"[0-9a-f]{64}")


class _Image(msgspec.Struct, frozen=True):
    """An image's id, the places for which it declares volumes, when it was named, as the engine writes it, and for
    which platform it is."""

    id: str
    volumes: frozenset[str]
    named: str
    platform: str


class _Descriptor(msgspec.Struct, frozen=True):
    digest: str


class _Distribution(msgspec.Struct, frozen=True):
    """What a registry tells of an image's name."""

    descriptor: _Descriptor = msgspec.field(name="Descriptor")


class HttpEngine:
    """One engine, over its API."""

    def __init__(self, api: Api, environment: Mapping[str, str]) -> None:
        self._api = api
        self._environment = environment
        self._credentials = Credentials(environment)
        self._underway = Underway()
        self._images: dict[str, _Image] = {}
        self._host: dict[str, Any] = {}
        self._asking_host = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._api.transport.close()

    @property
    def api_version(self) -> tuple[int, int]:
        return self._api.version

    @property
    def is_podman(self) -> bool:
        return self._api.is_podman

    def info(self) -> EngineInfo:
        told = self._api.get("/version")
        platform = told.get("Platform", {}).get("Name", "")
        podman = any(part.get("Name") == "Podman Engine" for part in told.get("Components") or ())
        return EngineInfo(
            version=told["Version"],
            api=self._api.version,
            os=told.get("Os", "linux"),
            arch=told.get("Arch", ""),
            name="Podman" if podman else platform.split(" Engine")[0] or "Docker",
            builder=self._builder,
        )

    @property
    def _builder(self) -> Builder:
        return chosen_builder(self._environment, self._api.greeting)

    def identity(self) -> str:
        told = self._told_of_host()
        return str(told.get("ID") or f"{told.get('Name', '')}:{told.get('DockerRootDir', '')}")

    def abilities(self) -> Abilities:
        from minicompose.engine.host import abilities  # most stacks ask nothing of the host

        return abilities(self._told_of_host(), self._api.transport.address)

    def observe(self, project: str) -> Observed:
        query = _all_of(project)
        containers, networks, volumes, images = _side_by_side(
            lambda: self._api.call("GET", "/containers/json", query),
            lambda: self._api.call("GET", "/networks"),
            lambda: self._api.call("GET", "/volumes"),
            lambda: self._api.call("GET", "/images/json"),
        )
        return observed(project, containers, networks, volumes, images)

    def project_containers(self, project: str) -> tuple[ObservedContainer, ...]:
        return containers_in(self._api.call("GET", "/containers/json", _all_of(project)))

    def all_containers(self) -> tuple[ObservedContainer, ...]:
        return containers_in(self._api.call("GET", "/containers/json", {"all": "1"}))

    # ---- networks and volumes ----

    def create_network(self, network: Network, labels: dict[str, str], on_progress: OnProgress = unheard) -> None:
        told = self._api.post("/networks/create", network_body(network, labels))
        if warning := told.get("Warning"):
            on_progress(Progress(warning=warning))

    def remove_network(self, network: str) -> None:
        self._api.delete(f"/networks/{network}")

    def connect_network(self, container: str, endpoint: Endpoint) -> None:
        config = endpoint_body(endpoint, list(endpoint.links), self._api.version)
        self._api.post(f"/networks/{endpoint.network}/connect", {"Container": container, "EndpointConfig": config})

    def disconnect_network(self, container: str, network: str) -> None:
        """The engine has several words for a container that is not on it."""
        try:
            self._api.post(f"/networks/{network}/disconnect", {"Container": container, "Force": False})
        except EngineError as error:
            if "is not connected to" in str(error):
                raise NotFound(error.message, error.hint, status=404) from error
            raise

    def create_volume(self, volume: Volume, labels: dict[str, str]) -> None:
        self._api.post("/volumes/create", volume_body(volume, labels))

    def remove_volume(self, volume: str) -> None:
        self._api.delete(f"/volumes/{volume}")

    # ---- images ----

    def pull_image(self, image: str, platform: str | None, on_progress: OnProgress) -> None:
        name, tag = name_and_tag(image)
        query = {"fromImage": name, "tag": tag, **({"platform": platform} if platform else {})}
        headers = self._credentials.pull_headers(image)
        try:
            self._transfer("/images/create", query, headers, on_progress)
        finally:
            self._images.clear()
        self._note_time(image)

    def log_in(self, login: Login) -> Login:
        body = {"username": login.username, "password": login.password, "serveraddress": login.server}
        told = self._api.post("/auth", {**body, **({"identitytoken": login.token} if login.token else {})})
        token = (told or {}).get("IdentityToken") or login.token
        return msgspec.structs.replace(login, token=token, password="" if token else login.password)

    def push_image(self, image: str, on_progress: OnProgress) -> None:
        name, tag = name_and_tag(image)
        headers = self._credentials.push_headers(image)
        self._transfer(f"/images/{name}/push", {"tag": tag}, headers, on_progress)

    def _transfer(self, path: str, query: Query, headers: dict[str, str], on_progress: OnProgress) -> None:
        called_off = threading.Event()
        with self._underway.holding(called_off.set) as end_by:

            def attempt() -> None:
                answer = self._api.open("POST", path, query, headers=headers)
                with contextlib.closing(answer):
                    end_by(answer.close)
                    follow_transfer(answer.chunks(), on_progress)

            def pause(seconds: float) -> None:
                end_by(called_off.set)
                if called_off.wait(seconds):
                    raise CalledOff("it was called off")

            retried(attempt, on_progress, pause)

    def build_image(self, build: BuildImage, on_progress: OnProgress) -> None:
        called_off = threading.Event()
        try:
            with self._underway.holding(called_off.set) as end_by:  # also while it is being prepared
                match builder_of(build.build, self._builder, self._api.version, memory=build.memory):
                    case "buildkit":
                        from minicompose.engine.buildkit.building import build_image  # h2 costs 50 ms

                        build_image(self._api, build, on_progress, self._credentials.of, self._environment, end_by)
                    case "classic":
                        self._build_classically(build, on_progress, end_by)
        finally:
            self._images.clear()

    def call_off(self) -> None:
        self._underway.call_off()

    def _build_classically(self, build: BuildImage, on_progress: OnProgress, end_by: EndBy) -> None:
        from minicompose.engine import builds  # only those who build pay for it

        headers = {"Content-Type": "application/x-tar", **self._credentials.build_headers(_told_to(on_progress))}
        with builds.build_context(build.build) as (dockerfile, archive):
            query = builds.build_query(build, dockerfile)
            answer = self._api.open("POST", "/build", query, archive, headers)
            with contextlib.closing(answer):
                end_by(answer.close)
                builds.follow_build(answer.chunks(), on_progress)

    def image_id(self, image: str) -> str | None:
        try:
            return self._image(image).id
        except NotFound:
            return None

    def image_named_at(self, image: str) -> float | None:
        try:
            named = self._image(image).named
        except NotFound:
            return None
        if not named or named.startswith("0001-"):  # the year 1 is how the engine says that it does not know
            return None
        from datetime import datetime  # only images that are pulled from time to time need it

        return datetime.fromisoformat(named).timestamp()

    def image_platform(self, image: str, asked: str) -> str | None:
        try:
            if self._api.version >= _PLATFORM_OF_SEVERAL:
                with contextlib.suppress(NotFound):
                    told = self._api.get(f"/images/{image}/json", {"platform": _platform_query(asked)})
                    return _platform_of(told)
            return self._image(image).platform
        except NotFound:
            return None

    def image_details(self, image: str) -> ImageDetails | None:
        try:
            told = self._api.get(f"/images/{image}/json")
        except NotFound:
            return None
        named = (told.get("Metadata") or {}).get("LastTagTime") or ""
        return ImageDetails(
            id=told["Id"],
            platform=_platform_of(told),
            size=told.get("Size", 0),
            named_at=_moment(named),
            names=tuple(told.get("RepoTags") or ()),
        )

    def image_digest(self, image: str) -> str:
        headers = self._credentials.pull_headers(image)
        answer = self._api.open("GET", f"/distribution/{image}/json", headers=headers)
        return msgspec.json.decode(answer.read(), type=_Distribution).descriptor.digest

    def remove_image(self, image: str) -> None:
        self._images.clear()
        self._api.delete(f"/images/{image}")

    # ---- containers ----

    def create_container(
        self, name: str, spec: ContainerSpec, keep_volumes_of: str | None, on_progress: OnProgress = unheard
    ) -> str:
        if spec.service.use_api_socket:
            from minicompose.engine.api_socket import socket_of, with_api_socket  # few services need it

            configuration = self._credentials.configuration(_told_to(on_progress))
            spec = with_api_socket(spec, socket_of(self._api, self.info().name), configuration)
        image = self._image(spec.image)
        kept = self._anonymous_volumes(keep_volumes_of, spec, image) if keep_volumes_of else {}
        body = container_body(spec, self._api.version, kept)
        body["Labels"][known_labels.IMAGE] = image.id
        if links := bound_links(spec):
            body["HostConfig"]["Links"] = [self._bound(link) for link in links]
        platform = spec.service.platform
        query = {"name": name, **({"platform": platform} if platform else {})}
        told = self._api.post("/containers/create", body, query)
        id = str(told["Id"])
        for warning in told.get("Warnings") or ():
            on_progress(Progress(warning=warning))
        try:
            self._complete(id, spec)
        except BaseException:
            self._remove(id, volumes=True, force=True)
            raise
        return id

    def start_container(self, container: str) -> None:
        self._api.post(f"/containers/{container}/start")

    def stop_container(self, container: str, timeout: int | None) -> None:
        self._api.post(f"/containers/{container}/stop", query=_timeout(timeout))

    def restart_container(self, container: str, timeout: int | None) -> None:
        self._api.post(f"/containers/{container}/restart", query=_timeout(timeout))

    def kill_container(self, container: str, signal: str) -> None:
        self._api.post(f"/containers/{container}/kill", query={"signal": signal})

    def pause_container(self, container: str) -> None:
        self._api.post(f"/containers/{container}/pause")

    def unpause_container(self, container: str) -> None:
        self._api.post(f"/containers/{container}/unpause")

    def rename_container(self, container: str, name: str) -> None:
        try:
            self._api.post(f"/containers/{container}/rename", query={"name": name})
        except EngineError as error:
            if "same name" not in str(error):
                raise

    def remove_container(self, container: str, *, volumes: bool, force: bool = False) -> None:
        """The engine would keep volumes that it took over from its predecessor, and those made for its files."""
        told = self._api.get(f"/containers/{container}/json")
        of_files = (told["Config"]["Labels"] or {}).get(known_labels.FILES, "").split(":")
        away = [
            volume
            for target, volume in _mounted_volumes(told).items()
            if _ANONYMOUS.fullmatch(volume) and (volumes or target in of_files)
        ]
        self._remove(container, volumes=volumes, force=force)
        for volume in away:
            try:
                self.remove_volume(volume)
            except (NotFound, Conflict):
                continue  # gone already, or the successor has it

    def inspect_container(self, container: str) -> ContainerState:
        told = self._inspected(container)
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
            started_at=_moment(state.started_at),
            finished_at=_moment(state.finished_at),
            asked_ports=tuple(_asked_ports(told.host_config)),
            bind_sources={its.destination: its.source for its in told.mounts or () if its.type == "bind"},
        )

    def _inspected(self, container: str) -> "_Inspected":
        return msgspec.json.decode(self._api.call("GET", f"/containers/{container}/json"), type=_Inspected)

    def container_settings(self, container: str) -> ContainerSettings:
        told = self._inspected(container).config
        pairs = (entry.partition("=") for entry in told.env or ())
        return ContainerSettings(
            environment={name: value for name, equals, value in pairs if equals},
            words=(*(told.entrypoint or ()), *(told.cmd or ())),
            labels=told.labels or {},
            user=told.user,
        )

    def drift(self, containers: Mapping[str, MadeOf]) -> dict[str, tuple[Drift, ...]]:
        def look(id: str) -> tuple[Drift, ...]:
            try:
                found = self._api.get(f"/containers/{id}/json")
            except NotFound:
                return ()
            asked = containers[id]
            limits = drift(service_body(asked.service).get("HostConfig") or {}, found["HostConfig"])
            if self._api.is_podman:  # it limits the processes of all that ask for no limit
                limits = tuple(its for its in limits if its.attribute != "pids_limit" or its.asked is not None)
            return (*limits, *network_drift(asked.endpoints, found["NetworkSettings"].get("Networks") or {}))

        def look_at_all(share: Sequence[str]) -> dict[str, tuple[Drift, ...]]:
            return {id: look(id) for id in share}

        ids = list(containers)
        shares = [ids[first::_LOOKS] for first in range(min(_LOOKS, len(ids)))]
        told = _side_by_side(*(functools.partial(look_at_all, share) for share in shares))
        return {id: its for share in told for id, its in share.items() if its}

    # ---- streams ----

    def events(self, project: str) -> HttpEvents:
        """The engine answers before it subscribes, so it is asked for all since just before."""
        filters = _filters(type=["container"], label=[f"{known_labels.PROJECT}={project}"], event=_EVENTS)
        query = {"since": self._engine_time(), "filters": filters}
        return HttpEvents(self._api.open("GET", "/events", query))

    def event_log(self, project: str, *, since: str = "", until: str = "") -> HttpEventLog:
        filters = _filters(type=["container"], label=[f"{known_labels.PROJECT}={project}"])
        return HttpEventLog(self._api.open("GET", "/events", {"filters": filters, **_between(since, until)}))

    def processes(self, container: str) -> Processes:
        told = self._api.get(f"/containers/{container}/top")
        return Processes(titles=tuple(told["Titles"]), rows=tuple(tuple(row) for row in told["Processes"] or ()))

    def usage(self, container: str, *, follow: bool = False) -> "HttpUsage":
        from minicompose.engine.usage import HttpUsage  # `stats` alone asks

        query = {"stream": "1" if follow else "0"}
        return HttpUsage(self._api.open("GET", f"/containers/{container}/stats", query), follow=follow)

    def logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: str = "",
        until: str = "",
        timestamps: bool = False,
    ) -> HttpLogs:
        query = {"stdout": "1", "stderr": "1", "tail": "all" if tail is None else str(tail)}
        query |= {name: "1" for name, said in (("follow", follow), ("timestamps", timestamps)) if said}
        query |= _between(since, until)
        tty = self.inspect_container(container).tty
        return HttpLogs(self._api.open("GET", f"/containers/{container}/logs", query), tty)

    def exec(self, container: str, spec: ExecSpec) -> HttpExec:
        body = {
            "Cmd": list(spec.command),
            "AttachStdin": spec.stdin and not spec.detach,
            "AttachStdout": not spec.detach,
            "AttachStderr": not spec.detach,
            "Tty": spec.tty,
            "User": spec.user,
            "WorkingDir": spec.working_dir,
            "Privileged": spec.privileged,
            "Env": list(spec.env),
            **({"DetachKeys": spec.detach_keys} if spec.detach_keys else {}),
        }
        id = str(self._api.post(f"/containers/{container}/exec", body)["Id"])
        start = {"Detach": spec.detach, "Tty": spec.tty}
        if spec.detach:
            self._api.post(f"/exec/{id}/start", start)
            return HttpExec(self._api, f"/exec/{id}", None, tty=spec.tty, input_ends=True)
        headers = {"Content-Type": "application/json"}
        content = msgspec.json.encode(start)
        answer = self._api.open("POST", f"/exec/{id}/start", None, content, headers, upgrade="tcp")
        return HttpExec(self._api, f"/exec/{id}", answer.hijack(), tty=spec.tty, input_ends=True)

    def attach(self, container: str, *, stdin: bool = True, detach_keys: str = "") -> HttpSession:
        asked = self._inspected(container).config
        query = {"stream": "1", "stdout": "1", "stderr": "1"}
        query |= {"stdin": "1"} if stdin else {}
        query |= {"detachKeys": detach_keys} if detach_keys else {}
        answer = self._api.open("POST", f"/containers/{container}/attach", query, upgrade="tcp")
        input_ends = asked.stdin_once and not asked.tty
        return HttpSession(self._api, f"/containers/{container}", answer.hijack(), tty=asked.tty, input_ends=input_ends)

    # ---- files, and what is made of a container ----

    def file_in(self, container: str, path: str) -> FileInContainer:
        answer = self._api.open("HEAD", f"/containers/{container}/archive", {"path": path})
        answer.read()
        return file_told(answer.headers["x-docker-container-path-stat"])

    def read_files(self, container: str, path: str) -> HttpBytes:
        return HttpBytes(self._api.open("GET", f"/containers/{container}/archive", {"path": path}))

    def write_files(self, container: str, path: str, archive: Iterable[bytes], *, own: bool = False) -> None:
        query = {"path": path, "noOverwriteDirNonDir": "true", **({"copyUIDGID": "true"} if own else {})}
        headers = {"Content-Type": "application/x-tar"}
        self._api.open("PUT", f"/containers/{container}/archive", query, archive, headers).read()

    def export_container(self, container: str) -> HttpBytes:
        return HttpBytes(self._api.open("GET", f"/containers/{container}/export"))

    def commit_container(self, container: str, spec: CommitSpec) -> str:
        name, tag = name_and_tag(spec.reference) if spec.reference else ("", "")
        told = {"repo": name, "tag": tag, "author": spec.author, "comment": spec.message}
        query = {"container": container, **{key: value for key, value in told.items() if value}}
        query["pause"] = "1" if spec.pause else "0"
        if spec.changes:
            query["changes"] = "\n".join(spec.changes)
        self._images.clear()
        return str(self._api.post("/commit", {}, query)["Id"])

    # ---- inside ----

    def _told_of_host(self) -> dict[str, Any]:
        """Asked for once: some take a second to tell it."""
        with self._asking_host:
            if not self._host:
                self._host = self._api.get("/info")
            return self._host

    def _image(self, image: str) -> _Image:
        known = self._images.get(image)
        if known is None:
            told = self._api.get(f"/images/{image}/json")
            volumes = (told.get("Config") or {}).get("Volumes") or {}
            named = (told.get("Metadata") or {}).get("LastTagTime") or ""
            known = self._images[image] = _Image(told["Id"], frozenset(volumes), named, _platform_of(told))
        return known

    def _note_time(self, image: str) -> None:
        """The engine's own store notes when an image is built or tagged, and not when it is pulled: so it is
        given once more the name that it has."""
        if "@" in image:
            return
        name, tag = name_and_tag(image)
        with contextlib.suppress(EngineError):  # the image is there; it counts as old, and that is all
            self._api.post(f"/images/{image}/tag", query={"repo": name, "tag": tag})

    def _anonymous_volumes(self, container: str, spec: ContainerSpec, image: _Image) -> dict[str, str]:
        """Target -> volume, for those of `container` that the new one has a place for and no name."""
        declared = {mount.target: mount.source for mount in spec.service.volumes or ()}
        return {
            target: volume
            for target, volume in _mounted_volumes(self._api.get(f"/containers/{container}/json")).items()
            if _ANONYMOUS.fullmatch(volume)
            and target not in spec.file_volumes
            and ((target in image.volumes and target not in declared) or (target in declared and not declared[target]))
        }

    def _bound(self, link: str) -> str:
        """The link by the container's id: the engine keeps it as it is written, and a successor is renamed."""
        name, colon, alias = link.partition(":")
        return f"{self._api.get(f'/containers/{name}/json')['Id']}{colon}{alias}"

    def _complete(self, id: str, spec: ContainerSpec) -> None:
        """What one call to create could not say."""
        for endpoint in connected_later(spec, self._api.version):
            config = endpoint_body(endpoint, links_of(spec.service), self._api.version)
            self._api.post(f"/networks/{endpoint.network}/connect", {"Container": id, "EndpointConfig": config})
        if spec.injected:
            from minicompose.engine.archive import archives  # tarfile costs 15 ms

            headers = {"Content-Type": "application/x-tar"}
            for place, content in archives(spec):
                self._api.open("PUT", f"/containers/{id}/archive", {"path": place}, content, headers).read()

    def _remove(self, container: str, *, volumes: bool, force: bool) -> None:
        """One that the engine is removing already is waited for."""
        query = {name: "1" for name, said in (("v", volumes), ("force", force)) if said}
        try:
            self._api.delete(f"/containers/{container}", query)
        except EngineError as error:
            if "already in progress" not in error.message:
                raise
            with contextlib.suppress(NotFound):
                self._api.call("POST", f"/containers/{container}/wait", {"condition": "removed"})

    def _engine_time(self) -> str:
        """Now, by the engine's clock: on this machine it is ours."""
        if self._api.transport.address.startswith("unix://"):
            return f"{time.time_ns() / 1_000_000_000:.9f}"
        from datetime import datetime  # only engines elsewhere have another clock

        told: dict[str, Any] = self._api.get("/info")
        return f"{datetime.fromisoformat(told['SystemTime'][:26].rstrip('Z') + '+00:00').timestamp():.9f}"


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


class _Inspected(msgspec.Struct, rename="pascal"):
    id: str
    name: str
    state: _State
    config: _Config
    host_config: _HostConfig = msgspec.field(default_factory=_HostConfig)
    restart_count: int = 0
    mounts: list[_Mount] | None = None


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


def _moment(text: str) -> str:
    """The year 1 is how the engine says that there was none."""
    return "" if text.startswith("0001-") else text


def _platform_of(image: Any) -> str:
    """Of an inspected image."""
    return "/".join(word for name in ("Os", "Architecture", "Variant") if (word := image.get(name)))


def _platform_query(platform: str) -> str:
    """A platform as later engines read it in a query."""
    words = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
    return msgspec.json.encode(words).decode()


def _mounted_volumes(inspected: Any) -> dict[str, str]:
    """Target -> volume."""
    return {
        str(mount["Destination"]): str(mount["Name"])
        for mount in inspected.get("Mounts") or ()
        if mount.get("Type") == "volume"
    }


def _filters(**values: Sequence[str]) -> str:
    return msgspec.json.encode(values).decode()


def _told_to(on_progress: OnProgress) -> Callable[[str], None]:
    return lambda text: on_progress(Progress(warning=text))


def _between(since: str, until: str) -> dict[str, str]:
    """A span of time as the engine reads it in a query."""
    if not since and not until:
        return {}
    from minicompose.engine.moments import timestamp  # most who look say neither

    now = time.time()
    return {name: timestamp(said, now) for name, said in (("since", since), ("until", until)) if said}


def _timeout(seconds: int | None) -> dict[str, str]:
    return {} if seconds is None else {"t": str(seconds)}


def _all_of(project: str) -> dict[str, str]:
    """The query for a project's containers, whether they run or not."""
    return {"all": "1", "filters": _filters(label=[f"{known_labels.PROJECT}={project}"])}


def _side_by_side(*calls: Callable[[], _Result]) -> list[_Result]:
    """The calls' results, made at once in a thread each: the first one in this one."""
    results: dict[int, _Result | EngineError] = {}

    def make(index: int) -> None:
        try:
            results[index] = calls[index]()
        except EngineError as error:
            results[index] = error

    threads = [threading.Thread(target=make, args=(index,)) for index in range(1, len(calls))]
    for thread in threads:
        thread.start()
    make(0)
    for thread in threads:
        thread.join()
    told = []
    for index in range(len(calls)):
        result = results[index]
        if isinstance(result, EngineError):
            raise result
        told.append(result)
    return told
