"""How the containers of a service are updated a few at a time, and put back: `update_config`, `rollback_config`."""

from collections.abc import Iterable

import pytest

from minicompose.model import Stack
from minicompose.output.plan_text import plan_text
from minicompose.planning.plan import (
    Action,
    Checkpoint,
    Delay,
    Plan,
    RemoveContainer,
    RenameContainer,
    StartContainer,
    Step,
    StopContainer,
    WaitUntil,
)
from minicompose.planning.up import UpOptions, plan_up
from minicompose.planning.update import Policy
from tests.carrying_out import running
from tests.golden import assert_golden
from tests.stack_of import stack_of


def web(update: str = "{}", rollback: str = "", more: str = "", replicas: int = 3) -> Stack:
    rolled_back = f", rollback_config: {rollback}" if rollback else ""
    return stack_of(f"""
        services:
          web:
            image: nginx:2
            deploy: {{replicas: {replicas}, update_config: {update}{rolled_back}}}
            {more}
    """)


def plan_of(stack: Stack, options: UpOptions | None = None) -> Plan:
    """The plan where all of its containers run, and are of another image."""
    return plan_up(stack, running(stack, web={"image": "nginx:1"}), options or UpOptions())


def of_number(steps: Iterable[Step], number: int, kind: type[Action]) -> Step:
    (step,) = [step for step in steps if step.subject.name == f"shop-web-{number}" and isinstance(step.action, kind)]
    return step


def before(plan: Plan, step: Step) -> set[int]:
    """All steps that are over before `step`."""
    found: set[int] = set()
    for other in (*step.after, *step.wants):
        found |= {other} | before(plan, plan.steps[other - 1])
    return found


@pytest.mark.parametrize(
    ("ratio", "containers", "tolerated"), [(0.29, 100, 29), (0.25, 7, 1), (0.9, 1, 0), (1.0, 3, 3)]
)
def test_a_share_of_the_containers_may_fail(ratio: float, containers: int, tolerated: int) -> None:
    assert Policy(failure_ratio=ratio).tolerated(containers) == tolerated


def test_replicas_are_updated_one_after_the_other_start_first() -> None:
    assert_golden("update-start-first", plan_text(plan_of(web("{order: start-first}", replicas=2))))


def test_a_plan_shows_delays_and_how_many_failures_are_tolerated() -> None:
    update = "{parallelism: 2, delay: 5s, max_failure_ratio: 0.5, monitor: 3s}"
    assert_golden("update-in-batches", plan_text(plan_of(web(update, replicas=4))))


def test_a_batch_begins_when_the_one_before_works() -> None:
    plan = plan_of(web("{parallelism: 2}"))

    settled = [of_number(plan.steps, number, WaitUntil).id for number in (1, 2, 3)]
    third = before(plan, of_number(plan.steps, 3, StopContainer))
    assert {settled[0], settled[1]} <= third
    assert settled[0] not in before(plan, of_number(plan.steps, 2, StopContainer))


def test_without_update_config_all_are_replaced_side_by_side() -> None:
    stack = stack_of("services: {web: {image: nginx:2, scale: 3}}")

    plan = plan_of(stack)

    stops = {of_number(plan.steps, number, StopContainer).id for number in (1, 2, 3)}
    for number in (1, 2, 3):
        assert not stops & before(plan, of_number(plan.steps, number, StopContainer))


def test_start_first_stops_the_old_one_only_when_the_new_one_has_its_name() -> None:
    plan = plan_of(web("{order: start-first}", replicas=1))

    stopped = before(plan, of_number(plan.steps, 1, StopContainer))
    named = {step.id for step in plan.steps if isinstance(step.action, RenameContainer)}
    assert of_number(plan.steps, 1, WaitUntil).id in stopped
    assert named <= stopped


def test_a_delay_lies_between_two_batches() -> None:
    plan = plan_of(web("{delay: 7s}", replicas=2))

    (delay,) = [step for step in plan.steps if isinstance(step.action, Delay)]
    assert delay.action == Delay(seconds=7.0)
    assert of_number(plan.steps, 1, WaitUntil).id in before(plan, delay)
    assert delay.id in before(plan, of_number(plan.steps, 2, StopContainer))


def test_each_container_is_watched_for_as_long_as_monitor_says() -> None:
    plan = plan_of(web("{monitor: 9s}", replicas=2))

    waits = [step.action for step in plan.steps if isinstance(step.action, WaitUntil)]
    assert [wait.monitor for wait in waits] == [9.0, 9.0]


@pytest.mark.parametrize(("ratio", "tolerated"), [("0.5", 2), ("0.25", 1), ("0.2", 0)])
def test_so_many_may_fail_before_the_update_is_stopped(ratio: str, tolerated: int) -> None:
    plan = plan_of(web(f"{{max_failure_ratio: {ratio}, failure_action: pause}}", replicas=4))

    verdicts = [step.action for step in plan.steps if isinstance(step.action, Checkpoint) and step.action.of]
    assert {verdict.tolerated for verdict in verdicts} == ({tolerated} if tolerated else set())


def test_an_update_that_pauses_keeps_what_was_updated_before() -> None:
    plan = plan_of(web("{failure_action: pause}", replicas=2))

    removed = of_number(plan.steps, 1, RemoveContainer)
    assert of_number(plan.steps, 1, WaitUntil).id in before(plan, removed)
    assert of_number(plan.steps, 2, StopContainer).id not in before(plan, removed)
    back = [step for step in plan.way_back if step.subject.name == "shop-web-1"]
    own = {step.id for step in plan.steps if step.subject.name == "shop-web-1"}
    assert back
    assert all(set(step.unless) <= own for step in back)


def test_an_update_that_continues_goes_on_when_a_container_has_failed() -> None:
    plan = plan_of(web("{failure_action: continue}", replicas=2))

    first, second = of_number(plan.steps, 1, WaitUntil), of_number(plan.steps, 2, StopContainer)
    assert first.id in before(plan, second)
    assert not {step.id for step in plan.steps if step.subject.name == "shop-web-1"} & set(second.after)


def test_an_update_that_rolls_back_puts_all_of_them_back() -> None:
    plan = plan_of(web("{failure_action: rollback}", replicas=2))

    (checkpoint,) = [step for step in plan.steps if isinstance(step.action, Checkpoint)]
    assert {step.subject.name for step in plan.way_back} == {"shop-web-1", "shop-web-2"}
    assert all(checkpoint.id in step.unless for step in plan.way_back)


def test_rollback_config_says_how_they_are_put_back() -> None:
    plan = plan_of(web("{}", "{parallelism: 1, delay: 4s, order: start-first}", replicas=2))

    delays = [step for step in plan.way_back if isinstance(step.action, Delay)]
    assert [step.action for step in delays] == [Delay(seconds=4.0)]
    started, stopped = (of_number(plan.way_back, 1, kind) for kind in (StartContainer, StopContainer))
    assert started.id < stopped.id


@pytest.mark.parametrize(
    ("more", "place", "what"),
    [
        ('ports: ["8080:80"]', "ports[0]", "port 8080 of the host"),
        ('ports: ["8080-8081:80"]', "ports[0]", "one of the ports 8080-8081 of the host"),
        ("mac_address: 02:42:ac:11:00:07", "mac_address", "the address 02:42:ac:11:00:07"),
    ],
)
def test_a_start_first_that_would_collide_is_refused_at_its_place(more: str, place: str, what: str) -> None:
    plan = plan_of(web("{order: start-first}", more=more, replicas=2))

    assert not plan.steps
    (error,) = [note for note in plan.notes if note.severity == "error"]
    assert error.path == f"services.web.{place}"
    assert error.pos is not None
    assert error.summary.endswith(f"both cannot have {what}")


def test_a_start_first_that_would_collide_is_a_warning_as_long_as_nothing_is_replaced() -> None:
    stack = web("{order: start-first}", more='ports: ["8080:80"]', replicas=1)

    plan = plan_up(stack, running(stack))

    assert [note.severity for note in plan.notes] == ["warning"]


def test_ports_that_reach_for_both_are_no_collision() -> None:
    plan = plan_of(web("{order: start-first, parallelism: 1}", more='ports: ["8080-8082:80"]', replicas=2))

    assert plan.steps
    assert not plan.notes
