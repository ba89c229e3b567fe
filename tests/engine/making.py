"""Making containers and following events, for the tests of engines."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from minicompose import labels
from minicompose.engine.protocol import Engine, EngineEvent, EventStream
from minicompose.model import Duration, Healthcheck, Network, Service, Volume
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import ContainerSpec, Endpoint
from tests.fake_engine import FakeEngine
from tests.real_engine import IMAGE, real_api

DEADLINE = 20.0
SECOND = 1_000_000_000
_OF_SPEC = ("image", "injected", "file_volumes", "bound", "input_once", "removed_at_end")


class Bench:
    """An engine and one project on it."""

    def __init__(self, engine: Engine, project: str) -> None:
        self.engine = engine
        self.project = project

    def named(self, name: str) -> str:
        """The project's name for something."""
        return f"{self.project}-{name}"

    def spec(
        self, service: str = "web", *words: str, endpoints: tuple[Endpoint, ...] = (), **fields: Any
    ) -> ContainerSpec:
        """A container that runs `words`, or else sleeps; `fields` are those of the service, or of the spec."""
        asked = {name: fields.pop(name) for name in _OF_SPEC if name in fields}
        return ContainerSpec(
            **{"image": IMAGE, **asked},
            project=self.project,
            name=self.named(service),
            number=1,
            service=Service(name=service, command=words or ("sleep", "300"), **{"init": True, **fields}),
            endpoints=endpoints,
            labels={
                labels.PROJECT: self.project,
                labels.SERVICE: service,
                labels.NUMBER: "1",
                labels.ONEOFF: "False",
            },
        )

    def limit_by_hand(self, id: str, attribute: str, value: int) -> None:
        """As with `docker update`: `mem_limit` in bytes, or `cpu_shares`."""
        if isinstance(self.engine, FakeEngine):
            self.engine.limit_by_hand(id, attribute, value)
            return
        settings = {"mem_limit": {"Memory": value, "MemorySwap": value}, "cpu_shares": {"CpuShares": value}}
        api = real_api()
        with closing(api.transport):
            api.post(f"/containers/{id}/update", settings[attribute])

    def create(self, spec: ContainerSpec, keep_volumes_of: str | None = None) -> str:
        return self.engine.create_container(spec.name, spec, keep_volumes_of)

    def run(self, spec: ContainerSpec) -> str:
        id = self.create(spec)
        self.engine.start_container(id)
        return id

    def run_to_end(self, spec: ContainerSpec) -> str:
        """Start it and wait until its command has ended."""
        with self.events() as events:
            id = self.run(spec)
            until(events, lambda event: event.action == "die" and event.id == id)
        self.engine.inspect_container(id)  # see `observed`
        return id

    def network(self, name: str = "net") -> str:
        self.engine.create_network(Network(name=self.named(name)), {labels.PROJECT: self.project})
        return self.named(name)

    def volume(self, name: str = "data") -> str:
        self.engine.create_volume(Volume(name=self.named(name)), {labels.PROJECT: self.project})
        return self.named(name)

    @contextmanager
    def events(self) -> Iterator[EventStream]:
        """A subscription that ends by itself when a test would wait for ever."""
        stream = self.engine.events(self.project)
        watchdog = threading.Timer(DEADLINE, stream.close)
        watchdog.start()
        try:
            yield stream
        finally:
            watchdog.cancel()
            stream.close()

    def mounted_volumes(self, id: str) -> set[str]:
        """The names of the volumes that a container has, anonymous ones included."""
        if isinstance(self.engine, FakeEngine):
            return self.engine.mounted_volumes(id)
        api = real_api()
        with closing(api.transport):
            mounts = api.get(f"/containers/{id}/json")["Mounts"]
        return {mount["Name"] for mount in mounts if mount["Type"] == "volume"}

    def observe(self) -> Observed:
        return self.engine.observe(self.project)

    def observed(self, id: str) -> ObservedContainer:
        self.engine.inspect_container(id)  # answered only when the engine is done with whatever happens to it
        return next(container for container in self.observe().containers if container.id == id)


def until(events: EventStream, last: Callable[[EngineEvent], bool]) -> list[EngineEvent]:
    """The events up to the one for which `last` holds."""
    found = []
    for event in events:
        found.append(event)
        if last(event):
            return found
    raise AssertionError(f"the awaited event did not come; these did: {[event.action for event in found]}")


def check(*test: str) -> Healthcheck:
    """A health check that is made every second."""
    return Healthcheck(test=test, interval=Duration(SECOND), timeout=Duration(5 * SECOND), retries=1)
