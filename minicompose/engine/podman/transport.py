"""Podman as whoever speaks to Docker knows it: requests in Docker's words, answers in Docker's shapes.

`PodmanTransport` stands between `Api` and the connection. All that is asked of Podman otherwise goes through here:
one request may be several, or another, and what comes back is what Docker would have said.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from minicompose.engine.failures import failure, message_in
from minicompose.engine.podman.answers import Refused, mended, of_this_host, with_health_and_networks
from minicompose.engine.podman.checks import HealthChecks, makes_checks
from minicompose.engine.podman.events import EventsOfPodman
from minicompose.engine.podman.late import LateAnswer
from minicompose.engine.podman.log_frames import Mended, with_times_once
from minicompose.engine.podman.refusals import refusal_of_podman
from minicompose.engine.podman.requests import body_for_podman, filters_of, path_for_podman, query_for_podman
from minicompose.engine.transport import Answer, Query, RawStream, Transport
from minicompose.regex import regex

# Of Podman's own API, the oldest that is used.
_LIBPOD = "/v4.0.0"
_DONE_ALREADY = 304
_TRIES = 4
_VERSIONED = regex(r"(/v[\d.]+)(/.*)")
_LOGS = regex(r"/containers/([^/]+)/logs")
_CONTAINER = regex(r"/containers/([^/]+)")
_STOP = regex(r"/containers/([^/]+)/stop")
# Within this it begins anew what its restart policy says; it waits no longer from one time to the next.
_BEGUN_ANEW_WITHIN = 0.3
_STOPS = 20

Body = bytes | Iterable[bytes] | None


class PodmanTransport:
    """A transport to Podman, as one to Docker."""

    def __init__(self, transport: Transport) -> None:
        self.address = transport.address
        self._transport = transport
        self._host: dict[str, Any] | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        upgrade: str = "",
    ) -> Answer:
        found = _VERSIONED.fullmatch(path)
        if found is None:
            return self._transport.request(method, path, query=query, body=body, headers=headers, upgrade=upgrade)
        version, place = found[1], found[2]
        ask = functools.partial(self._answered, version, method, place, query, body, headers, upgrade)
        try:
            match method, place:
                case "GET", "/containers/json":
                    return _Whole(self._containers(version, query))
                case "GET", "/images/json":
                    return _tried_again(ask, "")  # an image went away meanwhile
                case "POST", "/networks/create":
                    # It gives up when any interface of its machine goes away while it looks for a free subnet.
                    return _tried_again(ask, "no such network interface")
                case "GET", "/info":
                    return _Whole(self._info(version))
                case "GET", "/events":
                    return self._events(version, query)
                case "GET", _ if found := _LOGS.fullmatch(place):
                    return self._logs(version, found[1], query or {}, ask)
                case "POST", _ if found := _STOP.fullmatch(place):
                    return self._stopped(version, found[1], ask)
                case "DELETE", _ if (found := _CONTAINER.fullmatch(place)) and "force" in (query or {}):
                    self._kill(version, found[1])  # or it gives the command the time that a stop gives
                case "DELETE", _ if found := _CONTAINER.fullmatch(place):
                    return self._removed(version, found[1], ask)
                case "PUT", _ if query and "noOverwriteDirNonDir" in query and place.endswith("/archive"):
                    # It would make a directory that is not there.
                    self._read(version, "HEAD", place, {"path": query["path"]})
            return ask()
        except Refused as refusal:
            return _refusal(refusal)

    def close(self) -> None:
        self._transport.close()

    # ---- requests that are others ----

    def _containers(self, version: str, query: Query | None) -> bytes:
        containers = self._read(version, "GET", "/containers/json", query)
        if containers.strip() == b"[]":
            return containers
        own = self._read(version, "GET", "/libpod/containers/json", query)
        return with_health_and_networks(containers, own, self._read(version, "GET", "/networks"))

    def _info(self, version: str) -> bytes:
        body = of_this_host(self._read(version, "GET", "/info"))
        self._host = msgspec.json.decode(body)
        return body

    def _events(self, version: str, query: Query | None) -> Answer:
        """Who asks for health by name has the checks made, where nobody else makes them, and is told of each how it
        was. What is only looked up is told as it was noted.
        """
        until = (query or {}).get("until")
        last = int(float(str(until)) * 1_000_000_000) if until else None
        answer = self._answered(version, "GET", "/events", query)
        if "health_status" not in filters_of(query).get("event", ()):
            return EventsOfPodman(answer, last)
        if self._host is None:  # it takes Podman a second or more to tell, so who has told it once is believed
            self._info(version)
        looking = _Looking(self, version)
        checks = None if makes_checks(self._host or {}) else HealthChecks(looking, filters_of(query)["label"])
        if checks is not None:
            checks.begin()
        return EventsOfPodman(answer, last, looking, checks)

    def _logs(self, version: str, container: str, query: Query, ask: Callable[[], Answer]) -> Answer:
        answer = LateAnswer(lambda: _or_error(ask)) if query.get("follow") else ask()
        if query.get("timestamps"):
            told = msgspec.json.decode(self._read(version, "GET", f"/containers/{container}/json"))
            if not told["Config"].get("Tty"):
                return Mended(answer, with_times_once)
        return answer

    def _kill(self, version: str, container: str) -> None:
        with contextlib.suppress(Refused):  # it does not run, or is not there
            self._read(version, "POST", f"/containers/{container}/kill", {"signal": "SIGKILL"})

    def _stopped(self, version: str, container: str, ask: Callable[[], Answer]) -> Answer:
        """Stop it until it stays so: one that ends by itself just then, Podman begins anew all the same."""
        answer = ask()
        for _ in range(_STOPS):
            if not self._comes_back(version, container):
                break
            answer.close()
            answer = ask()
        return answer

    def _removed(self, version: str, container: str, ask: Callable[[], Answer]) -> Answer:
        """Remove what was stopped; where it was begun anew later than was waited for, it is stopped once more."""
        for _ in range(_TRIES - 1):
            try:
                return ask()
            except Refused:
                if not self._container(version, container).get("RestartCount"):
                    raise
            stop = functools.partial(self._answered, version, "POST", f"/containers/{container}/stop")
            self._stopped(version, container, stop).close()
        return ask()

    def _comes_back(self, version: str, container: str) -> bool:
        """Whether it runs again after a stop; only looked for where its restart policy has begun it anew before."""
        with contextlib.suppress(Refused):  # it was to go at its end
            before = self._container(version, container)
            if before.get("RestartCount"):
                time.sleep(_BEGUN_ANEW_WITHIN)  # it tells nobody what it is about to do
                return bool(self._container(version, container)["RestartCount"] > before["RestartCount"])
        return False

    def _container(self, version: str, container: str) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.json.decode(self._read(version, "GET", f"/containers/{container}/json"))
        return told

    # ---- one request ----

    def _read(self, version: str, method: str, place: str, query: Query | None = None) -> bytes:
        return self._answered(version, method, place, query).read()

    def _answered(
        self,
        version: str,
        method: str,
        place: str,
        query: Query | None = None,
        body: Body = None,
        headers: Mapping[str, str] | None = None,
        upgrade: str = "",
    ) -> Answer:
        """Raises Refused."""
        its = path_for_podman(method, place)
        answer = self._transport.request(
            method,
            f"{_LIBPOD if its.startswith('/libpod/') else version}{its}",
            query=query_for_podman(place, query),
            body=body_for_podman(place, body) if isinstance(body, bytes) else body,
            headers=headers,
            upgrade=upgrade,
        )
        if answer.status >= 300 and answer.status != _DONE_ALREADY:
            raise Refused(*refusal_of_podman(answer.status, message_in(answer.read())))
        mend = mended(method, place)
        return answer if mend is None else _Whole(mend(answer.read()), answer.status, answer.headers)


class _Looking:
    """For who makes and reads health checks: the API, to be asked and read at once."""

    def __init__(self, transport: PodmanTransport, version: str) -> None:
        self._transport = transport
        self._version = version

    def get(self, path: str, query: Query | None = None) -> Any:
        """Raises EngineError."""
        answer = self._transport.request("GET", f"{self._version}{path}", query=query)
        content = answer.read()
        if answer.status >= 300:
            raise failure(answer.status, message_in(content))
        return msgspec.json.decode(content)


class _Whole:
    """An answer that is here already."""

    def __init__(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}
        self._body = body

    def read(self) -> bytes:
        return self._body

    def chunks(self) -> Iterator[bytes]:
        yield self._body

    def hijack(self) -> RawStream:
        raise TypeError("an answer that has been read is not spoken to")

    def close(self) -> None:
        """Nothing is open."""


def _tried_again(ask: Callable[[], Answer], fault: str) -> Answer:
    """Asked again when it says that this is at fault; whatever it says, where none is told. Raises Refused."""
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except Refused as refusal:
            if refusal.status < 500 or fault not in refusal.message:
                raise
    return ask()


def _or_error(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except Refused as refusal:
        raise failure(refusal.status, refusal.message) from None


def _refusal(refusal: Refused) -> _Whole:
    return _Whole(msgspec.json.encode({"message": refusal.message}), refusal.status)
