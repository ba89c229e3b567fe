"""Docker's contexts: which engine the user's own configuration names.

Read from their files, because what the docker SDK would import to read them costs more than a whole
command here. Layout: `contexts/meta/<sha256 of the name>/meta.json` in Docker's configuration
directory, with the keys in `contexts/tls/<the same>/docker/`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from minicompose.digests import sha256
from minicompose.errors import UsageError


class TlsFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Where the keys for a TLS connection are; "" for one that there is not."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An engine's address, and how to prove who we are; `tls` None is without TLS.

    `started_by` is the `podman` that answers there when it is started.
    """

    host: str
    tls: TlsFiles | None = None
    started_by: str = ""


def config_directory(environment: Mapping[str, str]) -> Path:
    """Where Docker's command line keeps its configuration."""
    named = environment.get("DOCKER_CONFIG")
    if named:
        return Path(named)
    home = environment.get("HOME") or environment.get("USERPROFILE")
    return (Path(home) if home else Path.home()) / ".docker"


def docker_config(environment: Mapping[str, str]) -> dict[str, Any]:
    """`config.json`; empty where there is none."""
    path = config_directory(environment) / "config.json"
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, PermissionError):
        return {}
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is not valid JSON: {error}") from error
    return found if isinstance(found, dict) else {}


def context_endpoint(name: str, environment: Mapping[str, str]) -> Endpoint:
    """The engine that the context of this name stands for. Raises UsageError when there is none."""
    contexts = config_directory(environment) / "contexts"
    id = sha256(name.encode()).hexdigest()
    try:
        meta = msgspec.json.decode((contexts / "meta" / id / "meta.json").read_bytes(), type=_Meta)
    except FileNotFoundError:
        raise UsageError(f'there is no Docker context "{name}"', "`docker context ls` lists them") from None
    except msgspec.DecodeError as error:
        raise UsageError(f'Docker context "{name}" cannot be read: {error}') from error
    docker = meta.Endpoints.get("docker")
    if docker is None or not docker.Host:
        raise UsageError(f'Docker context "{name}" names no Docker engine')
    return Endpoint(host=docker.Host, tls=_tls_files(contexts / "tls" / id / "docker", docker.SkipTLSVerify))


class _DockerEndpoint(msgspec.Struct):
    Host: str = ""
    SkipTLSVerify: bool = False


class _Meta(msgspec.Struct):
    Endpoints: dict[str, _DockerEndpoint] = {}


def _tls_files(directory: Path, skip_verify: bool) -> TlsFiles | None:
    found = {
        name: str(directory / f"{name}.pem") for name in ("ca", "cert", "key") if (directory / f"{name}.pem").exists()
    }
    if not found and not skip_verify:
        return None
    return TlsFiles(**found, verify=not skip_verify)
