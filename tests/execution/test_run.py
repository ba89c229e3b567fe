"""`run_plan`, on the engine in memory."""

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicompose.errors import Conflict, EngineFault, EngineUnreachable
from minicompose.execution import subscription
from minicompose.execution.events import AnyEvent, Notice, RunFinished, RunStarted, StepFailed
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.run import run_plan
from minicompose.model import Build, Volume
from minicompose.planning.plan import (
    BuildImage,
    Checkpoint,
    CreateVolume,
    Delay,
    ImageDiffers,
    Plan,
    PullImage,
    RemoveContainer,
    RestartContainer,
    StartContainer,
    Step,
    StopContainer,
    WaitUntil,
)
from minicompose.planning.up import plan_up
from tests.carrying_out import engine_running
from tests.fake_engine import Behaviour, FakeEngine
from tests.runs import IMAGE, Running, back, create, engine_with, in_words, plan_of, start, step, wait
from tests.stack_of import stack_of


def story(plan: Plan, engine: FakeEngine, **options: Any) -> list[str]:
    """What happened to the steps of a whole run."""
    events: list[Any] = []
    run_plan(plan, engine, events.append, **options)
    return [in_words(event) for event in events[1:-1]]


def volume(id: int, *after: int, **more: Any) -> Any:
    return step(id, CreateVolume(volume=Volume(name=f"v{id}"), labels={}), *after, name=f"v{id}", **more)


# ---- what is done, and when ----


def test_a_plan_without_steps_starts_no_thread_and_asks_the_engine_nothing() -> None:
    engine = FakeEngine()
    before = threading.active_count()
    events: list[Any] = []

    report = run_plan(plan_of(), engine, events.append)

    assert report.ok
    assert [type(event) for event in events] == [RunStarted, RunFinished]
    assert threading.active_count() == before


def test_a_dependent_starts_when_its_dependency_is_healthy_and_all_is_told_in_order() -> None:
    engine = FakeEngine(IMAGE)
    plan = plan_of(
        create(1, "db", check=True),
        start(2, "db", 1),
        wait(3, "db", "healthy", 2),
        create(4, "web", 3),
        start(5, "web", 4),
    )

    told = story(plan, engine, workers=1)

    assert told == [
        "start 1", "done 1", "start 2", "done 2", "wait 3 healthy", "done 3", "start 4", "done 4", "start 5", "done 5",
    ]  # fmt: skip
    assert engine.containers["shop-web-1"].state == "running"


def test_the_same_plan_makes_the_same_calls_in_the_same_order() -> None:
    plan = plan_of(*(create(id, f"s{id}", *([id - 3] if id > 3 else [])) for id in range(1, 20)))

    runs = []
    for _ in range(5):
        engine = FakeEngine(IMAGE)
        runs.append((story(plan, engine, workers=1), engine.called()))

    assert all(run == runs[0] for run in runs)


def test_a_dependent_does_not_wait_for_an_unrelated_slow_step() -> None:
    engine = engine_with("slow", "db", "web", check=("db",))
    slow = engine.hold("start_container", "shop-slow-1")
    running = Running(
        plan_of(start(1, "slow"), start(2, "db"), wait(3, "db", "healthy", 2), start(4, "web", 3)), engine
    )

    slow.wait_reached()
    running.saw("done 4")

    assert "done 1" not in running.story
    slow.release()
    assert running.report().ok


THREE = stack_of("services: {web: {image: i}, api: {image: i}, db: {image: i}}")


def stops_in_a_row(*more: Step) -> Plan:
    stops = [step(id, StopContainer(container=f"shop-{name}-1"), *([id - 1] if id > 1 else [])) for id, name in
             enumerate(("web", "api", "db"), start=1)]  # fmt: skip
    return plan_of(*stops, *more)


def test_the_next_stop_begins_when_the_process_has_ended_beside_what_the_engine_still_clears_away() -> None:
    engine = engine_running(THREE)
    removal = step(4, RemoveContainer(container="shop-web-1"), 1)
    held = engine.hold("stop_container", "shop-web-1")
    running = Running(stops_in_a_row(removal), engine)

    held.wait_reached()
    engine.exit("shop-web-1", 143)
    running.saw("done 3")

    assert not {"done 1", "start 4"} & set(running.story)  # the container itself is removed after its stop
    held.release()
    assert running.report().ok
    assert running.story.count("start 2") == 1
    assert engine.called("remove_container") == ["remove_container shop-web-1"]


def test_a_stop_that_fails_after_the_process_has_ended_cancels_only_what_has_not_begun() -> None:
    engine = engine_running(THREE)
    engine.fail("stop_container", "shop-web-1", EngineFault("the disk is full"))
    held, second = engine.hold("stop_container", "shop-web-1"), engine.hold("stop_container", "shop-api-1")
    running = Running(stops_in_a_row(step(4, RemoveContainer(container="shop-web-1"), 1)), engine)

    held.wait_reached()
    engine.exit("shop-web-1", 143)
    second.wait_reached()
    held.release()
    running.saw("fail 1 the disk is full")
    second.release()

    report = running.report()
    assert set(report.done) == {2, 3}
    assert dict(report.failures) == {1: "the disk is full"}
    assert report.cancelled == (4,)


def test_stops_in_a_row_do_without_the_events_of_the_engine() -> None:
    engine = engine_running(THREE)
    engine.fail("events", None, EngineUnreachable("no events"))

    assert run_plan(stops_in_a_row(), engine, lambda event: None).ok
    assert engine.called("stop_container") == [f"stop_container shop-{name}-1" for name in ("web", "api", "db")]


def test_a_step_that_waits_keeps_no_worker_from_other_steps() -> None:
    engine = engine_with("db", "web", check=("db",))
    engine.script("db", Behaviour(health=()))
    running = Running(plan_of(start(1, "db"), wait(2, "db", "healthy", 1), start(3, "web", 1)), engine, workers=1)

    running.saw("done 3")

    engine.become("shop-db-1", "healthy")
    assert running.report().ok


def test_no_more_calls_are_in_flight_than_there_are_workers() -> None:
    engine = FakeEngine(IMAGE)
    hold = engine.hold("create_volume")
    running = Running(plan_of(*(volume(id) for id in range(1, 20))), engine, workers=3)

    hold.wait_reached(3)
    hold.release()

    assert running.report().ok
    assert engine.most_at_once == 3


def test_the_longest_chain_is_begun_first_and_a_stop_before_a_start_of_the_same_rank() -> None:
    engine = engine_with("old", "new")
    plan = plan_of(
        start(1, "new"), step(2, StopContainer(container="shop-old-1")), volume(3), volume(4, 3), volume(5, 4)
    )

    told = [line for line in story(plan, engine, workers=1) if line.startswith("start")]

    assert told == ["start 3", "start 4", "start 2", "start 1", "start 5"]


def test_a_step_whose_premise_does_not_hold_is_skipped_and_its_dependents_go_on() -> None:
    engine = engine_with("db")
    same = ImageDiffers(image=IMAGE, id=engine.images[IMAGE])

    told = story(plan_of(volume(1, when=same), volume(2, 1)), engine)

    assert told == ["skip 1", "start 2", "done 2"]
    assert engine.volumes == ["v2"]


def test_a_premise_is_checked_when_the_step_is_due_and_not_before() -> None:
    engine = engine_with("db")
    engine.offer_image(IMAGE)
    changed = ImageDiffers(image=IMAGE, id=engine.images[IMAGE])
    plan = plan_of(step(1, PullImage(image=IMAGE), name=IMAGE), volume(2, 1, when=changed))

    run_plan(plan, engine, lambda _: None)

    assert engine.volumes == ["v2"]


def test_a_wait_with_a_premise_is_skipped_or_waited_for_like_any_step() -> None:
    engine = engine_with("db")
    same = ImageDiffers(image=IMAGE, id=engine.images[IMAGE])
    other = ImageDiffers(image=IMAGE, id="sha256:other")

    told = story(plan_of(start(1, "db"), wait(2, "db", "healthy", 1, when=same)), engine)
    assert told == ["start 1", "done 1", "skip 2"]

    told = story(plan_of(wait(1, "db", "running", when=other)), engine)
    assert told == ["wait 1 running", "done 1"]


def test_edges_that_make_no_sense_are_refused_before_anything_is_done() -> None:
    with pytest.raises(ValueError, match="wait for each other: 1, 2"):
        run_plan(plan_of(volume(1, 2), volume(2, 1)), FakeEngine(), lambda _: None)
    with pytest.raises(ValueError, match="after step 7, which is not in the plan"):
        run_plan(plan_of(volume(1, 7)), FakeEngine(), lambda _: None)


@given(st.lists(st.sets(st.integers(0, 30), max_size=4), max_size=25), st.integers(1, 5), st.sets(st.integers(1, 25)))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_step_is_done_once_after_what_it_needs_or_not_at_all(
    edges: list[set[int]], workers: int, failing: set[int]
) -> None:
    engine = FakeEngine()
    steps = [volume(id, *sorted(n for n in needs if 0 < n < id)) for id, needs in enumerate(edges, start=1)]
    for id in failing:
        engine.fail("create_volume", f"v{id}", EngineFault("disk full"))
    events: list[str] = []

    report = run_plan(plan_of(*steps), engine, lambda event: events.append(in_words(event)), workers=workers)

    failed = {id for id, _ in report.failures}
    assert sorted([*report.done, *failed, *report.cancelled]) == [each.id for each in steps]
    assert engine.most_at_once <= workers
    for each in steps:
        if each.id in report.cancelled:
            assert set(each.after) & (failed | set(report.cancelled))
            assert f"start {each.id}" not in events
        else:
            assert events.count(f"start {each.id}") == 1
            begun = events.index(f"start {each.id}")
            assert all(events.index(f"done {before}") < begun for before in each.after)


def test_a_thousand_steps_are_done_with_one_call_each() -> None:
    engine = FakeEngine()
    plan = plan_of(*(volume(id, *([id - 1] if id % 10 != 1 else [])) for id in range(1, 1001)))

    assert run_plan(plan, engine, lambda _: None).ok
    assert len(engine.calls) == 1000


# ---- waiting ----


def test_a_container_that_is_healthy_already_is_not_waited_for() -> None:
    engine = engine_with("db", check=("db",))
    engine.start_container("shop-db-1")

    assert story(plan_of(wait(1, "db", "healthy")), engine) == ["wait 1 healthy", "done 1"]


def test_a_wait_for_health_fails_at_once_with_what_the_check_printed() -> None:
    engine = engine_with("db", "web", check=("db",))
    engine.script("db", Behaviour(health=(), output=b"starting up\nno disk\n"))
    running = Running(plan_of(start(1, "db"), wait(2, "db", "healthy", 1), start(3, "web", 2)), engine)
    running.saw("wait 2 healthy")

    engine.become("shop-db-1", "unhealthy", "trying\nconnection refused\n")

    assert running.report().failures == ((2, "unhealthy; the check printed: connection refused"),)
    assert running.story[-2:] == ["cancel 3 container shop-db-1 did not become healthy", "RunFinished"]
    failed = next(event for event in running.events if isinstance(event, StepFailed))
    assert failed.output == "starting up\nno disk"


def test_a_wait_for_health_fails_when_the_container_exits() -> None:
    engine = engine_with("db", check=("db",))
    engine.script("db", Behaviour(health=()))
    running = Running(plan_of(start(1, "db"), wait(2, "db", "healthy", 1)), engine)
    running.saw("wait 2 healthy")

    engine.exit("shop-db-1", 139)

    assert running.report().failures == ((2, "exited with code 139 (SIGSEGV) before it was healthy"),)


def test_waiting_for_the_health_of_what_has_no_check_fails_with_a_hint() -> None:
    engine = engine_with("db")
    events: list[Any] = []

    run_plan(plan_of(start(1, "db"), wait(2, "db", "healthy", 1)), engine, events.append)

    failed = next(event for event in events if isinstance(event, StepFailed))
    assert failed.message == "has no health check, so it cannot become healthy"
    assert "healthcheck" in failed.hint


def test_a_job_that_exits_with_0_is_complete_and_one_that_does_not_fails_with_its_last_lines() -> None:
    engine = engine_with("good", "bad")
    engine.script("good", Behaviour(exits=0))
    engine.script("bad", Behaviour(exits=3, output=b"no such table\n"))
    events: list[Any] = []
    plan = plan_of(start(1, "good"), wait(2, "good", "completed", 1), start(3, "bad"), wait(4, "bad", "completed", 3))

    report = run_plan(plan, engine, events.append)

    assert set(report.done) == {1, 2, 3}
    assert report.failures == ((4, "exited with code 3"),)
    assert next(event for event in events if isinstance(event, StepFailed)).output == "no such table"


def test_a_container_settles_when_it_runs_is_healthy_where_it_has_a_check_or_has_exited_with_0() -> None:
    engine = engine_with("plain", "checked", "job", "broken", check=("checked",))
    engine.script("job", Behaviour(exits=0))
    engine.script("broken", Behaviour(exits=1))
    names = ("plain", "checked", "job", "broken")
    steps = [start(id, name) for id, name in enumerate(names, start=1)]
    waits = [wait(10 + id, name, "settled", id) for id, name in enumerate(names, start=1)]

    report = run_plan(plan_of(*steps, *waits), engine, lambda _: None)

    assert {11, 12, 13} < set(report.done)
    assert report.failures == ((14, "exited with code 1"),)


def steady(id: int, service: str, seconds: float, *after: int) -> Step:
    return step(id, WaitUntil(container=f"shop-{service}-1", condition="settled", steady=seconds), *after)


def test_a_container_that_fails_before_it_has_run_for_long_enough_has_not_settled() -> None:
    engine = engine_with("web")
    running = Running(plan_of(start(1, "web"), steady(2, "web", 600.0, 1)), engine)
    running.saw("wait 2 ready")

    engine.exit("shop-web-1", 3)

    (failure,) = running.report().failures
    assert failure == (2, "exited with code 3")


def test_a_container_that_has_run_for_long_enough_has_settled() -> None:
    report = run_plan(plan_of(start(1, "web"), steady(2, "web", 0.01, 1)), engine_with("web"), lambda _: None)

    assert report.done == (1, 2)


def test_a_deadline_comes_before_a_container_has_run_for_long_enough() -> None:
    plan = plan_of(start(1, "web"), steady(2, "web", 600.0, 1))

    report = run_plan(plan, engine_with("web"), lambda _: None, deadline=0.01)

    assert [step for step, _ in report.failures] == [2]


def test_a_container_that_is_removed_while_it_is_waited_for_fails() -> None:
    engine = engine_with("db", check=("db",))
    engine.script("db", Behaviour(health=()))
    running = Running(plan_of(start(1, "db"), wait(2, "db", "healthy", 1)), engine)
    running.saw("wait 2 healthy")

    engine.remove_container("shop-db-1", volumes=False, force=True)

    (failure,) = running.report().failures
    assert failure[0] == 2


def test_the_death_before_a_restart_does_not_count_as_one_after_it() -> None:
    engine = engine_with("job")
    engine.start_container("shop-job-1")
    plan = plan_of(
        step(1, RestartContainer(container="shop-job-1")), wait(2, "job", "completed", 1), wait(3, "job", "running", 1)
    )
    running = Running(plan, engine)
    running.saw("done 3")

    assert "done 2" not in running.story

    engine.exit("shop-job-1", 0)
    assert running.report().ok


def test_waits_that_are_open_at_the_deadline_fail_and_say_what_for_and_how_things_are() -> None:
    engine = engine_with("db", "web", check=("db",))
    engine.script("db", Behaviour(health=()))
    now = [100.0]
    running = Running(
        plan_of(start(1, "db"), wait(2, "db", "healthy", 1), start(3, "web", 2)),
        engine,
        deadline=5.0,
        clock=lambda: now[0],
    )
    running.saw("wait 2 healthy")

    now[0] = 105.5
    engine.become("shop-db-1", "starting", "still loading")

    assert running.report().failures == (
        (
            2,
            "not healthy after 5.5s of waiting, and the time is up "
            "(running, its health check has not passed yet; the check printed: still loading)",
        ),
    )
    assert running.report().cancelled == (3,)


def test_what_holds_at_the_deadline_is_done_even_so() -> None:
    engine = engine_with("db")

    assert run_plan(plan_of(start(1, "db"), wait(2, "db", "running", 1)), engine, lambda _: None, deadline=0.0).ok


def test_waits_go_on_when_the_event_stream_breaks_and_comes_back() -> None:
    engine = engine_with("db", check=("db",))
    engine.script("db", Behaviour(health=()))
    running = Running(plan_of(start(1, "db"), wait(2, "db", "healthy", 1)), engine)
    running.saw("wait 2 healthy")

    engine.end_events()
    engine.become("shop-db-1", "healthy")

    assert running.report().ok


class Deaf(FakeEngine):
    """An engine whose events can be had `times` times."""

    def __init__(self, times: int) -> None:
        super().__init__(IMAGE)
        self._times = times

    def events(self, project: str) -> Any:
        if not self._times:
            raise EngineUnreachable("nothing listens there")
        self._times -= 1
        return super().events(project)


def test_waits_fail_when_the_event_stream_is_lost_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "RETRIES", (0.0, 0.0))
    engine = Deaf(times=1)
    engine.script("db", Behaviour(health=()))
    running = Running(plan_of(create(1, "db", check=True), start(2, "db", 1), wait(3, "db", "healthy", 2)), engine)
    running.saw("wait 3 healthy")

    engine.end_events()

    assert running.report().failures == ((3, "nothing listens there"),)


def test_nothing_is_begun_when_the_events_that_a_wait_needs_cannot_be_had() -> None:
    engine = Deaf(times=0)

    with pytest.raises(EngineUnreachable):
        run_plan(plan_of(create(1, "db"), wait(2, "db", "running", 1)), engine, lambda _: None)

    assert engine.calls == []


def test_the_events_are_subscribed_to_only_for_waits() -> None:
    assert run_plan(plan_of(volume(1)), Deaf(times=0), lambda _: None).ok


# ---- failure ----


def test_a_failure_cancels_what_needs_it_with_the_reason_and_nothing_else() -> None:
    engine = engine_with("db", "web", "proxy", "other")
    engine.fail("start_container", "shop-db-1", EngineFault("port is already allocated"))
    plan = plan_of(start(1, "db"), start(2, "web", 1), start(3, "proxy", 2), start(4, "other"))

    told = story(plan, engine, workers=1)

    assert told == [
        "start 1",
        "fail 1 port is already allocated",
        "cancel 2 container shop-db-1 could not be started",
        "cancel 3 container shop-db-1 could not be started",
        "start 4",
        "done 4",
    ]


def test_a_step_that_only_wants_another_begins_when_that_is_over_even_if_it_failed() -> None:
    engine = engine_with("db", "web")
    engine.fail("create_volume", "v1", EngineFault("disk full"))
    plan = plan_of(volume(1), volume(2, 1), volume(3, wants=(1,)), volume(4, wants=(2,)), volume(5, 3, wants=(3,)))

    told = story(plan, engine, workers=1)

    assert told[:2] == ["start 1", "fail 1 disk full"]
    assert sorted(engine.volumes) == ["v3", "v4", "v5"]
    assert told.index("done 3") < told.index("start 5")


def test_a_step_that_wants_another_does_not_begin_before_that_is_over() -> None:
    engine = FakeEngine()
    hold = engine.hold("create_volume", "v1")
    running = Running(plan_of(volume(1), volume(2, wants=(1,)), volume(3)), engine)
    hold.wait_reached()
    running.saw("done 3")

    assert "start 2" not in running.story

    hold.release()
    assert running.report().ok


def test_a_failing_build_comes_with_the_end_of_its_output() -> None:
    class Builder(FakeEngine):
        def build_image(self, build: BuildImage, on_progress: Any) -> None:
            super().build_image(build, on_progress)
            raise EngineFault("the command returned a non-zero code: 1")

    events: list[Any] = []
    build = BuildImage(image="shop-web", build=Build(context="."), service="web", labels={})

    run_plan(plan_of(step(1, build, name="shop-web")), Builder(), events.append)

    failed = next(event for event in events if isinstance(event, StepFailed))
    assert (failed.message, failed.output) == ("the command returned a non-zero code: 1", "Successfully built")


def test_a_warning_of_the_engine_about_several_containers_is_told_once() -> None:
    engine = FakeEngine(IMAGE)
    for service in ("web", "api"):
        engine.script(service, Behaviour(create_warns=("no swap limit",)))
    events: list[Any] = []

    run_plan(plan_of(create(1, "web"), create(2, "api")), engine, events.append)

    told = [(event.severity, event.text) for event in events if isinstance(event, Notice)]
    assert told == [("warning", "the engine says: no swap limit")]


# ---- the way back ----

OLD, NEW = "shop-web-1", "shop-new-1"


def replacement() -> Plan:
    """The old container is stopped, the new one started and waited for, the old one removed."""
    return plan_of(
        create(1, "new", check=True, group="web"),
        step(2, StopContainer(container=OLD), 1, group="web"),
        start(3, "new", 2, group="web"),
        wait(4, "new", "healthy", 3, group="web"),
        step(5, Checkpoint(), 4, name="shop"),
        step(6, RemoveContainer(container=OLD), 5, group="web"),
        back(7, StopContainer(container=NEW), 3, unless=5, group="web"),
        back(8, RemoveContainer(container=NEW), 1, unless=5, group="web", wants=(7,)),
        back(9, StartContainer(container=OLD), 2, unless=5, group="web", wants=(8,)),
    )


def engine_that_runs_the_old() -> FakeEngine:
    engine = engine_with("web")
    engine.start_container(OLD)
    engine.calls.clear()
    return engine


def states(engine: FakeEngine) -> dict[str, str]:
    return {name: state.state for name, state in engine.containers.items()}


def test_a_successor_that_fails_is_taken_back_and_the_old_container_runs_again() -> None:
    engine = engine_that_runs_the_old()
    engine.script("new", Behaviour(health=("unhealthy",)))

    told = story(replacement(), engine)

    missed = "container shop-new-1 did not become healthy"
    assert told[-9:] == [
        f"cancel 5 {missed}",
        f"cancel 6 {missed}",
        "turn back 7 8 9",
        *("start 7", "done 7", "start 8", "done 8", "start 9", "done 9"),
    ]
    assert states(engine) == {OLD: "running"}


def test_only_what_was_begun_is_put_back() -> None:
    engine = engine_that_runs_the_old()
    engine.fail("stop_container", OLD, EngineFault("no"))

    told = story(replacement(), engine)

    assert "turn back 8 9" in told
    assert states(engine) == {OLD: "running"}


def test_nothing_is_put_back_when_nothing_was_begun() -> None:
    engine = engine_that_runs_the_old()
    engine.fail("create_volume", "v90", EngineFault("no"))
    whole = replacement()
    first = create(1, "new", 90, check=True, group="web")

    told = story(plan_of(volume(90), first, *whole.steps[1:], *whole.way_back), engine)

    assert not any(line.startswith("turn back") for line in told)
    assert engine.called() == ["create_volume v90"]


def test_nothing_is_put_back_when_all_went_well() -> None:
    engine = engine_that_runs_the_old()

    report = run_plan(replacement(), engine, lambda _: None)

    assert (report.ok, report.put_back) == (True, ())
    assert states(engine) == {NEW: "running"}


def test_a_run_goes_on_to_its_end_when_nobody_hears_of_it_any_more() -> None:
    engine = engine_that_runs_the_old()
    told: list[str] = []

    def hear(event: AnyEvent) -> None:
        told.append(in_words(event))
        if len(told) > 2:
            raise BrokenPipeError

    report = run_plan(replacement(), engine, hear)

    assert report.ok
    assert len(told) == 3
    assert states(engine) == {NEW: "running"}


def test_the_way_back_goes_on_after_an_error_and_tells_it() -> None:
    engine = engine_that_runs_the_old()
    engine.script("new", Behaviour(health=("unhealthy",)))
    engine.fail("stop_container", NEW, Conflict("busy"))

    told = story(replacement(), engine)

    assert "fail 7 busy" in told
    assert told[-1] == "done 9"
    assert engine.containers[OLD].state == "running"


def test_what_is_gone_already_needs_no_putting_back() -> None:
    engine = engine_that_runs_the_old()
    engine.fail("create_container", NEW, EngineFault("no such driver"))

    report = run_plan(replacement(), engine, lambda _: None)

    assert report.put_back == (8,)
    assert [id for id, _ in report.failures] == [1]


def test_a_network_that_could_not_be_removed_needs_no_putting_back() -> None:
    text = "services: {web: {image: web}}\nnetworks: {default: {labels: {v: '%s'}}}"
    engine = engine_running(stack_of(text % 1))
    engine.fail("remove_network", "shop_default", Conflict("has active endpoints"))

    report = run_plan(plan_up(stack_of(text % 2), engine.observe("shop")), engine, lambda _: None)

    assert [message for _, message in report.failures] == ["has active endpoints"]
    assert [container.networks.keys() for container in engine.observe("shop").containers] == [{"shop_default"}]


def test_what_is_gone_already_needs_no_removing() -> None:
    engine = engine_that_runs_the_old()
    gone = step(1, RemoveContainer(container="a" * 64), name="shop-web-1")

    assert story(plan_of(gone, volume(2, 1)), engine) == ["start 1", "done 1", "start 2", "done 2"]


def test_a_change_that_works_is_put_back_when_another_fails() -> None:
    engine = engine_that_runs_the_old()
    engine.fail("create_volume", "v90", EngineFault("no"))
    whole = replacement()
    checkpoint = step(5, Checkpoint(), 4, 90, name="shop")

    story(plan_of(*whole.steps[:4], volume(90, wants=(4,)), checkpoint, whole.steps[5], *whole.way_back), engine)

    assert states(engine) == {OLD: "running"}


def test_a_change_is_not_gone_on_with_when_it_will_be_put_back() -> None:
    engine = engine_that_runs_the_old()
    hold = engine.hold("create_container", NEW)
    engine.fail("create_volume", "v90", EngineFault("no"))
    whole = replacement()
    checkpoint = step(5, Checkpoint(), 4, 90, name="shop")
    running = Running(plan_of(*whole.steps[:4], checkpoint, whole.steps[5], volume(90), *whole.way_back), engine)
    hold.wait_reached()

    running.saw("cancel 3 container v90 could not be created")
    hold.release()

    assert not running.report().ok
    assert running.story[-4:] == ["turn back 8", "start 8", "done 8", "RunFinished"]
    assert engine.called("stop_container") == []


def test_what_needs_a_change_that_is_not_gone_on_with_is_cancelled_too() -> None:
    engine = engine_that_runs_the_old()
    engine.fail("create_volume", "v90", EngineFault("no"))
    hold = engine.hold("create_container", NEW)
    whole = replacement()
    checkpoint = step(5, Checkpoint(), 4, 90, name="shop")
    steps = (*whole.steps[:4], checkpoint, whole.steps[5], volume(90), volume(91, 3))
    running = Running(plan_of(*steps, *whole.way_back), engine)
    hold.wait_reached()

    running.saw("cancel 91 container v90 could not be created")
    hold.release()

    assert not running.report().ok
    assert "v91" not in engine.volumes


def test_a_checkpoint_tolerates_as_many_failures_as_it_says() -> None:
    for tolerated, end in ((1, "done 5"), (0, "cancel 5 the update of container shop was stopped")):
        engine = FakeEngine()
        engine.fail("create_volume", "v1", EngineFault("no"))
        checkpoint = step(3, Checkpoint(of=(1, 2), tolerated=tolerated), wants=(1, 2), name="shop")

        assert story(plan_of(volume(1), volume(2), checkpoint, volume(5, 3)), engine)[-1] == end


def test_a_delay_lets_its_time_pass_and_is_cut_short_by_ctrl_c() -> None:
    engine = FakeEngine()
    running = Running(plan_of(volume(1), step(2, Delay(seconds=1000), 1, name="web"), volume(3, 2)), engine)
    running.saw("done 1")

    running.interrupts.press()

    report = running.report()
    assert (report.done, report.cancelled) == ((1,), (2, 3))
    quick = plan_of(step(1, Delay(seconds=0.01), name="web"), volume(2, 1))
    assert story(quick, FakeEngine())[-1] == "done 2"


def test_a_bug_in_a_worker_does_not_hang_the_run_and_is_raised_when_it_is_over() -> None:
    class Broken(FakeEngine):
        def start_container(self, container: str) -> None:
            raise KeyError("Id")

    events: list[str] = []
    with pytest.raises(KeyError):
        run_plan(
            plan_of(start(1, "db"), volume(2), volume(3, 1)), Broken(), lambda event: events.append(in_words(event))
        )

    assert "fail 1 KeyError: 'Id'" in events
    assert "done 2" in events
    assert events[-1] == "RunFinished"


# ---- Ctrl-C ----


def test_the_first_interrupt_lets_what_runs_end_and_begins_nothing_more() -> None:
    engine = engine_with("db", "web", "job", check=("job",))
    engine.script("job", Behaviour(health=()))
    engine.start_container("shop-job-1")
    hold = engine.hold("start_container", "shop-db-1")
    running = Running(plan_of(start(1, "db"), start(2, "web", 1), wait(3, "job", "healthy")), engine)
    hold.wait_reached()
    running.saw("wait 3 healthy")

    running.interrupts.press()
    running.saw("cancel 3 interrupted")
    hold.release()

    report = running.report()
    assert report.interrupted
    assert (report.done, report.cancelled) == ((1,), (2, 3))


def test_the_first_interrupt_puts_back_what_a_half_done_replacement_has_changed() -> None:
    engine = engine_that_runs_the_old()
    hold = engine.hold("stop_container", OLD)
    running = Running(replacement(), engine)
    hold.wait_reached()

    running.interrupts.press()
    running.saw("cancel 5 interrupted")
    hold.release()

    assert running.report().interrupted
    assert running.story[-2:] == ["done 9", "RunFinished"]
    assert states(engine) == {OLD: "running"}


def test_the_second_interrupt_returns_at_once() -> None:
    engine = engine_with("db")
    hold = engine.hold("start_container", "shop-db-1")
    running = Running(plan_of(start(1, "db"), volume(2, 1)), engine)
    hold.wait_reached()

    running.interrupts.press()
    running.interrupts.press()

    report = running.report()
    assert (report.interrupted, report.done, report.cancelled) == (True, (), (2, 1))
    hold.release()


def test_an_interrupt_before_the_run_begins_counts() -> None:
    interrupts = Interrupts()
    interrupts.press()
    engine = FakeEngine()

    report = run_plan(plan_of(volume(1)), engine, lambda _: None, interrupts=interrupts)

    assert (report.interrupted, report.cancelled, engine.calls) == (True, (1,), [])
