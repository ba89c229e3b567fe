"""Running and following on a real engine: what the engine in memory cannot show."""

import threading

import msgspec
import pytest

from minicompose import labels
from minicompose.engine.http_engine import HttpEngine
from minicompose.engine.protocol import Engine
from minicompose.execution.events import AnyEvent, ContainerExited, LogLine, LogLines, StepFailed
from minicompose.execution.follower import AllExited, Follower
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.run import run_plan
from minicompose.execution.sources import sources_of
from minicompose.model import Duration, Healthcheck, Service
from minicompose.planning.plan import (
    Action,
    Asked,
    Condition,
    ContainerSpec,
    CreateContainer,
    Plan,
    StartContainer,
    Step,
    Subject,
    WaitUntil,
)
from tests.real_engine import IMAGE

pytestmark = pytest.mark.engine
LONG = 40_000


@pytest.fixture
def engine(real_engine: HttpEngine) -> Engine:
    return real_engine


@pytest.fixture
def project(real_project: str) -> str:
    return real_project


def service(name: str, script: str, *, check: str | None = None, restart: str | None = None) -> Service:
    healthcheck = None
    if check is not None:
        healthcheck = Healthcheck(test=("CMD-SHELL", check), interval=Duration(200_000_000), retries=1)
    return Service(
        name=name,
        image=IMAGE,
        command=("sh", "-c", script),
        init=True,
        network_mode="none",
        restart=restart,
        healthcheck=healthcheck,
    )


def plan_for(project: str, *wanted: tuple[Service, Condition | None]) -> Plan:
    """Create, start and wait for each service, none after another."""
    steps: list[Step] = []
    for each, condition in wanted:
        name = f"{project}-{each.name}-1"
        its = {labels.PROJECT: project, labels.SERVICE: each.name, labels.NUMBER: "1", labels.ONEOFF: "False"}
        spec = ContainerSpec(project=project, name=name, number=1, image=IMAGE, service=each, labels=its)
        actions: list[Action] = [CreateContainer(name=name, spec=spec), StartContainer(container=name)]
        waits = [WaitUntil(container=name, condition=condition)] if condition else []
        for place, action in enumerate([*actions, *waits]):
            steps.append(
                Step(
                    id=len(steps) + 1,
                    subject=Subject(type="container", name=name, service=each.name),
                    action=action,
                    because=Asked(option="up"),
                    after=(len(steps),) if place else (),
                )
            )
    return Plan(project=project, steps=tuple(steps))


def followed(engine: Engine, plan: Plan) -> tuple[list[AnyEvent], object]:
    """What was told of a plan that ends by itself, and why following ended."""
    events: list[AnyEvent] = []
    with Follower(engine, plan.project, events.append, sources_of(plan, engine.observe(plan.project))) as follower:
        assert run_plan(plan, engine, lambda _: None).ok
        return events, follower.wait(Interrupts())


def lines_in(events: list[AnyEvent]) -> list[LogLine]:
    return [line for event in events if isinstance(event, LogLines) for line in event.lines]


def test_nothing_that_short_lived_containers_print_is_lost(engine: Engine, project: str) -> None:
    names = [f"job{number}" for number in range(8)]
    script = "for i in $(seq 200); do echo $i; echo err$i >&2; done; printf end"
    plan = plan_for(project, *((service(name, script), "completed") for name in names))

    events, ending = followed(engine, plan)

    assert ending == AllExited()
    for name in names:
        lines = [line for line in lines_in(events) if line.output.service == name]
        out = [line.text.decode() for line in lines if line.output.stream == "stdout"]
        err = [line.text.decode() for line in lines if line.output.stream == "stderr"]
        assert out == [*map(str, range(1, 201)), "end"]
        assert err == [f"err{number}" for number in range(1, 201)]
    assert sum(isinstance(event, ContainerExited) for event in events) == len(names)


def test_a_line_longer_than_the_engine_keeps_in_one_piece_arrives_whole(engine: Engine, project: str) -> None:
    script = f"head -c {LONG} /dev/zero | tr '\\0' x; echo; echo after"

    events, _ = followed(engine, plan_for(project, (service("long", script), "completed")))

    assert [len(line.text) for line in lines_in(events)] == [LONG, len("after")]


def test_a_job_that_is_run_again_shows_only_what_it_prints_then(engine: Engine, project: str) -> None:
    plan = plan_for(project, (service("job", "date +%N; echo done"), "completed"))
    followed(engine, plan)
    again = msgspec.structs.replace(
        plan,
        steps=tuple(
            msgspec.structs.replace(step, after=() if step.id == 2 else step.after)
            for step in plan.steps
            if not isinstance(step.action, CreateContainer)
        ),
    )

    events, ending = followed(engine, again)

    assert ending == AllExited()
    assert [line.text for line in lines_in(events)][1:] == [b"done"]


def test_waiting_for_health_ends_with_the_check_and_fails_with_its_output(engine: Engine, project: str) -> None:
    plan = plan_for(
        project,
        (service("good", "sleep 60", check="true"), "healthy"),
        (service("bad", "echo about to fail; sleep 60", check="echo no disk; false"), "healthy"),
        (service("killed", "echo dying; kill -SEGV $$", check="true"), "healthy"),
    )
    events: list[AnyEvent] = []

    report = run_plan(plan, engine, events.append)

    assert set(report.done) == {1, 2, 3, 4, 5, 7, 8}
    assert dict(report.failures) == {
        6: "unhealthy; the check printed: no disk",
        9: "exited with code 139 (SIGSEGV) before it was healthy",
    }
    outputs = {event.step: event.output for event in events if isinstance(event, StepFailed)}
    assert outputs[6] == "about to fail"


def test_a_container_that_crashes_until_it_works_is_waited_for(engine: Engine, project: str) -> None:
    script = "[ -e /twice ] && exec sleep 60; [ -e /once ] && touch /twice; touch /once; exit 3"
    plan = plan_for(project, (service("shaky", script, check="test -e /twice", restart="always"), "healthy"))

    assert run_plan(plan, engine, lambda _: None).ok


def test_what_containers_print_while_they_are_stopped_is_still_heard(engine: Engine, project: str) -> None:
    script = "trap 'echo going down; exit 7' TERM; echo up; while :; do sleep 0.05; done"
    plan = plan_for(project, (service("web", script), "running"))
    up = threading.Event()
    lines: list[bytes] = []

    def hear(event: AnyEvent) -> None:
        if isinstance(event, LogLines):
            lines.extend(line.text for line in event.lines)
            up.set()

    interrupts = Interrupts()
    with Follower(engine, project, hear, sources_of(plan, engine.observe(project))) as follower:
        assert run_plan(plan, engine, lambda _: None).ok
        assert up.wait(10)
        interrupts.press()
        follower.wait(interrupts)
        engine.stop_container(f"{project}-web-1", 10)
        assert follower.wait(interrupts.from_now_on()) == AllExited()

    assert lines == [b"up", b"going down"]
    assert follower.exit_codes == {"web": 7}
