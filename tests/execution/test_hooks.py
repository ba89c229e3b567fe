"""Hooks as they are run: what the engine is asked for, what is told, and what a failure means."""

from collections.abc import Iterator

import pytest

from minicompose.engine.protocol import ExecSpec, LogChunk
from minicompose.errors import Conflict, NotFound
from minicompose.execution.events import AnyEvent, StepFailed, StepProgress
from minicompose.execution.run import run_plan
from minicompose.model import Hook
from minicompose.planning.plan import Moment, Plan, RunHook, StartContainer, Step, StopContainer
from tests.fake_engine import FakeEngine
from tests.runs import Running, back, engine_with, in_words, plan_of, start, step

WEB = "shop-web-1"


def run_hook(id: int, *after: int, moment: Moment = "post_start", command: str = "true", **more: object) -> Step:
    """A step that runs `sh -c command` in the container of the service web."""
    hook = Hook(command=("sh", "-c", command))
    return step(id, RunHook(container=WEB, moment=moment, hook=hook), *after, **more)  # type: ignore[arg-type]


def started() -> FakeEngine:
    engine = engine_with("web")
    engine.start_container(WEB)
    engine.calls.clear()
    return engine


def events_of(plan: Plan, engine: FakeEngine) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    run_plan(plan, engine, events.append)
    return events


def story(plan: Plan, engine: FakeEngine) -> list[str]:
    return [in_words(event) for event in events_of(plan, engine)][1:-1]


def test_a_hook_is_a_command_with_all_that_the_file_says_of_it() -> None:
    engine = started()
    hook = Hook(
        command=("warm", "up"), user="app", privileged=True, working_dir="/srv", environment={"A": "1", "B": None}
    )

    run_plan(plan_of(step(1, RunHook(container=WEB, moment="post_start", hook=hook))), engine, lambda _: None)

    asked = ExecSpec(command=("warm", "up"), user="app", privileged=True, working_dir="/srv", env=("A=1", "B"))
    assert engine.execs == [(WEB, asked)]


class Printing(FakeEngine):
    """An engine whose commands print these pieces."""

    pieces: tuple[LogChunk, ...] = ()

    def exec(self, container: str, spec: ExecSpec) -> "Printed":  # type: ignore[override]
        return Printed(self.pieces)


class Printed:
    def __init__(self, pieces: tuple[LogChunk, ...]) -> None:
        self._pieces = pieces

    def output(self) -> Iterator[LogChunk]:
        return iter(self._pieces)

    def exit_code(self) -> int:
        return 0

    def close(self) -> None: ...


def test_what_a_hook_prints_is_told_line_by_line_however_it_comes() -> None:
    engine = Printing()
    engine.pieces = (
        LogChunk(stream="stdout", data=b"2026-01-01T00:00:00Z one\ntw"),
        LogChunk(stream="stderr", data=b"oh\r\n"),
        LogChunk(stream="stdout", data=b"o\n\nthree"),
    )

    told = [event.text for event in events_of(plan_of(run_hook(1)), engine) if isinstance(event, StepProgress)]

    assert told == ["2026-01-01T00:00:00Z one\n", "oh\n", "two\n", "\n", "three\n"]


def test_a_failing_hook_fails_its_step_with_its_code_and_what_it_printed() -> None:
    plan = plan_of(start(1, "web"), run_hook(2, 1, command="echo no room; exit 9"), start(3, "api", 2))
    events = events_of(plan, engine_with("web", "api"))

    failed = next(event for event in events if isinstance(event, StepFailed))
    assert failed.message == "its post_start hook exited with code 9: sh -c 'echo no room; exit 9'"
    assert failed.output == "no room"
    assert in_words(events[-2]) == "cancel 3 a post_start hook of container shop-web-1 failed"


def test_the_message_of_a_failing_hook_holds_no_secret() -> None:
    plan = plan_of(run_hook(1, command="login --password=s3cr3t; exit 1"))

    failed = next(event for event in events_of(plan, started()) if isinstance(event, StepFailed))

    assert "s3cr3t" not in failed.message + failed.hint
    assert "--password=***" in failed.message


def test_a_container_whose_hook_fails_before_its_stop_goes_on_running() -> None:
    engine = started()
    plan = plan_of(run_hook(1, moment="pre_stop", command="exit 7"), step(2, StopContainer(container=WEB), 1))

    assert not run_plan(plan, engine, lambda _: None).ok
    assert engine.containers[WEB].state == "running"


def test_a_container_that_has_ended_by_itself_needs_no_hook_before_its_stop() -> None:
    engine = started()
    engine.exit(WEB, 1)
    plan = plan_of(run_hook(1, moment="pre_stop"), step(2, StopContainer(container=WEB), 1))

    assert run_plan(plan, engine, lambda _: None).ok


def test_a_container_that_is_gone_needs_no_hook_before_its_stop() -> None:
    assert run_plan(plan_of(run_hook(1, moment="pre_stop")), FakeEngine(), lambda _: None).ok


def test_a_container_that_ended_before_it_could_be_set_up_is_a_failure() -> None:
    engine = started()
    engine.exit(WEB, 0)

    assert story(plan_of(run_hook(1)), engine) == [
        "start 1",
        "fail 1 the container ended before its post_start hook could be run: sh -c true",
    ]


@pytest.mark.parametrize("error", [Conflict("is paused, unpause it"), NotFound("no such exec")])
def test_a_running_container_that_takes_no_command_is_a_failure(error: Conflict | NotFound) -> None:
    engine = started()
    engine.fail("exec", WEB, error)

    assert story(plan_of(run_hook(1, moment="pre_stop")), engine) == ["start 1", f"fail 1 {error.message}"]


def test_what_was_started_and_not_set_up_is_stopped_when_ctrl_c_comes_between() -> None:
    engine = engine_with("web")
    hold = engine.hold("start_container", WEB)
    stop = back(3, StopContainer(container=WEB), 1, unless=2, group="start")
    plan = plan_of(start(1, "web", group="start"), run_hook(2, 1, group="start"), stop)
    running = Running(plan, engine)
    hold.wait_reached()

    running.interrupts.press()
    running.saw("cancel 2 interrupted")
    hold.release()

    assert running.report().interrupted
    assert engine.containers[WEB].state == "exited"


# ---- the old container's hooks, when a replacement is taken back ----

NEW = "shop-new-1"
AGAIN = RunHook(container=WEB, moment="post_start", hook=Hook(command=("set", "up")))


def replaced(failing: Moment) -> FakeEngine:
    """A replacement of which one hook fails: the old one's before its stop, or the new one's after its start."""
    engine = engine_with("web", "new")
    engine.start_container(WEB)
    in_new = RunHook(
        container=NEW, moment="post_start", hook=Hook(command=("false" if failing == "post_start" else "true",))
    )
    plan = plan_of(
        run_hook(1, moment="pre_stop", command="exit 3" if failing == "pre_stop" else "exit 0", group="g"),
        step(2, StopContainer(container=WEB), 1, group="g"),
        start(3, "new", 2, group="g"),
        step(4, in_new, 3, group="g"),
        back(5, StopContainer(container=NEW), 3, unless=4, group="g"),
        back(6, StartContainer(container=WEB), 2, unless=4, group="g", wants=(5,)),
        back(7, AGAIN, 2, unless=4, group="g", wants=(6,)),
    )
    assert not run_plan(plan, engine, lambda _: None).ok
    assert engine.containers[WEB].state == "running"
    return engine


def test_an_old_container_that_was_stopped_is_set_up_again() -> None:
    engine = replaced("post_start")

    assert [(name, spec.command) for name, spec in engine.execs][-1] == (WEB, ("set", "up"))


def test_an_old_container_that_was_never_stopped_is_left_as_it_is() -> None:
    engine = replaced("pre_stop")

    assert [spec.command for _, spec in engine.execs] == [("sh", "-c", "exit 3")]
    assert engine.called("start_container") == [f"start_container {WEB}"]  # the one before


def test_a_hook_takes_one_worker_and_no_more() -> None:
    engine = started()
    hold = engine.hold("exec", WEB)
    running = Running(plan_of(run_hook(1), start(2, "web")), engine, workers=2)
    hold.wait_reached()

    running.saw("done 2")
    hold.release()

    assert running.report().ok
