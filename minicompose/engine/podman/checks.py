"""Health checks, where Podman has nobody to make them.

Podman leaves it to timers of systemd; on a machine without systemd (a container, most CI) it keeps a check with its
container and never makes it. Whoever follows a project's events there makes its checks meanwhile.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from minicompose.engine.transport import Query
from minicompose.errors import EngineError
from minicompose.planning.observed import Health

_NANOSECONDS = 1_000_000_000
_LOOKS = 50
_PAUSE = 0.01
_EVERY = 30.0  # seconds, where a check does not say


class Looking(Protocol):
    """Who can ask, and be answered at once."""

    def get(self, path: str, query: Query | None = None) -> Any: ...


def makes_checks(info: dict[str, Any]) -> bool:
    """Whether a Podman that tells this of itself makes health checks."""
    return info.get("CgroupDriver") == "systemd"


def health_after(looking: Looking, container: str, time_told: int) -> Health:
    """How healthy a container is after the check that an event told of at this time, in nanoseconds since 1970.

    The event comes before the outcome is written down, which is waited for.
    """
    health: Health = "none"
    for _ in range(_LOOKS):
        try:
            found = looking.get(f"/containers/{container}/json")["State"].get("Health") or {}
        except EngineError:
            return "none"
        health = found.get("Status", "none")
        ended = [_nanoseconds(entry["End"]) for entry in found.get("Log") or ()]
        if max(ended, default=0) >= time_told:
            break
        time.sleep(_PAUSE)
    return health


def _nanoseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * _NANOSECONDS)


class HealthChecks:
    """The checks of the containers with some labels, made one interval after another until `close`."""

    def __init__(self, looking: Looking, labels: Sequence[str]) -> None:
        self._looking = looking
        self._labels = labels
        self._closed = threading.Event()
        self._checked: set[str] = set()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """With those that run already."""
        filters = msgspec.json.encode({"label": self._labels, "status": ["running"]}).decode()
        for container in self._looking.get("/containers/json", {"filters": filters}):
            self.started(container["Id"])

    def started(self, container: str) -> None:
        """From now on it has to be checked, if it has a check."""
        with self._lock:
            if container in self._checked or self._closed.is_set():
                return
            self._checked.add(container)
        threading.Thread(target=self._check, args=(container,), daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _check(self, container: str) -> None:
        try:
            interval = self._interval(container)
            while interval is not None and not self._closed.wait(interval) and self._made(container):
                pass
        except EngineError:
            pass  # it is gone, or the engine
        finally:
            with self._lock:
                self._checked.discard(container)

    def _made(self, container: str) -> bool:
        """Make its check; False of one that does not run any more. When it runs again, that is told."""
        try:
            self._looking.get(f"/libpod/containers/{container}/healthcheck")
        except EngineError:
            return bool(self._looking.get(f"/containers/{container}/json")["State"].get("Running"))
        return True

    def _interval(self, container: str) -> float | None:
        """In seconds; None without a check."""
        check = self._looking.get(f"/containers/{container}/json")["Config"].get("Healthcheck") or {}
        if (check.get("Test") or ["NONE"]) == ["NONE"]:
            return None
        return (check.get("Interval") or 0) / _NANOSECONDS or _EVERY
