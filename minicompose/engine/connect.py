"""Which engine, and how to reach it."""

from collections.abc import Mapping
from pathlib import Path

from minicompose.engine.api import Api, parse_version
from minicompose.engine.contexts import Endpoint, TlsFiles, config_directory, context_endpoint, docker_config
from minicompose.engine.http_engine import HttpEngine
from minicompose.engine.sockets import Dial, SocketTransport, tcp_dial, tls_dial, unix_dial
from minicompose.engine.this_machine import this_machines_engine
from minicompose.engine.transport import Transport
from minicompose.errors import UsageError

_SCHEMES = "unix://, tcp://, ssh:// and npipe://"


def connect(host: str | None, context: str | None, environment: Mapping[str, str]) -> HttpEngine:
    """The engine that `-H`, DOCKER_HOST, `--context`, DOCKER_CONTEXT or the current context names.

    The first of these that is said counts; with none it is the engine of this machine (`this_machine`). Nothing is
    sent before the first call. Raises UsageError when what is said names no engine.
    """
    return connect_to(find_endpoint(host, context, environment), environment)


def connect_to(endpoint: Endpoint, environment: Mapping[str, str]) -> HttpEngine:
    """The engine there."""
    return HttpEngine(Api(open_transport(endpoint), _pinned_version(environment)), environment)


def find_endpoint(host: str | None, context: str | None, environment: Mapping[str, str]) -> Endpoint:
    """The address of that engine, and the keys for it."""
    address = host or environment.get("DOCKER_HOST")
    if address:
        return Endpoint(host=address, tls=_tls_from(environment))
    name = context or environment.get("DOCKER_CONTEXT") or docker_config(environment).get("currentContext")
    if name and name != "default":
        return context_endpoint(str(name), environment)
    return this_machines_engine(environment)


def open_transport(endpoint: Endpoint) -> Transport:
    """A transport to `endpoint`. Raises UsageError for an address of no known kind."""
    scheme, separator, place = endpoint.host.partition("://")
    if not separator:
        scheme, place = ("unix", scheme) if scheme.startswith("/") else ("tcp", scheme)
    match scheme:
        case "unix":
            path = place if place.startswith("/") else f"/{place}"
            return SocketTransport(_unix_dial(path, endpoint.started_by), f"unix://{path}")
        case "tcp" | "http" if endpoint.tls is None:
            name, port = _host_and_port(place, endpoint.host, 2375)
            return SocketTransport(tcp_dial(name, port or 2375), f"tcp://{place}")
        case "tcp" | "http" | "https":
            name, port = _host_and_port(place, endpoint.host, 2376)
            return SocketTransport(tls_dial(name, port or 2376, endpoint.tls or TlsFiles()), f"{scheme}://{place}")
        case "ssh":
            user, at, machine = place.partition("/")[0].rpartition("@")
            name, port = _host_and_port(machine, endpoint.host, None)
            from minicompose.engine.ssh import ssh_dial  # only those who use it pay for subprocess

            return SocketTransport(ssh_dial(user + at + name, port), endpoint.host)
        case "npipe":
            from minicompose.engine.sdk_transport import SdkTransport  # the docker SDK costs 135 ms

            return SdkTransport(endpoint.host)
        case _:
            raise UsageError(f'"{endpoint.host}" is not the address of an engine', f"addresses begin with {_SCHEMES}")


def _unix_dial(path: str, podman: str) -> Dial:
    if not podman:
        return unix_dial(path)
    from minicompose.engine.podman.service import starting_dial  # few have nothing but Podman

    return starting_dial(path, podman)


def _tls_from(environment: Mapping[str, str]) -> TlsFiles | None:
    """What DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH ask for."""
    verify = bool(environment.get("DOCKER_TLS_VERIFY"))
    if not verify and not environment.get("DOCKER_TLS"):
        return None
    directory = Path(environment.get("DOCKER_CERT_PATH") or config_directory(environment))
    found = {
        name: str(directory / f"{name}.pem") for name in ("ca", "cert", "key") if (directory / f"{name}.pem").exists()
    }
    return TlsFiles(**found, verify=verify)


def _pinned_version(environment: Mapping[str, str]) -> tuple[int, int] | None:
    text = environment.get("DOCKER_API_VERSION", "")
    if not text:
        return None
    version = parse_version(text)
    if version is None:
        raise UsageError(f'DOCKER_API_VERSION is "{text}", which is not a version', "it looks like 1.41")
    return version


def _host_and_port(place: str, whole: str, otherwise: int | None) -> tuple[str, int | None]:
    name, _, port = place.rstrip("/").rpartition(":")
    if not port.isdigit():
        name, port = place.rstrip("/"), ""
    if not name or name.startswith("-"):
        raise UsageError(f'"{whole}" names no machine', "as in tcp://192.168.1.10:2375 or ssh://me@server")
    return name.strip("[]"), int(port) if port else otherwise
