"""Plans in a few words, and a run that a test can watch while it goes on."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec

from minicompose import labels
from minicompose.execution.events import (
    AnyEvent,
    RunReport,
    StepCancelled,
    StepDone,
    StepFailed,
    StepStarted,
    StepWaits,
    TurnedBack,
)
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.run import run_plan
from minicompose.model import Healthcheck, Service
from minicompose.planning.plan import (
    Action,
    Asked,
    Condition,
    ContainerSpec,
    CreateContainer,
    Failed,
    ImageDiffers,
    Plan,
    StartContainer,
    Step,
    Subject,
    WaitUntil,
)
from tests.fake_engine import FakeEngine

PROJECT = "shop"
IMAGE = "busybox:test"
DEADLINE = 10.0


def spec_of(service: str, *, check: bool = False, restart: str | None = None) -> ContainerSpec:
    """What the service's first container is asked to be; it runs until it is stopped."""
    return ContainerSpec(
        project=PROJECT,
        name=f"{PROJECT}-{service}-1",
        number=1,
        image=IMAGE,
        service=Service(
            name=service,
            image=IMAGE,
            command=("sleep", "1000"),
            init=True,
            restart=restart,
            healthcheck=Healthcheck(test=("CMD", "true")) if check else None,
        ),
        labels={labels.PROJECT: PROJECT, labels.SERVICE: service, labels.NUMBER: "1", labels.ONEOFF: "False"},
    )


def step(
    id: int,
    action: Action,
    *after: int,
    wants: tuple[int, ...] = (),
    name: str = "",
    group: str = "",
    when: ImageDiffers | None = None,
) -> Step:
    """A step; its subject is the container that its action names."""
    subject = name or getattr(action, "container", "") or getattr(action, "name", "")
    return Step(
        id=id,
        subject=Subject(type="container", name=subject, service=subject.split("-")[1] if "-" in subject else None),
        action=action,
        because=Asked(option="up"),
        after=after,
        wants=wants,
        group=group,
        when=when,
    )


def back(
    id: int, action: Action, reverts: int, *, unless: int, group: str = "", wants: tuple[int, ...] = (), name: str = ""
) -> Step:
    """A step of a way back."""
    made = step(id, action, wants=wants, group=group, name=name)
    return msgspec.structs.replace(made, because=Failed(), reverts=(reverts,), unless=(unless,))


def create(id: int, service: str, *after: int, check: bool = False, **more: Any) -> Step:
    spec = spec_of(service, check=check)
    return step(id, CreateContainer(name=spec.name, spec=spec), *after, **more)


def start(id: int, service: str, *after: int, **more: Any) -> Step:
    return step(id, StartContainer(container=f"{PROJECT}-{service}-1"), *after, **more)


def wait(id: int, service: str, condition: Condition, *after: int, **more: Any) -> Step:
    return step(id, WaitUntil(container=f"{PROJECT}-{service}-1", condition=condition), *after, **more)


def plan_of(*steps: Step) -> Plan:
    """A plan of these steps; those that revert others are its way back."""
    return Plan(
        project=PROJECT,
        steps=tuple(step for step in steps if not step.reverts),
        way_back=tuple(step for step in steps if step.reverts),
    )


def engine_with(*services: str, check: tuple[str, ...] = ()) -> FakeEngine:
    """An engine that has these services' containers, created and not started."""
    engine = FakeEngine(IMAGE)
    for service in services:
        spec = spec_of(service, check=service in check)
        engine.create_container(spec.name, spec, None)
    engine.calls.clear()
    return engine


def in_words(event: AnyEvent) -> str:
    """An event about a step as a word and the step's number, with the reason where it has one."""
    match event:
        case StepStarted():
            return f"start {event.step}"
        case StepWaits():
            return f"wait {event.step} {event.what}"
        case StepDone():
            return f"{'skip' if event.skipped else 'done'} {event.step}"
        case StepFailed():
            return f"fail {event.step} {event.message}"
        case StepCancelled():
            return f"cancel {event.step} {event.because}"
        case TurnedBack():
            return f"turn back {' '.join(str(id) for id in event.steps)}"
        case _:
            return type(event).__name__


class Running:
    """A run in a thread of its own; the test waits for what it sees of it, and never longer than it must."""

    def __init__(self, plan: Plan, engine: Any, **options: Any) -> None:
        self.events: list[AnyEvent] = []
        self.interrupts = Interrupts()
        self._changed = threading.Condition()
        self._report: RunReport | None = None
        self._error: BaseException | None = None
        self._over = False
        self._options = {"interrupts": self.interrupts, **options}
        self._thread = threading.Thread(target=self._run, args=(plan, engine), daemon=True)
        self._thread.start()

    def _run(self, plan: Plan, engine: Any) -> None:
        try:
            self._report = run_plan(plan, engine, self._hear, **self._options)
        except BaseException as error:  # noqa: BLE001 - the test's thread raises it
            self._error = error
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _hear(self, event: AnyEvent) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    @property
    def story(self) -> list[str]:
        """What has happened to the steps."""
        return [in_words(event) for event in self.events]

    def saw(self, words: str) -> None:
        """Return when the story has this line."""
        self._wait(lambda: words in self.story, f"{words!r} did not happen")

    def report(self) -> RunReport:
        """How the run ended, when it has."""
        self._wait(lambda: self._over, "the run did not end")
        if self._error is not None:
            raise self._error
        assert self._report is not None
        return self._report

    def _wait(self, holds: Callable[[], bool], complaint: str) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: holds() or self._over, DEADLINE) or not holds():
                raise AssertionError(f"{complaint}; there was {self.story}") from self._error
