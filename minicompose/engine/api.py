"""The engine's HTTP API as calls: version in the path, JSON both ways, refusals raised."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from minicompose.engine.failures import failure, message_in
from minicompose.engine.transport import Answer, Query, Transport
from minicompose.errors import EngineTooOld

# The newest version whose requests are known here, and the oldest that has all that is needed.
NEWEST = (1, 51)
OLDEST = (1, 41)
_DONE_ALREADY = 304
# A header of what Podman answers to a ping.
_PODMANS_OWN = "libpod-api-version"


class Api:
    """`pinned` is the version to speak; without it, it is negotiated before the first call.

    A Podman is spoken to as Docker, so that nobody who calls need know.
    """

    def __init__(self, transport: Transport, pinned: tuple[int, int] | None = None) -> None:
        self.transport = transport
        self._version = pinned
        self._greeting: Mapping[str, str] | None = None
        self._spoken_to: Transport | None = None
        self._negotiating = threading.RLock()

    @property
    def version(self) -> tuple[int, int]:
        """The lower of the engine's and ours. Raises EngineTooOld."""
        if self._version is None:
            with self._negotiating:
                if self._version is None:
                    self._version = self._negotiate()
        return self._version

    @property
    def greeting(self) -> Mapping[str, str]:
        """What the engine tells of itself in the headers of its answer to a ping."""
        with self._negotiating:
            if self._greeting is None:
                self._greeting = self._ping()
            return self._greeting

    @property
    def is_podman(self) -> bool:
        return _PODMANS_OWN in self.greeting

    def get(self, path: str, query: Query | None = None) -> Any:
        return msgspec.json.decode(self.call("GET", path, query))

    def post(self, path: str, body: object = None, query: Query | None = None) -> Any:
        """The answer's JSON, or None where it has no body."""
        answer = self.call("POST", path, query, body)
        return msgspec.json.decode(answer) if answer.strip() else None

    def delete(self, path: str, query: Query | None = None) -> None:
        self.call("DELETE", path, query)

    def call(self, method: str, path: str, query: Query | None = None, body: object = None) -> bytes:
        """Send `body` as JSON; the whole answer. Raises what `failures` makes of the status."""
        content, headers = None, None
        if body is not None:
            content, headers = msgspec.json.encode(body), {"Content-Type": "application/json"}
        return self.open(method, path, query, content, headers).read()

    def open(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        upgrade: str = "",
    ) -> Answer:
        """The answer, not read yet, when it is not a refusal."""
        major, minor = self.version
        answer = self._docker().request(
            method, f"/v{major}.{minor}{path}", query=query, body=body, headers=headers, upgrade=upgrade
        )
        if answer.status >= 300 and answer.status != _DONE_ALREADY:
            raise failure(answer.status, message_in(answer.read()))
        return answer

    def _docker(self) -> Transport:
        """What answers as Docker does."""
        if self._spoken_to is None:
            if self.is_podman:
                from minicompose.engine.podman.transport import PodmanTransport  # only where it is Podman

                self._spoken_to = PodmanTransport(self.transport)
            else:
                self._spoken_to = self.transport
        return self._spoken_to

    def _ping(self) -> Mapping[str, str]:
        answer = self.transport.request("GET", "/_ping")
        body = answer.read()
        if answer.status != 200:
            raise failure(answer.status, message_in(body))
        return answer.headers

    def _negotiate(self) -> tuple[int, int]:
        theirs = parse_version(self.greeting.get("api-version", "")) or (0, 0)
        if theirs < OLDEST:
            raise EngineTooOld(
                f"the engine speaks API {theirs[0]}.{theirs[1]}; minicompose needs {OLDEST[0]}.{OLDEST[1]} or later",
                "Docker Engine 20.10, or Podman 4, and later have it",
            )
        return min(theirs, NEWEST)


def parse_version(text: str) -> tuple[int, int] | None:
    """ "1.41" as (1, 41); None for anything else."""
    major, _, minor = text.removeprefix("v").partition(".")
    if major.isascii() and major.isdigit() and minor.isascii() and minor.isdigit():
        return int(major), int(minor)
    return None
