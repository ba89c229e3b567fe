"""Events on a terminal, as plain lines and as JSON."""

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from minicompose.errors import EngineFault, UsageError
from minicompose.execution.events import (
    AnyEvent,
    LogLine,
    LogLines,
    Notice,
    Output,
    RunFinished,
    RunStarted,
    StepProgress,
    StepStarted,
)
from minicompose.execution.run import run_plan
from minicompose.model import Build, Hook
from minicompose.output.board import Board
from minicompose.output.live import LiveForm
from minicompose.output.sink import open_sink, use_color
from minicompose.planning.plan import (
    BuildImage,
    Missing,
    Plan,
    PullImage,
    PushImage,
    RemoveContainer,
    RenameContainer,
    RunHook,
    Step,
    StopContainer,
    Subject,
)
from minicompose.planning.up import plan_up
from tests.carrying_out import engine_for, engine_running
from tests.fake_engine import Behaviour, FakeEngine
from tests.runs import IMAGE, create, engine_with, plan_of, start, step, wait
from tests.stack_of import stack_of


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Each look at it is a tenth of a second later."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.1
        return self.now


def shown(plan: Plan, engine: FakeEngine, mode: str = "plain", *, color: bool = False) -> str:
    stream = io.StringIO()
    with open_sink(mode, stream, color=color, environment={}) as sink:
        run_plan(plan, engine, sink, workers=1, clock=Clock())
    return stream.getvalue()


def without_times(text: str) -> list[str]:
    return [re.sub(r" \([\d.ms]+\)", "", line) for line in text.splitlines()]


def failing() -> tuple[Plan, FakeEngine]:
    engine = engine_with("db", "web", check=("db",))
    engine.script("db", Behaviour(health=("unhealthy",), output=b"no disk\n"))
    return plan_of(start(1, "db"), wait(2, "db", "healthy", 1), start(3, "web", 2)), engine


# ---- plain ----


def test_plain_has_a_line_for_each_change_and_each_wait_and_not_for_each_step() -> None:
    plan = plan_of(create(1, "db", check=True), start(2, "db", 1), wait(3, "db", "healthy", 2))
    plain = without_times(shown(plan, FakeEngine(IMAGE)))

    assert plain == [
        "container shop-db-1: started",
        "container shop-db-1: waiting until healthy",
        "container shop-db-1: healthy",
    ]


def test_plain_tells_a_replacement_in_one_line() -> None:
    engine = engine_with("web", "new")
    engine.start_container("shop-web-1")
    engine.remove_container("shop-new-1", volumes=False)
    plan = plan_of(
        create(1, "new", group="g"),
        step(2, StopContainer(container="shop-web-1"), 1, group="g"),
        start(3, "new", 2, group="g"),
        step(4, RemoveContainer(container="shop-web-1"), 3, group="g"),
        step(5, RenameContainer(container="shop-new-1", name="shop-web-1"), 4, name="shop-web-1", group="g"),
    )

    assert without_times(shown(plan, engine)) == ["container shop-web-1: replaced"]


def test_plain_tells_a_failure_with_what_the_container_printed_and_what_is_not_done_for_it() -> None:
    assert without_times(shown(*failing())) == [
        "container shop-db-1: started",
        "container shop-db-1: waiting until healthy",
        "container shop-db-1: failed: unhealthy",
        "    | no disk",
        "container shop-web-1: not started, since container shop-db-1 did not become healthy",
        "1 of 3 steps done, 1 failed, 1 not done",
    ]


def failing_replacement() -> tuple[Plan, FakeEngine]:
    """A new version that does not start, and a service that is to be restarted because of it."""
    stack = stack_of("""
        services:
          db: {image: "db:2"}
          web: {image: web, depends_on: {db: {condition: service_started, restart: true}}}
    """)
    engine = engine_running(stack, db={"image": "db:1"})
    engine.fail("start_container", "shop-db-1.next", EngineFault("no such command"))
    return plan_up(stack, engine.observe("shop")), engine


def test_plain_tells_that_what_was_there_is_put_back_and_nothing_twice() -> None:
    assert without_times(shown(*failing_replacement())) == [
        "container shop-db-1: failed: no such command",
        "container shop-web-1: not restarted, since container shop-db-1 could not be started",
        "container shop-db-1: put back what was there before",
        "2 of 9 steps done, 1 failed, 6 not done",
    ]


def failing_hook() -> tuple[Plan, FakeEngine]:
    """A first container whose hook fails: there is nothing to put back."""
    stack = stack_of("services: {web: {image: web, post_start: [{command: [setup]}]}}")
    engine = engine_for(stack)
    engine.fail("exec", "shop-web-1", EngineFault("no such command"))
    return plan_up(stack, engine.observe("shop")), engine


def test_plain_says_put_back_only_of_what_was_there_before() -> None:
    assert without_times(shown(*failing_hook()))[-2:] == [
        "container shop-web-1: stopped, and left to look at",
        "3 of 4 steps done, 1 failed",
    ]


def test_live_says_put_back_only_of_what_was_there_before(monkeypatch: pytest.MonkeyPatch) -> None:
    _, frame = live(*failing_hook(), monkeypatch)

    assert "     stopped, and left to look at" in frame


def test_plain_colours_only_when_asked_to() -> None:
    assert "\x1b" not in shown(*failing())
    assert "\x1b[31mcontainer shop-db-1: failed" in shown(*failing(), color=True)


def test_plain_shows_the_lines_of_a_build() -> None:
    build = Step(
        id=1,
        subject=Subject(type="image", name="shop-web"),
        action=BuildImage(image="shop-web", build=Build(context="."), service="web", labels={}),
        because=Missing(),
    )

    assert without_times(shown(plan_of(build), FakeEngine())) == [
        "image shop-web: building",
        "image shop-web: | Successfully built",
        "image shop-web: built",
    ]


def hooked() -> Plan:
    """A container is created, started and set up."""
    hook = RunHook(
        container="shop-web-1", moment="post_start", hook=Hook(command=("echo", "ready"), environment={"PIN": "4711"})
    )
    return plan_of(
        create(1, "web"),
        start(2, "web", 1, group="start shop-web-1"),
        step(3, hook, 2, group="start shop-web-1"),
    )


def test_plain_shows_the_lines_of_a_hook() -> None:
    assert without_times(shown(hooked(), FakeEngine(IMAGE))) == [
        "container shop-web-1: created",
        "container shop-web-1: | ready",
        "container shop-web-1: started",
    ]


# ---- json ----


def test_json_has_an_object_a_line_for_each_event() -> None:
    lines = [json.loads(line) for line in shown(*failing(), mode="json").splitlines()]

    assert [line["event"] for line in lines] == [
        "RunStarted", "StepStarted", "StepDone", "StepWaits", "StepFailed", "StepCancelled", "RunFinished",
    ]  # fmt: skip
    assert lines[0]["steps"][1]["action"] == "WaitUntil"
    assert lines[4] | {"at": 0} == {
        "event": "StepFailed", "at": 0, "step": 2, "message": "unhealthy", "hint": "", "output": "no disk",
    }  # fmt: skip


def test_json_never_tells_what_a_container_is_made_of() -> None:
    assert "healthcheck" not in shown(plan_of(create(1, "db", check=True)), FakeEngine(IMAGE), mode="json")


def test_json_tells_what_a_hook_prints_and_not_what_it_is_given() -> None:
    told = shown(hooked(), FakeEngine(IMAGE), mode="json")

    assert [event["text"] for event in map(json.loads, told.splitlines()) if event["event"] == "StepProgress"] == [
        "ready\n"
    ]
    assert "4711" not in told


def test_log_lines_are_not_progress() -> None:
    output = Output(container="c", service="s", number=1, stream="stdout")
    line = LogLines(at=0, lines=[LogLine(output, b"", b"secret")])
    for mode in ("plain", "json", "tty", "quiet"):
        stream = io.StringIO()
        with open_sink(mode, stream, color=False, environment={}) as sink:
            sink(line)
        assert stream.getvalue() == ""


# ---- which form, which colour ----


def test_quiet_shows_what_has_failed_and_nothing_else() -> None:
    assert shown(*failing(), mode="quiet").splitlines() == ["container shop-db-1: failed: unhealthy", "    | no disk"]
    assert shown(hooked(), FakeEngine(IMAGE), mode="quiet") == ""


def test_a_pull_that_is_tried_again_is_told() -> None:
    pull = plan_of(step(1, PullImage(image="web:1")))
    again = StepProgress(at=1, step=1, text="trying again in 0.5s: 503 Service Unavailable")
    stream = io.StringIO()
    with open_sink("plain", stream, color=False, environment={}) as sink:
        for event in (RunStarted(at=0, plan=pull), StepProgress(at=1, step=1, layer="a1", status="Waiting"), again):
            sink(event)

    assert stream.getvalue().endswith(": trying again in 0.5s: 503 Service Unavailable\n")
    assert stream.getvalue().count("\n") == 1


def test_auto_is_live_on_a_terminal_that_can_and_plain_elsewhere() -> None:
    assert open_sink("auto", Terminal(), color=False, environment={"TERM": "xterm"}).draws
    assert not open_sink("auto", Terminal(), color=False, environment={"TERM": "dumb"}).draws
    assert not open_sink("auto", io.StringIO(), color=False, environment={}).draws


def test_an_unknown_form_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="fancy"):
        open_sink("fancy", io.StringIO(), color=False, environment={})


@pytest.mark.parametrize(
    ("ansi", "stream", "environment", "colored"),
    [
        (None, Terminal, {}, True),
        (None, io.StringIO, {}, False),
        (None, Terminal, {"NO_COLOR": "1"}, False),
        (None, Terminal, {"NO_COLOR": ""}, True),
        (None, Terminal, {"TERM": "dumb"}, False),
        (None, io.StringIO, {"COMPOSE_ANSI": "always"}, True),
        ("never", Terminal, {"COMPOSE_ANSI": "always"}, False),
        ("always", io.StringIO, {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_follows_the_option_then_the_environment_then_the_terminal(
    ansi: str | None, stream: Callable[[], Any], environment: dict[str, str], colored: bool
) -> None:
    assert use_color(ansi, stream(), environment) is colored


# ---- live ----


def live(plan: Plan, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, lines: int = 24) -> tuple[str, list[str]]:
    """What was written to the terminal, and the last frame of it in plain text."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", str(lines))
    stream = Terminal()
    form = LiveForm(stream, color=False)
    run_plan(plan, engine, form.show, workers=1)
    form.end()
    plain = re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", stream.getvalue().replace("\r", "\n"))
    return stream.getvalue(), [line.rstrip() for line in plain.splitlines() if line.strip()]


def test_live_ends_with_a_line_for_each_resource_and_a_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    _, frame = live(*failing(), monkeypatch)

    words = [re.sub(r" +[\d.]+s$", "", line) for line in frame]
    assert words[-5:-1] == [
        " ✘ container shop-db-1   failed",
        "     unhealthy",
        "     | no disk",
        " − container shop-web-1  not done, since container shop-db-1 did not become he…",
    ]
    assert frame[-1].startswith(" ✘ shop  0 resources done, 1 failed, 1 not done in ")


def test_live_ends_with_what_was_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    _, frame = live(*failing_replacement(), monkeypatch)

    words = [re.sub(r" +[\d.]+s$", "", line) for line in frame]
    assert words[-4:-1] == [
        "     no such command",
        "     put back what was there before",
        " − container shop-web-1  not done, since container shop-db-1 could not be star…",
    ]


def test_live_changes_no_mode_of_the_terminal_that_a_kill_would_leave_changed() -> None:
    stream = Terminal()
    with open_sink("tty", stream, color=True, environment={}) as sink:
        sink(RunStarted(at=0, plan=plan_of(start(1, "db"))))
        sink(StepStarted(at=0, step=1))
        sink(RunFinished(at=1, done=1, failed=0, cancelled=0, skipped=0))

    assert "shop-db-1" in stream.getvalue()
    assert not re.search(r"\x1b\[\?[0-9;]*[hl]", stream.getvalue())


def test_live_keeps_what_matters_when_there_are_more_resources_than_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"s{number:02}" for number in range(40)]
    engine = engine_with(*names)
    engine.fail("start_container", "shop-s30-1", EngineFault("port is already allocated"))

    _, frame = live(plan_of(*(start(id, name) for id, name in enumerate(names))), engine, monkeypatch, lines=12)

    last = frame[-10:]
    assert any("shop-s30-1" in line and "failed" in line for line in last)
    assert any("… and" in line and "done" in line for line in last)


def test_live_draws_nothing_when_nothing_is_done() -> None:
    stream = Terminal()
    with open_sink("tty", stream, color=True, environment={}) as sink:
        run_plan(Plan(project="shop"), FakeEngine(IMAGE), sink)

    assert stream.getvalue() == ""


def test_a_pending_resource_says_what_it_comes_after() -> None:
    board = Board(plan_of(start(1, "db"), start(2, "redis"), start(3, "mail"), start(4, "web", 1, 2, 3)))

    assert board.waits_for(board.rows[3]) == "after shop-db-1, shop-redis-1 and 1 more"


def test_a_resource_that_is_set_up_shows_the_hooks_latest_line_and_ends_as_started() -> None:
    board = Board(hooked())
    heard: list[tuple[str, str]] = []

    def hear(event: AnyEvent) -> None:
        board.hear(event)
        if isinstance(event, StepProgress | RunFinished):
            heard.append((board.rows[0].words, board.rows[0].detail))

    run_plan(hooked(), FakeEngine(IMAGE), hear)

    assert heard == [("running its post_start hook", "ready"), ("started", "")]


def test_a_pull_counts_the_bytes_of_all_its_layers() -> None:
    board = Board(plan_of(step(1, PullImage(image="redis"), name="redis")))
    board.hear(StepStarted(at=0, step=1))
    for layer, status, current, total in (
        ("a", "Downloading", 10, 100),
        ("b", "Downloading", 5, 50),
        ("a", "Pull complete", 0, 0),
    ):
        board.hear(StepProgress(at=1, step=1, layer=layer, status=status, current=current, total=total))

    assert board.rows[0].bytes == (105, 150)

    board.hear(StepProgress(at=2, step=1, text="trying again in 0.5s: unexpected EOF"))
    assert (board.rows[0].bytes, board.rows[0].detail) == ((0, 0), "trying again in 0.5s: unexpected EOF")


def test_a_push_counts_the_bytes_of_what_it_has_pushed() -> None:
    board = Board(plan_of(step(1, PushImage(image="shop"), name="shop")))
    for status, current, total in (("Preparing", 0, 0), ("Pushing", 10, 100), ("Pushed", 0, 0)):
        board.hear(StepProgress(at=1, step=1, layer="a", status=status, current=current, total=total))

    assert board.rows[0].bytes == (100, 100)


def test_text_beside_the_live_display_is_written_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    with open_sink("tty", stream, color=False, environment={}) as sink:
        sink(RunStarted(at=0, plan=plan_of(start(1, "db"))))
        sink(StepStarted(at=0, step=1))
        sink.above("web-1  | hello\n")
        sink(Notice(at=1, severity="warning", text="look out"))
        sink(RunFinished(at=1, done=1, failed=0, cancelled=0, skipped=0))

    assert "web-1  | hello" in stream.getvalue()
    assert stream.getvalue().count("warning: look out") == 1
