"""Podman's events, as Docker tells them."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from minicompose.engine.podman.answers import short_name
from minicompose.engine.podman.checks import HealthChecks, Looking, health_after
from minicompose.engine.transport import Answer, RawStream, lines

# Its words for what happened to a container, where they are others.
_ACTIONS = {"remove": "destroy", "died": "die"}
# The steps of a start and of an end, which Docker does not tell.
_OWN_EVENTS = ("init", "cleanup")
_OWN_ATTRIBUTES = ("containerExitCode", "podId")
_BEGIN = ("start", "unpause")
# How many events are known again: Podman's file of them has a megabyte, and each takes some hundred bytes.
_KNOWN_AGAIN = 10_000


class EventsOfPodman:
    """An `Answer` with events, a line each, until `last`, in nanoseconds since 1970.

    Each is told once: when Podman cuts the file of its events short, it tells anew what is still in it.

    With `looking` a health check is told with its outcome, as Docker does; `checks` makes the checks meanwhile.
    """

    def __init__(
        self,
        answer: Answer,
        last: int | None = None,
        looking: Looking | None = None,
        checks: HealthChecks | None = None,
    ) -> None:
        self._answer = answer
        self._last = last
        self._looking = looking
        self._checks = checks
        self._told: dict[tuple[int, str, str], None] = {}

    @property
    def status(self) -> int:
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer.headers

    def read(self) -> bytes:
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        for line in lines(self._answer.chunks()):
            event = event_of_podman(msgspec.json.decode(line))
            if event is None or self._is_told(event):
                continue
            if self._last is not None and event["timeNano"] > self._last:
                continue
            if self._checks is not None and event["Action"] in _BEGIN:
                self._checks.started(event["Actor"]["ID"])
            if self._looking is not None and event["Action"] == "health_status":
                health = health_after(self._looking, event["Actor"]["ID"], event["timeNano"])
                event["Action"] = event["Action"] if health == "none" else f"health_status: {health}"
            yield msgspec.json.encode(event) + b"\n"

    def _is_told(self, event: dict[str, Any]) -> bool:
        """Whether it has been told already; from now on it has."""
        key = (event["timeNano"], event["Action"], event["Actor"]["ID"])
        if event["timeNano"] and key in self._told:
            return True
        self._told[key] = None
        if len(self._told) > _KNOWN_AGAIN:
            del self._told[next(iter(self._told))]
        return False

    def hijack(self) -> RawStream:
        raise TypeError("events are read, and not spoken to")

    def close(self) -> None:
        if self._checks is not None:
            self._checks.close()
        self._answer.close()


def event_of_podman(event: dict[str, Any]) -> dict[str, Any] | None:
    """None for what Docker does not tell."""
    action = event.get("Action", "")
    if action in _OWN_EVENTS:
        return None
    actor = event.get("Actor") or {}
    its = {name: value for name, value in (actor.get("Attributes") or {}).items() if name not in _OWN_ATTRIBUTES}
    if "image" in its:
        its["image"] = short_name(its["image"])
    told = {"timeNano": 0, **event}
    return {**told, "Action": _ACTIONS.get(action, action), "Actor": {"ID": "", **actor, "Attributes": its}}
