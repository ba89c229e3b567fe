"""The live display on a terminal: what is to be seen there, and what is left of it."""

import io

import msgspec
import pyte
import pytest
from pyte.modes import LNM

from minicompose.execution.events import (
    RunFinished,
    RunStarted,
    StepDone,
    StepFailed,
    StepProgress,
    StepStarted,
    StepWaits,
)
from minicompose.output.live import LiveForm
from minicompose.output.region import Region
from minicompose.output.styled import Line
from minicompose.planning.plan import NotRunning, Plan, PullImage
from tests.runs import plan_of, start, step, wait


class Terminal(io.StringIO):
    """What is written to it is on a screen, with what has been scrolled away above."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, columns: int, lines: int) -> None:
        super().__init__()
        self._monkeypatch = monkeypatch
        self._screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._screen.set_mode(LNM)
        self._fed = pyte.Stream(self._screen)
        self.writes: list[str] = []
        self.say(columns, lines)

    def write(self, text: str) -> int:
        self.writes.append(text)
        self._fed.feed(text)
        return len(text)

    def narrow(self, columns: int) -> None:
        """As most terminals do it: what is too long by now goes on in the next line."""
        lines, cursor = self.shown(), self._screen.cursor.y
        height = self._screen.lines
        self._screen = pyte.HistoryScreen(columns, height, history=1000)
        self._screen.set_mode(LNM)
        self._fed = pyte.Stream(self._screen)
        self._fed.feed("\n".join(lines[:cursor]) + "\n")
        self.say(columns, height)

    def say(self, columns: int, lines: int) -> None:
        self._monkeypatch.setenv("COLUMNS", str(columns))
        self._monkeypatch.setenv("LINES", str(lines))

    def shown(self) -> list[str]:
        """The screen from its top to the last line with something in it."""
        lines = [line.rstrip() for line in self._screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def scrolled_away(self) -> list[str]:
        columns = range(self._screen.columns)
        return ["".join(line[column].data for column in columns).rstrip() for line in self._screen.history.top]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch, 40, 8)


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch, 80, 24)


@pytest.fixture
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the test does draws anything."""
    monkeypatch.setattr("minicompose.output.live._FRAME_TIME", 3600)


def lines_of(*texts: str) -> list[Line]:
    return [Line(text) for text in texts]


# ---- a region ----


def test_lines_are_drawn_in_the_place_of_those_before(usual: Terminal) -> None:
    region = Region(usual, color=False)
    region.draw(lines_of("one", "two", "three"))
    region.draw(lines_of("four", "five"))

    assert usual.shown() == ["four", "five"]
    assert usual.scrolled_away() == []


def test_each_drawing_is_one_write(usual: Terminal) -> None:
    region = Region(usual, color=True)
    region.draw(lines_of("one"))
    region.draw(lines_of("one", "two"), above="a\nb\n")

    assert len(usual.writes) == 2


def test_text_above_scrolls_away_and_nothing_of_what_is_drawn_with_it(small: Terminal) -> None:
    region = Region(small, color=False)
    frame = lines_of(*(f"row {number}" for number in range(6)))
    region.draw(frame)
    for number in range(20):
        region.draw(frame, above=f"log {number} {'x' * 40}\n")

    told = [*small.scrolled_away(), *small.shown()]
    assert [line for line in told if line.startswith("log")] == [
        f"log {number} {'x' * 40}"[:40] for number in range(20)
    ]
    assert told[-6:] == [str(line) for line in frame]
    assert sum(line.startswith("row") for line in told) == 6


def test_a_terminal_that_becomes_narrower_keeps_nothing_of_the_longer_lines(usual: Terminal) -> None:
    region = Region(usual, color=False)
    region.draw(lines_of("above"), above="before\n")
    region.draw(lines_of("x" * 70, "y" * 30))
    usual.narrow(40)
    region.draw(lines_of("short", "lines"))

    assert usual.shown() == ["before", "short", "lines"]


def test_text_above_may_have_colours_and_nothing_else_that_a_terminal_obeys(usual: Terminal) -> None:
    region = Region(usual, color=True)
    region.draw(lines_of("row"))
    region.draw(lines_of("row"), above="\x1b[31mred\x1b[0m \x1b[2J\x1b[10A\x1b]0;title\x07\x1bc\x08plain\n")

    assert usual.shown() == ["red plain", "row"]
    assert "\x1b[31mred" in usual.writes[-1]


def test_a_line_is_cut_by_columns_and_says_so() -> None:
    assert str(Line("数据库").add("-main").cut(7)) == "数据库…"
    assert str(Line("abc").add("def").cut(3)) == "ab…"
    assert str(Line("abc").add("def").cut(6)) == "abcdef"


# ---- a run ----


@pytest.mark.usefixtures("undisturbed")
def test_of_many_resources_those_that_work_wait_and_have_failed_are_shown_and_the_rest_is_counted(
    usual: Terminal,
) -> None:
    names = [f"s{number:03}" for number in range(200)]
    form = LiveForm(usual, color=False)
    form.show(
        RunStarted(
            at=0,
            plan=plan_of(
                *(start(id, name) for id, name in enumerate(names, 1)),
                wait(201, "s000", "healthy", 1),
                start(202, "web", 201),
            ),
        )
    )
    for id in range(1, 151):
        form.show(StepStarted(at=0, step=id))
    for id in range(1, 149):
        form.show(StepDone(at=1, step=id))
    form.show(StepFailed(at=1, step=150, message="port is already allocated"))
    form.show(StepWaits(at=1, step=201, what="healthy"))

    form.draw()

    words = [" ".join(line.split()[2:]) for line in usual.shown()]
    assert words == [
        "shop-s000-1 waiting until healthy 0.0s",
        "shop-s148-1 starting 1.0s",
        "shop-s149-1 failed 1.0s",
        "already allocated",
        "shop-web-1 after shop-s000-1",
        "50 pending, 147 done",
        "147 of 201 done 1.0s",
    ]  # fmt: skip


@pytest.mark.usefixtures("undisturbed")
def test_failures_leave_room_for_what_goes_on(small: Terminal) -> None:
    names = [f"s{number}" for number in range(9)]
    form = LiveForm(small, color=False)
    form.show(RunStarted(at=0, plan=plan_of(*(start(id, name) for id, name in enumerate(names)))))
    for id in range(9):
        form.show(StepStarted(at=0, step=id))
    for id in range(8):
        form.show(StepFailed(at=1, step=id, message="no such file", output="a\nb\nc"))
    form.draw()

    assert any("shop-s8-1" in line for line in small.shown())
    assert any("shop-s0-1" in line and "failed" in line for line in small.shown())
    assert len(small.shown()) < 8

    form.show(RunFinished(at=1, done=1, failed=8, cancelled=0, skipped=0))

    told = [*small.scrolled_away(), *small.shown()]
    assert [line.split()[1] for line in told if "failed" in line][:-1] == [f"shop-s{number}-1" for number in range(8)]
    assert sum("no such file" in line for line in told) == 8


@pytest.mark.usefixtures("undisturbed")
def test_a_narrow_terminal_has_the_names_and_what_happens_to_them(small: Terminal) -> None:
    form = LiveForm(small, color=False)
    plan: Plan = plan_of(step(1, PullImage(image="redis"), name="redis"), start(2, "db"), wait(3, "db", "healthy", 2))
    form.show(RunStarted(at=0, plan=plan))
    form.show(StepStarted(at=0, step=1))
    form.show(StepProgress(at=0, step=1, layer="a", status="Downloading", current=30, total=90))
    form.show(StepWaits(at=0, step=3, what="healthy"))
    form.draw()

    assert [line[2:].split() for line in small.shown()[:2]] == [
        ["redis", "pulling", "33%", "0.0s"],
        ["shop-db-1", "until", "healthy", "0.0s"],
    ]
    assert max(map(len, small.shown())) < 40


@pytest.mark.usefixtures("undisturbed")
def test_long_names_of_one_project_are_told_apart_on_a_narrow_terminal(small: Terminal) -> None:
    form = LiveForm(small, color=False)
    form.show(RunStarted(at=0, plan=plan_of(start(1, "a-long-name-reader"), start(2, "a-long-name-writer"))))
    form.show(StepStarted(at=0, step=1))
    form.draw()

    assert [line.split()[1] for line in small.shown()[:2]] == ["…-name-reader-1", "…-name-writer-1"]


@pytest.mark.usefixtures("undisturbed")
@pytest.mark.parametrize("columns", [3, 8, 16, 20, 25, 30])
def test_no_line_is_wider_than_the_terminal_however_narrow_that_is(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    terminal = Terminal(monkeypatch, 200, 40)
    terminal.say(columns, 24)
    form = LiveForm(terminal, color=False)
    form.show(RunStarted(at=0, plan=plan_of(start(1, "web"), start(2, "db"))))
    form.show(StepStarted(at=0, step=1))
    form.show(StepStarted(at=0, step=2))
    form.show(StepFailed(at=1, step=2, message="port is already allocated"))
    form.draw()

    assert max(map(len, terminal.shown())) < columns


@pytest.mark.usefixtures("undisturbed")
def test_log_lines_that_come_thick_and_fast_are_all_there_in_order(small: Terminal) -> None:
    form = LiveForm(small, color=False)
    form.show(RunStarted(at=0, plan=plan_of(start(1, "db"))))
    form.show(StepStarted(at=0, step=1))
    for number in range(500):
        form.above(f"line {number}\n")
    form.show(StepDone(at=1, step=1))
    form.show(RunFinished(at=1, done=1, failed=0, cancelled=0, skipped=0))

    told = [*small.scrolled_away(), *small.shown()]
    assert [line for line in told if line.startswith("line")] == [f"line {number}" for number in range(500)]
    assert len(small.writes) < 100


@pytest.mark.usefixtures("undisturbed")
def test_what_is_started_again_was_not_running_and_what_fails_says_no_more_of_it(usual: Terminal) -> None:
    form = LiveForm(usual, color=False)
    stopped = [
        msgspec.structs.replace(start(id, name), because=NotRunning(state="exited"))
        for id, name in enumerate(("db", "web"))
    ]
    form.show(RunStarted(at=0, plan=plan_of(*stopped)))
    for id in (0, 1):
        form.show(StepStarted(at=0, step=id))
    form.show(StepDone(at=0, step=0))
    form.show(StepFailed(at=0, step=1, message="no such file"))
    form.draw()

    assert [line.split()[3:-1] for line in usual.shown()[:2]] == [
        ["started", "was", "not", "running", "(exited)"],
        ["failed"],
    ]
