"""Pulling and pushing images: names, credentials, progress."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from minicompose.engine.contexts import docker_config
from minicompose.engine.failures import failure
from minicompose.engine.protocol import OnProgress, Progress
from minicompose.engine.streams import lines
from minicompose.errors import BadRequest, EngineRefused


class _Detail(msgspec.Struct):
    current: int | None = None
    total: int | None = None


class _Error(msgspec.Struct):
    message: str = ""
    code: int | None = None


class Report(msgspec.Struct):
    """One line of what the engine prints while it pulls, pushes or builds."""

    status: str = ""
    id: str = ""
    stream: str = ""
    error: str = ""
    detail: _Detail | None = msgspec.field(default=None, name="progressDetail")
    error_detail: _Error | None = msgspec.field(default=None, name="errorDetail")

    @property
    def progress(self) -> Progress:
        return Progress(
            layer=self.id,
            status=self.status,
            current=(self.detail.current or 0) if self.detail else 0,
            total=(self.detail.total or 0) if self.detail else 0,
            text=self.stream,
        )


_decoder = msgspec.json.Decoder(Report)


def reports(chunks: Iterator[bytes]) -> Iterator[Report]:
    """The lines of a pull, a push or a build."""
    return map(_decoder.decode, lines(chunks))


def follow_transfer(chunks: Iterator[bytes], on_progress: OnProgress) -> None:
    """Tell how a pull or a push goes on. Raises what its last words say, if they are of an error."""
    for report in reports(chunks):
        if report.error:
            code = report.error_detail.code if report.error_detail else None
            raise failure(code or 500, report.error)
        on_progress(report.progress)


def name_and_tag(image: str) -> tuple[str, str]:
    """ "redis:8" as ("redis", "8"); a digest counts as the tag; without either it is "latest"."""
    name, at, digest = image.partition("@")
    if at:
        path, colon, tag = name.rpartition(":")
        return (path if colon and "/" not in tag else name), digest
    path, colon, tag = image.rpartition(":")
    if colon and "/" not in tag:
        return path, tag
    return image, "latest"


class Credentials:
    """What the user is logged in to, with the same store as `docker login`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def pull_headers(self, image: str) -> dict[str, str]:
        """The header with the credentials for the image's registry; empty without any."""
        if not _logged_in(docker_config(self._environment)):
            return {}
        from docker import auth  # the docker SDK costs 135 ms
        from docker.errors import DockerException

        try:
            registry, _ = auth.resolve_repository_name(image)
        except DockerException as error:
            raise BadRequest(str(error)) from error
        found = self.of(registry)
        return {"X-Registry-Auth": _text(auth.encode_header(found))} if found else {}

    def of(self, registry: str) -> dict[str, str] | None:
        """What the docker SDK knows of the login to a registry."""
        config = docker_config(self._environment)
        if not _logged_in(config):
            return None
        from docker import auth  # the docker SDK costs 135 ms
        from docker.errors import DockerException

        try:
            found: dict[str, str] | None = auth.load_config(config_dict=config).resolve_authconfig(registry)
        except DockerException as error:
            raise store_failed(error) from error
        return found

    def push_headers(self, image: str) -> dict[str, str]:
        """The same for a push, for which the engine insists on a header: one that says nobody, without any."""
        return self.pull_headers(image) or {"X-Registry-Auth": base64.urlsafe_b64encode(b"{}").decode()}

    def build_headers(self) -> dict[str, str]:
        """The header with all credentials, for whatever images a build begins from."""
        found = self._all()
        if not found:
            return {}
        from docker import auth  # the docker SDK costs 135 ms

        return {"X-Registry-Config": _text(auth.encode_header(found))}

    def configuration(self) -> bytes:
        """A `config.json` with all credentials in itself, for a client that has no credential store."""
        entries = {registry: _entry(found) for registry, found in self._all().items()}
        return msgspec.json.encode({"auths": {registry: entry for registry, entry in entries.items() if entry}})

    def _all(self) -> dict[str, Any]:
        """Registry -> what the docker SDK knows of the login there."""
        config = docker_config(self._environment)
        if not _logged_in(config):
            return {}
        from docker import auth  # the docker SDK costs 135 ms
        from docker.errors import DockerException

        try:
            store: Any = auth.load_config(config_dict=config)
            found: dict[str, Any] = store.get_all_credentials()
        except DockerException as error:
            raise store_failed(error) from error
        return found


def _entry(credentials: dict[str, str] | None) -> dict[str, str]:
    """A login as `config.json` has it. The SDK's names are small for what comes from the file, large for a store's."""
    said = {name.lower(): value for name, value in (credentials or {}).items() if value}
    if "identitytoken" in said:
        return {"identitytoken": said["identitytoken"]}
    if "username" not in said:
        return {}
    pair = f"{said['username']}:{said.get('password', '')}"
    return {"auth": base64.b64encode(pair.encode()).decode()}


def _logged_in(config: dict[str, Any]) -> bool:
    return any(config.get(key) for key in ("auths", "credsStore", "credHelpers"))


def store_failed(error: Exception | str) -> EngineRefused:
    """A credential helper is not there, or says no."""
    return EngineRefused(
        f"the credential store of Docker's configuration does not answer: {error}",
        "see credsStore and credHelpers in ~/.docker/config.json",
    )


def _text(header: bytes | str) -> str:
    return header.decode() if isinstance(header, bytes) else header
