"""What the containers of a project use, followed beside whoever shows it."""

import threading
from collections.abc import Collection

from minicompose.engine.protocol import Engine, Usage, UsageStream
from minicompose.errors import EngineError, NotFound
from minicompose.execution.subscription import Happened, StreamLive, StreamLost, Subscription, Tidings
from minicompose.planning.observed import Observed, ObservedContainer

_ALIVE = ("running", "paused")


class Usages:
    """Enter it to begin, leave it to end. A thread for each container that runs keeps what it uses now."""

    def __init__(self, engine: Engine, project: str) -> None:
        self._engine = engine
        self._project = project
        self._subscription = Subscription(engine, project, self._hear)
        self._changed = threading.Event()
        self._lost: Exception | None = None
        self._seen = Observed(project=project)
        self._lock = threading.Lock()
        self._latest: dict[str, Usage] = {}
        self._streams: dict[str, UsageStream] = {}

    def __enter__(self) -> "Usages":
        self._changed.set()
        self._subscription.open()
        return self

    def __exit__(self, *exception: object) -> None:
        self._subscription.close()
        self._follow_alone(())

    def observed(self) -> Observed:
        """What is there now; asked of the engine only when something has come or gone. Raises EngineError."""
        if self._lost is not None:
            raise self._lost
        if self._changed.is_set():
            self._changed.clear()
            self._seen = self._engine.observe(self._project)
            self._follow_alone([each.id for each in self._seen.containers if each.state in _ALIVE])
        return self._seen

    def of(self, container: ObservedContainer) -> Usage | None:
        """None while nothing is known yet; one that does not run uses nothing."""
        if container.state not in _ALIVE:
            return Usage()
        with self._lock:
            return self._latest.get(container.id)

    def _hear(self, tidings: Tidings) -> None:
        match tidings:
            case StreamLive():
                self._changed.set()
            case Happened(event) if event.action != "health_status":
                self._changed.set()
            case Happened():
                pass
            case StreamLost(error):
                self._lost = error

    def _follow_alone(self, ids: Collection[str]) -> None:
        with self._lock:
            closing = [self._streams.pop(id) for id in list(self._streams) if id not in ids]
            self._latest = {id: usage for id, usage in self._latest.items() if id in ids}
        for stream in closing:
            stream.close()
        for id in ids:
            if id not in self._streams:
                self._follow(id)

    def _follow(self, id: str) -> None:
        try:
            stream = self._engine.usage(id, follow=True)
        except NotFound:
            return  # it went meanwhile
        with self._lock:
            self._streams[id] = stream
        threading.Thread(target=self._read, args=(id, stream), daemon=True).start()

    def _read(self, id: str, stream: UsageStream) -> None:
        try:
            for usage in stream:
                with self._lock:
                    if self._streams.get(id) is not stream:
                        return
                    self._latest[id] = usage
        except EngineError:
            return  # the subscription tells of a lost engine, too


def used_once(engine: Engine, containers: Collection[ObservedContainer]) -> dict[str, Usage]:
    """What containers use, by their ids, measured side by side over a second; those that went are left out."""
    from concurrent.futures import ThreadPoolExecutor  # only who measures pays for it

    if not containers:
        return {}

    def measured(container: ObservedContainer) -> Usage | None:
        try:
            return next(iter(engine.usage(container.id)), None)
        except NotFound:
            return None

    with ThreadPoolExecutor(len(containers)) as measuring:
        told = zip(containers, measuring.map(measured, containers), strict=True)
        return {container.id: usage for container, usage in told if usage is not None}
