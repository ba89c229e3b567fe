"""What `start` and `restart` plan."""

import msgspec
import pytest

from minicompose.planning.observed import Observed
from minicompose.planning.plan import (
    DependencyRestarted,
    NotRunning,
    Plan,
    RestartContainer,
    StartContainer,
    StopContainer,
    WaitUntil,
)
from minicompose.planning.start import RestartOptions, plan_restart, plan_start
from tests.carrying_out import carry_out, engine_running
from tests.stack_of import stack_of

CHAIN = """
    services:
      db: {image: a, healthcheck: {test: "true"}}
      seed: {image: a, command: 'true', depends_on: {db: {condition: service_healthy}}}
      api:
        image: a
        depends_on:
          db: {condition: service_healthy, restart: true}
          seed: {condition: service_completed_successfully}
      web: {image: a, depends_on: {api: {condition: service_started, restart: true}}}
      side: {image: a, depends_on: {web: {condition: service_started, required: false}}}
"""


def stopped(text: str) -> Observed:
    """The stack, made and stopped."""
    engine = engine_running(stack_of(text))
    for name in engine.containers:
        engine.stop_container(name, None)
    return engine.observe("shop")


def began(plan: Plan) -> list[str]:
    verbs = StartContainer | RestartContainer
    return [
        f"{type(step.action).__name__} {step.subject.service}" for step in plan.steps if isinstance(step.action, verbs)
    ]


def step_of(plan: Plan, action: type, service: str) -> int:
    return next(step.id for step in plan.steps if isinstance(step.action, action) and step.subject.service == service)


def test_a_start_waits_for_what_the_labels_say_without_a_stack_file() -> None:
    plan = plan_start(stopped(CHAIN))

    waits = {(step.subject.service, step.action.condition) for step in plan.steps if isinstance(step.action, WaitUntil)}
    assert waits == {("db", "healthy"), ("seed", "completed")}
    api = next(step for step in plan.steps if step.id == step_of(plan, StartContainer, "api"))
    assert step_of(plan, WaitUntil, "seed") in api.after


def test_the_stack_file_says_what_is_not_required() -> None:
    plan = plan_start(stopped(CHAIN), stack=stack_of(CHAIN))

    side = next(step for step in plan.steps if step.subject.service == "side")
    assert side.after == ()
    assert side.wants == (step_of(plan, StartContainer, "web"),)


def test_a_service_is_started_with_all_that_it_needs_and_nothing_else() -> None:
    plan = plan_start(stopped(CHAIN), ("seed",))

    assert began(plan) == ["StartContainer db", "StartContainer seed"]


def test_what_need_not_be_there_and_is_not_is_not_missed() -> None:
    observed = stopped(CHAIN)
    without = tuple(each for each in observed.containers if each.service != "web")
    observed = msgspec.structs.replace(observed, containers=without)

    plan = plan_start(observed, ("side",), stack_of(CHAIN))

    assert began(plan) == ["StartContainer side"]
    assert plan.notes == ()


def test_a_service_with_no_replicas_is_not_missed() -> None:
    stack = stack_of("services: {db: {image: a}, web: {image: a, scale: 0}}")
    engine = engine_running(stack)
    engine.stop_container("shop-db-1", None)

    assert plan_start(engine.observe("shop"), stack=stack).notes == ()


def test_once_started_there_is_nothing_more_to_start() -> None:
    stack = stack_of("services: {db: {image: a, healthcheck: {test: 'true'}}, web: {image: a, depends_on: [db]}}")
    engine = engine_running(stack)
    for name in engine.containers:
        engine.stop_container(name, None)

    carry_out(plan_start(engine.observe("shop"), stack=stack), engine)

    assert {str(each.state) for each in engine.containers.values()} == {"running"}
    assert plan_start(engine.observe("shop"), stack=stack).steps == ()


def test_a_container_whose_network_is_gone_is_told_of() -> None:
    observed = msgspec.structs.replace(stopped("services: {db: {image: a}}"), networks=())

    plan = plan_start(observed)

    assert [note.summary for note in plan.notes] == [
        "shop-db-1 was made on a network shop_default that is gone, and cannot be started"
    ]


def test_a_start_says_how_the_container_is() -> None:
    plan = plan_start(stopped("services: {db: {image: a}}"))

    assert plan.steps[0].because == NotRunning(state="exited")


@pytest.mark.parametrize("no_deps", [False, True])
def test_a_restart_takes_along_those_that_ask_for_it_one_after_the_other(no_deps: bool) -> None:
    observed = engine_running(stack_of(CHAIN)).observe("shop")

    plan = plan_restart(observed, RestartOptions(services=("db",), no_deps=no_deps))

    assert began(plan) == ["RestartContainer db"] + ["RestartContainer api", "RestartContainer web"] * (not no_deps)


def test_those_that_are_taken_along_say_with_whom() -> None:
    observed = engine_running(stack_of(CHAIN)).observe("shop")

    plan = plan_restart(observed, RestartOptions(services=("api",)))

    assert plan.steps[-1].because == DependencyRestarted(service="api")


def test_what_does_not_run_is_not_taken_along() -> None:
    engine = engine_running(stack_of(CHAIN))
    engine.stop_container("shop-api-1", None)

    plan = plan_restart(engine.observe("shop"), RestartOptions(services=("db",)))

    assert began(plan) == ["RestartContainer db"]


def test_a_restart_of_all_waits_for_health_on_the_way() -> None:
    stack = stack_of(CHAIN)
    observed = engine_running(stack).observe("shop")

    plan = plan_restart(observed, RestartOptions(timeout=3), stack)

    seed = next(
        step
        for step in plan.steps
        if isinstance(step.action, RestartContainer | StartContainer) and step.subject.service == "seed"
    )
    assert step_of(plan, WaitUntil, "db") in seed.after
    assert {step.action.timeout for step in plan.steps if isinstance(step.action, RestartContainer)} == {3}


def test_a_container_whose_hook_fails_is_stopped_again() -> None:
    plan = plan_start(stopped("services: {db: {image: a, post_start: [{command: 'true'}]}}"))

    assert [type(step.action) for step in plan.way_back] == [StopContainer]
    assert plan.way_back[0].unless == (2,)
