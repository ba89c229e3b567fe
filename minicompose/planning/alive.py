"""The containers of a plan as those see them that wait for them."""

import msgspec

from minicompose.model import Dependency, Service
from minicompose.planning.census import holds
from minicompose.planning.graph import Graph
from minicompose.planning.observed import ObservedContainer
from minicompose.planning.plan import Condition, Needed, Reason, Subject, WaitUntil
from minicompose.planning.replacement import Before
from minicompose.planning.steps import Steps

_STRICTER: tuple[Condition, ...] = ("healthy", "completed")


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """A container as its dependents and `--wait` see it.

    `up` are the steps that start it, `named` those after which it is known as `name`. `observed` is
    set where no step starts it: then it may be as wanted already. `begins` is set where it succeeds one that
    is stopped for it: what comes before its start, that stop included.
    """

    name: str
    up: tuple[int, ...] = ()
    named: tuple[int, ...] = ()
    observed: ObservedContainer | None = None
    settle: int | None = None
    begins: Before | None = None


class Alive:
    """Adds the waits that dependents and `--wait` ask for, each once; dependencies are added first.

    `play` are the services that the plan is about: only of these a condition is waited for.
    """

    def __init__(self, steps: Steps, graph: Graph, play: frozenset[str]) -> None:
        self._steps = steps
        self._graph = graph
        self._play = play
        self._by_service: dict[str, list[Live]] = {}
        self._waits: dict[tuple[str, Condition], int] = {}

    def add(self, service: Service, live: Live) -> None:
        self._by_service.setdefault(service.name, []).append(live)

    def of(self, service: str) -> list[Live]:
        return self._by_service.get(service, [])

    def wait_for(self, service: str, live: Live, condition: Condition, because: Reason) -> tuple[int, ...]:
        """The step after which a container is as `condition` says; none where it is already."""
        if live.observed and holds(live.observed, condition):
            return ()
        if condition == "settled" and live.settle is not None:
            return (live.settle,)
        if condition == "settled":  # a stricter wait that a dependent asked for says as much
            for stricter in _STRICTER:
                if (step := self._waits.get((live.name, stricter))) is not None:
                    return (step,)
        key = (live.name, condition)
        if key not in self._waits:
            subject = Subject(type="container", name=live.name, service=service)
            action = WaitUntil(container=live.name, condition=condition)
            self._waits[key] = self._steps.add(subject, action, because, after=(*live.up, *live.named))
        return (self._waits[key],)

    def conditions(self, service: Service) -> tuple[list[int], list[int]]:
        """The steps that a start must come after, and those that only have to have ended."""
        after: list[int] = []
        wants: list[int] = []
        for name, dependency in self._graph[service.name].items():
            steps = after if dependency.required else wants
            for live in self.of(name):
                steps.extend(self._condition(service, name, live, dependency))
        return after, wants

    def conditions_begin(self, service: Service) -> Before:
        """As `conditions`, but where a container that is being replaced only has to be started: what its start
        comes after. From then on nobody has it until it is started.
        """
        found = Before()
        for name, dependency in self._graph[service.name].items():
            for live in self.of(name):
                if dependency.condition == "service_started" and live.begins is not None:
                    coming = live.begins
                else:
                    coming = Before(self._condition(service, name, live, dependency))
                found += coming if dependency.required else Before(wants=(*coming.after, *coming.wants))
        return found

    def _condition(self, service: Service, name: str, live: Live, dependency: Dependency) -> tuple[int, ...]:
        because = Needed(service=service.name)
        match dependency.condition:
            case "service_started":
                return live.up
            case _ if name not in self._play:
                return live.up
            case "service_healthy":
                return self.wait_for(name, live, "healthy", because)
            case "service_completed_successfully":
                return self.wait_for(name, live, "completed", because)
