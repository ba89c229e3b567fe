"""`Engine` over the engine's HTTP API."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from minicompose import labels as known_labels
from minicompose.engine.api import Api
from minicompose.engine.builders import Builder, chosen_builder
from minicompose.engine.listing import containers_in, observed
from minicompose.engine.progress import OnProgress, Progress, unheard
from minicompose.engine.queries import filters
from minicompose.engine.underway import Underway
from minicompose.errors import EngineError, NotFound

if TYPE_CHECKING:
    from typing import Self

    from minicompose.engine.http_images import HttpImages
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
        Processes,
    )
    from minicompose.engine.streams import HttpBytes, HttpEventLog, HttpEvents, HttpExec, HttpLogs, HttpSession
    from minicompose.engine.usage import HttpUsage
    from minicompose.model import Network, Volume
    from minicompose.planning.observed import Observed, ObservedContainer
    from minicompose.planning.plan import BuildImage, ContainerSpec, Endpoint

_Result = TypeVar("_Result")
_LOOKS = 8  # at containers, side by side


class HttpEngine:
    """One engine, over its API. A command pays for the import of what it asks for: what is done with images, streams
    or new containers has modules of its own.
    """

    def __init__(self, api: Api, environment: Mapping[str, str]) -> None:
        self._api = api
        self._environment = environment
        self._underway = Underway()
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
        from minicompose.engine.protocol import EngineInfo

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
        from minicompose.engine.translate import network_body

        told = self._api.post("/networks/create", network_body(network, labels))
        if warning := told.get("Warning"):
            on_progress(Progress(warning=warning))

    def remove_network(self, network: str) -> None:
        self._api.delete(f"/networks/{network}")

    def connect_network(self, container: str, endpoint: Endpoint) -> None:
        from minicompose.engine.networking import endpoint_body

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
        from minicompose.engine.translate import volume_body

        self._api.post("/volumes/create", volume_body(volume, labels))

    def remove_volume(self, volume: str) -> None:
        self._api.delete(f"/volumes/{volume}")

    # ---- images ----

    def pull_image(self, image: str, platform: str | None, on_progress: OnProgress) -> None:
        self._images.pull(image, platform, on_progress)

    def log_in(self, login: Login) -> Login:
        return self._images.log_in(login)

    def push_image(self, image: str, on_progress: OnProgress) -> None:
        self._images.push(image, on_progress)

    def build_image(self, build: BuildImage, on_progress: OnProgress) -> None:
        self._images.build(build, self._builder, on_progress)

    def call_off(self) -> None:
        self._underway.call_off()

    def image_id(self, image: str) -> str | None:
        return self._images.id(image)

    def image_named_at(self, image: str) -> float | None:
        return self._images.named_at(image)

    def image_platform(self, image: str, asked: str) -> str | None:
        return self._images.platform(image, asked)

    def image_details(self, image: str) -> ImageDetails | None:
        return self._images.details(image)

    def image_digest(self, image: str) -> str:
        return self._images.digest(image)

    def remove_image(self, image: str) -> None:
        self._images.remove(image)

    # ---- containers ----

    def create_container(
        self, name: str, spec: ContainerSpec, keep_volumes_of: str | None, on_progress: OnProgress = unheard
    ) -> str:
        if spec.service.use_api_socket:
            from minicompose.engine.api_socket import socket_of, with_api_socket  # few services need it

            configuration = self._images.configuration(on_progress)
            spec = with_api_socket(spec, socket_of(self._api, self.info().name), configuration)
        from minicompose.engine.creating import create_container

        return create_container(self._api, self._images, name, spec, keep_volumes_of, on_progress)

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
        from minicompose.engine.removing import remove_container

        remove_container(self._api, container, volumes=volumes, force=force)

    def inspect_container(self, container: str) -> ContainerState:
        from minicompose.engine.inspected import container_state, inspected

        return container_state(inspected(self._api, container))

    def container_settings(self, container: str) -> ContainerSettings:
        from minicompose.engine.inspected import container_settings, inspected

        return container_settings(inspected(self._api, container))

    def drift(self, containers: Mapping[str, MadeOf]) -> dict[str, tuple[Drift, ...]]:
        from minicompose.engine.attached import network_drift
        from minicompose.engine.limits import drift
        from minicompose.engine.translate import service_body

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
        from minicompose.engine.opening import open_events

        return open_events(self._api, project)

    def event_log(self, project: str, *, since: str = "", until: str = "") -> HttpEventLog:
        from minicompose.engine.opening import open_event_log

        return open_event_log(self._api, project, since, until)

    def processes(self, container: str) -> Processes:
        from minicompose.engine.protocol import Processes

        told = self._api.get(f"/containers/{container}/top")
        return Processes(titles=tuple(told["Titles"]), rows=tuple(tuple(row) for row in told["Processes"] or ()))

    def usage(self, container: str, *, follow: bool = False) -> HttpUsage:
        from minicompose.engine.usage import HttpUsage

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
        from minicompose.engine.opening import open_logs

        return open_logs(
            self._api, container, follow=follow, tail=tail, since=since, until=until, timestamps=timestamps
        )

    def exec(self, container: str, spec: ExecSpec) -> HttpExec:
        from minicompose.engine.opening import open_exec

        return open_exec(self._api, container, spec)

    def attach(self, container: str, *, stdin: bool = True, detach_keys: str = "") -> HttpSession:
        from minicompose.engine.opening import open_session

        return open_session(self._api, container, stdin=stdin, detach_keys=detach_keys)

    # ---- files, and what is made of a container ----

    def file_in(self, container: str, path: str) -> FileInContainer:
        from minicompose.engine.streams import file_told

        answer = self._api.open("HEAD", f"/containers/{container}/archive", {"path": path})
        answer.read()
        return file_told(answer.headers["x-docker-container-path-stat"])

    def read_files(self, container: str, path: str) -> HttpBytes:
        from minicompose.engine.streams import HttpBytes

        return HttpBytes(self._api.open("GET", f"/containers/{container}/archive", {"path": path}))

    def write_files(self, container: str, path: str, archive: Iterable[bytes], *, own: bool = False) -> None:
        query = {"path": path, "noOverwriteDirNonDir": "true", **({"copyUIDGID": "true"} if own else {})}
        headers = {"Content-Type": "application/x-tar"}
        self._api.open("PUT", f"/containers/{container}/archive", query, archive, headers).read()

    def export_container(self, container: str) -> HttpBytes:
        from minicompose.engine.streams import HttpBytes

        return HttpBytes(self._api.open("GET", f"/containers/{container}/export"))

    def commit_container(self, container: str, spec: CommitSpec) -> str:
        return self._images.commit(container, spec)

    # ---- inside ----

    @functools.cached_property
    def _images(self) -> HttpImages:
        from minicompose.engine.http_images import HttpImages

        return HttpImages(self._api, self._environment, self._underway)

    def _told_of_host(self) -> dict[str, Any]:
        """Asked for once: some take a second to tell it."""
        with self._asking_host:
            if not self._host:
                self._host = self._api.get("/info")
            return self._host


def _timeout(seconds: int | None) -> dict[str, str]:
    return {} if seconds is None else {"t": str(seconds)}


def _all_of(project: str) -> dict[str, str]:
    """The query for a project's containers, whether they run or not."""
    return {"all": "1", "filters": filters(label=[f"{known_labels.PROJECT}={project}"])}


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
