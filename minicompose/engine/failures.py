"""What the engine's refusals mean: from HTTP statuses and lost connections to our exceptions, with hints."""

import re

import msgspec

from minicompose.errors import (
    BadRequest,
    CannotRun,
    Conflict,
    EngineError,
    EngineFault,
    EngineRefused,
    EngineUnreachable,
    NoProgram,
    NotFound,
)
from minicompose.regex import regex

_START_ENGINE = "start it (`sudo systemctl start docker`), or name another with --host, --context or DOCKER_HOST"


class _Told(msgspec.Struct, frozen=True):
    """A message that the engine is known to give. Groups of `pattern` may stand in `message` and `hint`."""

    pattern: re.Pattern[str]
    hint: str
    message: str = ""
    kind: type[EngineError] | None = None


def _told(pattern: str, hint: str, message: str = "", kind: type[EngineError] | None = None) -> _Told:
    return _Told(regex(pattern, re.IGNORECASE | re.DOTALL), hint, message, kind)


# How the engine says what it asked a registry, before what became of that.
_REGISTRY = r'(?:Get|Head|Post|Put|Patch) "?https?://(?P<registry>[^/"\s]+)/[^"\s]*"?: '
# Engines say more about it since 23.
_CERTIFICATE = r"(?:tls: failed to verify certificate: )?x509: "

_WELL_KNOWN = (
    _told(
        r"Bind for (?:(?P<ip>\S+):)?(?P<port>\d+) failed: port is already allocated",
        "another container publishes it (`docker ps` shows which); stop that one or publish another port",
        "port {port} is already in use by another container",
    ),
    _told(
        r"listen (?:tcp|udp|sctp)\d? (?P<ip>\S*):(?P<port>\d+): bind: address already in use",
        "a program on this machine listens there (`ss -ltnp` shows which); stop it or publish another port",
        "port {port} is already in use",
    ),
    _told(
        r"listen \S+ (?P<ip>\S*):(?P<port>\d+): bind: permission denied",
        "ports below 1024 need an engine with the right to them; publish a higher port",
        "the engine may not listen on port {port}",
    ),
    _told(
        r"listen \S+ (?P<ip>\S*):(?P<port>\d+): bind: cannot assign requested address",
        "host_ip has to be an address of the engine's machine",
        "{ip} is not an address of the engine's machine, so port {port} cannot be published there",
    ),
    _told(
        r'container name "/?(?P<name>[^"]+)" is already in use by container "?(?P<id>[0-9a-f]{12})',
        "`docker rm {id}` removes it, when nobody needs it",
        'the name "{name}" is already in use by container {id}',
    ),
    _told(
        r"network (?P<name>\S+) is ambiguous",
        "remove the ones without containers: `docker network ls --filter name={name}`, `docker network rm ID`",
        'there are several networks named "{name}"',
        Conflict,
    ),
    _told(
        r"network (?P<name>\S+) id \S+ has active endpoints|has active endpoints",
        "containers are still connected to it; if there are none, only a restart of the engine frees it",
        kind=Conflict,
    ),
    _told(
        r"could not find an available, non-overlapping IPv4 address pool",
        "remove unused networks (`docker network prune`), or give this one a subnet under ipam",
        "the engine has no free address range left for another network",
    ),
    _told(
        r"pool overlaps with other one on this address space",
        "another network has these addresses; choose another subnet under ipam",
    ),
    _told(
        r"bind source path does not exist: (?P<path>[^\r\n]+)",
        "create it on the engine's machine, or say `create_host_path: true`",
        "{path} does not exist on the engine's machine, and cannot be mounted",
    ),
    _told(
        r"no such image: (?P<image>\S+)",
        "pull it (`docker pull {image}`), or build it",
        "there is no image {image}",
        NotFound,
    ),
    _told(
        r"image does not exist locally with the tag: (?P<image>\S+)",
        "build it first: `minicompose build`",
        "the engine has no image {image} under the tag that is to be pushed",
        NotFound,
    ),
    _told(
        _REGISTRY + _CERTIFICATE + r"certificate signed by unknown authority",
        "put that authority's certificate on the engine's machine as /etc/docker/certs.d/{registry}/ca.crt; "
        "the engine finds it without a restart",
        "the registry {registry} has a certificate of an authority that the engine does not know",
    ),
    _told(
        _REGISTRY + _CERTIFICATE + r"(?P<why>certificate is (?:valid for .+, not|not valid for any) .+"
        r"|cannot validate certificate for .+)",
        "name the registry as its certificate does, or give it a certificate for this name",
        "the registry {registry} has a certificate for another name: {why}",
    ),
    _told(
        _REGISTRY + _CERTIFICATE + r"certificate has expired or is not yet valid",
        "give it a new one; or is the clock of the engine's machine wrong?",
        "the registry {registry} has a certificate that has expired or is not yet valid",
    ),
    _told(
        _REGISTRY + r"(?:remote error: )?tls: (?:bad certificate|certificate required)",
        "put yours on the engine's machine as client.cert and client.key in /etc/docker/certs.d/{registry}/",
        "the registry {registry} asks the engine for a certificate",
    ),
    _told(
        _REGISTRY + r"http: server gave HTTP response to HTTPS client",
        'add "{registry}" to insecure-registries in /etc/docker/daemon.json on the engine\'s machine, and have it '
        "read that (`sudo systemctl reload docker`); for Podman a file in /etc/containers/registries.conf.d says "
        '[[registry]], location = "{registry}" and insecure = true; what goes there can be read and changed on the way',
        "the registry {registry} speaks without TLS, which the engine does not do with it",
    ),
    _told(
        _REGISTRY + r"dial tcp: lookup (?P<name>\S+?)(?: on \S+)?: no such host",
        "is the registry's name right? it is looked up on the engine's machine",
        "the engine's machine knows no host {name}, so there is no registry {registry}",
    ),
    _told(
        _REGISTRY + r"dial tcp \S+: connect: connection refused",
        "is it running, and the port right? it is asked from the engine's machine",
        "nobody answers at the registry {registry}",
    ),
    _told(
        r"client sent an HTTP request to an HTTPS server",
        "set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem",
        "the engine speaks with TLS only",
        EngineRefused,
    ),
    _told(
        r"pull access denied for (?P<image>[^,\s]+)",
        "is the name right? a private image needs `minicompose login REGISTRY`",
        "the registry has no image {image}, or does not show it to us",
    ),
    _told(
        r"unauthorized|authentication required|no basic auth credentials|requested access to the resource is denied",
        "log in to its registry: `minicompose login REGISTRY`",
        kind=EngineRefused,
    ),
    _told(
        r"manifest for (?P<image>\S+) not found|manifest unknown",
        "is the tag right? the registry does not have it",
        kind=NotFound,
    ),
    _told(
        r"toomanyrequests|pull rate limit",
        "the registry limits anonymous pulls; log in with `minicompose login`, or try later",
    ),
    _told(
        r"no space left on device",
        "free some on the engine's machine: `docker system df` shows what takes it",
        "there is no space left on the engine's disk",
    ),
    _told(
        r'exec: "(?P<program>[^"]+)": (?:stat [^:]+: no such file or directory|'
        r"executable file not found in \$PATH|no such file or directory)",
        "is it in the image, and the command spelled right?",
        'there is no program "{program}" in the container',
        NoProgram,
    ),
    _told(
        r'exec: "(?P<program>[^"]+)": (?:stat [^:]+: )?permission denied',
        "the file is not executable (`chmod +x` it in the image)",
        'the program "{program}" cannot be executed',
        CannotRun,
    ),
    _told(
        r'exec: "(?P<program>[^"]+)": is a directory',
        "a program is a file",
        '"{program}" is a directory, and cannot be executed',
        CannotRun,
    ),
    _told(
        r"unknown or invalid runtime name: (?P<name>\S+)|unknown runtime specified (?P<other>\S+)",
        "`docker info` lists the runtimes that this engine has",
    ),
    _told(
        r'could not select device driver "(?P<driver>[^"]*)" with capabilities',
        "the engine has no such devices, or lacks the toolkit for them (nvidia-container-toolkit for GPUs)",
        "the engine cannot give out the devices that are asked for",
    ),
)

_MAY_NOT_CONNECT = (
    "add yourself to the group of the socket (`sudo usermod -aG docker $USER`, log in again), or use sudo"
)


class NoWayIn(OSError):
    """There is somebody at the address, who will not be spoken to as we are told to, with what to do about it."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.hint = hint


def unreachable(address: str, error: Exception | None = None) -> EngineUnreachable:
    """There is nobody, or no longer anybody, at `address`."""
    if isinstance(error, NoWayIn):
        return EngineUnreachable(f"cannot reach a Docker engine at {address}: {error}", error.hint)
    return EngineUnreachable(f"cannot reach a Docker engine at {address}: {_why_unreachable(error)}", _START_ENGINE)


def _why_unreachable(error: Exception | None) -> str:
    """In the system's words, without Python's numbers around them."""
    if error is None or isinstance(error, (FileNotFoundError, ConnectionRefusedError)):
        return "is it running?"
    words = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return f"{words[:1].lower()}{words[1:]}"


def refused(address: str) -> EngineRefused:
    """The socket is there, and not for us."""
    return EngineRefused(f"no permission to use the Docker engine at {address}", _MAY_NOT_CONNECT)


def failure(status: int, message: str) -> EngineError:
    """What an answer with this status means; `message` is the engine's own."""
    kind = _kind(status)
    text = message.strip() or f"the engine answered with status {status}"
    for told in _WELL_KNOWN:
        if (found := told.pattern.search(text)) is not None:
            words = {name: value or "" for name, value in found.groupdict().items()}
            said = told.message.format_map(words) if told.message else text
            return (told.kind or kind)(said, told.hint.format_map(words), status=status)
    return kind(text, status=status)


def message_in(body: bytes) -> str:
    """The engine's message out of an answer's body, whatever that looks like."""
    try:
        return msgspec.json.decode(body, type=_Message).message
    except msgspec.DecodeError:
        return body.decode(errors="replace")


class _Message(msgspec.Struct):
    message: str


def _kind(status: int) -> type[EngineError]:
    match status:
        case 400:
            return BadRequest
        case 401 | 403:
            return EngineRefused
        case 404:
            return NotFound
        case 409:
            return Conflict
        case _ if 500 <= status <= 599:
            return EngineFault
        case _:
            return EngineError
