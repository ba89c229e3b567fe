"""The live display: a line for each resource, redrawn in place on a terminal."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from minicompose.execution.events import (
    AnyEvent,
    Interrupted,
    LogLines,
    RunFinished,
    RunStarted,
    StepFailed,
    StepStarted,
    StepWaits,
)
from minicompose.output.board import Board, Row, Standing
from minicompose.output.step_words import plural, seconds
from minicompose.planning.plan import Plan

if TYPE_CHECKING:  # rich costs 65 ms: it is loaded when there is something to draw
    from rich.console import Console, RenderableType
    from rich.live import Live

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAME_TIME = 0.1
_MARKS: dict[Standing, tuple[str, str]] = {
    "failed": ("✘", "bold red"),
    "done": ("✔", "green"),
    "pending": ("·", "dim"),
    "cancelled": ("−", "yellow"),
    "active": ("", "cyan"),
    "waiting": ("", "blue"),
}
_BAR = 20
# Lines that the summary and the cursor need.
_RESERVED = 3


class LiveForm:
    """Draws a `Board`; what is drawn last stays. Nothing is drawn, and rich not loaded, until a step begins."""

    draws = True

    def __init__(self, stream: TextIO, *, color: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._color = color
        self._clock = clock
        self._board = Board(Plan(project=""))
        self._zero = clock()
        self._live: Live | None = None

    def show(self, event: AnyEvent) -> None:
        if isinstance(event, LogLines):
            return
        if isinstance(event, RunStarted):
            self.end()
            self._board = Board(event.plan)
        self._zero = self._clock() - event.at
        self._board.hear(event)
        if isinstance(event, StepStarted | StepWaits | StepFailed) and self._live is None:
            self._begin()
        if isinstance(event, RunFinished):
            self.end()
        elif isinstance(event, Interrupted) and self._live is not None:
            self._live.refresh()
        if self._live is None:
            self._tell_notices()

    def above(self, text: str) -> None:
        if self._live is None:
            self._stream.write(text)
            self._stream.flush()
            return
        from rich.text import Text

        self._live.console.print(Text.from_ansi(text.removesuffix("\n")), soft_wrap=True)

    def end(self) -> None:
        """Draw a last time, with all notices, and give the terminal back."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()
            self._board.notices = []

    def _begin(self) -> None:
        from rich.live import Live

        self._live = Live(
            get_renderable=self._draw,
            console=self._console(),
            refresh_per_second=1 / _FRAME_TIME,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start(refresh=True)

    def _console(self) -> "Console":
        from rich.console import Console

        return Console(
            file=self._stream,
            force_terminal=True,
            no_color=not self._color,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def _tell_notices(self) -> None:
        """A notice that comes when nothing is drawn has a line of its own."""
        notices, self._board.notices = self._board.notices, []
        for notice in notices:
            self._stream.write(f"{notice}\n")

    # ---- drawing ----

    def _draw(self) -> "RenderableType":
        from rich.console import Group

        console = self._live.console if self._live is not None else self._console()
        board = self._board
        room = console.height - _RESERVED - len(board.notices)
        rows = board.choose(room, lambda row: 1 + len(_below(row, console.width)))
        parts: list[Any] = [self._rows(rows, console.width)]
        if len(rows) < len(board.rows):
            parts.append(self._hidden(rows))
        return Group(*parts, *board.notices, self._summary())

    def _rows(self, rows: list[Row], width: int) -> Any:
        from rich.text import Text

        kinds = max((len(row.subject.type) for row in rows), default=0)
        names = min(max((len(row.subject.name) for row in rows), default=0), max(width // 3, 12))
        lines = Text(no_wrap=True, overflow="ellipsis")
        for place, row in enumerate(rows):
            if place:
                lines.append("\n")
            lines.append_text(self._line(row, kinds, names, width))
            for below in _below(row, width):
                lines.append(f"\n{below}", style="" if below.startswith("     |") else "red")
        return lines

    def _line(self, row: Row, kinds: int, names: int, width: int) -> Any:
        from rich.text import Text

        mark, style = _MARKS[row.standing]
        name = row.subject.name
        name = name if len(name) <= names else name[: names - 1] + "…"
        line = Text(" ")
        line.append(mark or self._spinner(), style=style)
        line.append(f" {row.subject.type:{kinds}} ", style="dim")
        line.append(f"{name:{names}}  ", style="dim" if row.standing == "pending" else "")
        time_text = self._time(row)
        room = width - len(line) - len(time_text) - 2
        words = Text(self._words(row), style=style if row.standing != "done" else "")
        self._add_progress(words, row)
        words.truncate(max(room, 4), overflow="ellipsis", pad=True)
        line.append_text(words)
        line.append(f" {time_text}", style="dim")
        return line

    def _words(self, row: Row) -> str:
        if row.standing != "pending":
            return row.words
        after = self._board.waits_for(row)
        return ", ".join(part for part in (row.words, after) if part)

    def _add_progress(self, words: Any, row: Row) -> None:
        """A pull's bytes as a bar, the step that a build is at, or why a resource is changed at all."""
        current, total = row.bytes
        if total and row.standing == "active":
            full = round(_BAR * current / total)
            words.append("  ")
            words.append("━" * full, style="cyan")
            words.append("━" * (_BAR - full), style="bright_black")
            words.append(f" {_megabytes(current)}/{_megabytes(total)} MB", style="dim")
        elif row.detail:
            words.append(f"  {row.detail}", style="dim")
        elif row.why:
            words.append(f"  {row.why}", style="dim")

    def _time(self, row: Row) -> str:
        if row.standing in ("active", "waiting"):
            return seconds(self._now() - row.since)
        return seconds(row.spent) if row.standing in ("done", "failed") else ""

    def _hidden(self, shown: list[Row]) -> Any:
        """How many rows there was no room for, by how they stand."""
        from rich.text import Text

        seen = {id(row) for row in shown}
        hidden = [row.standing for row in self._board.rows if id(row) not in seen]
        counts = [f"{hidden.count(standing)} {standing}" for standing in _MARKS if standing in hidden]
        return Text(f"   … and {', '.join(counts)}", style="dim")

    def _summary(self) -> Any:
        from rich.text import Text

        board = self._board
        done, failed = board.count("done"), board.count("failed")
        if board.finished is None:
            text = f" {self._spinner()} {board.project}  {done} of {len(board.rows)} done  {seconds(self._now())}"
            told = "  interrupted: what runs may end, once more leaves at once"
            return Text(text, style="dim", no_wrap=True, overflow="ellipsis").append(
                told if board.interrupted else "", style="yellow"
            )
        cancelled = len(board.rows) - done - failed
        mark, style = _MARKS["failed" if failed else "cancelled" if cancelled else "done"]
        parts = [plural(done, "resource") + " done"]
        parts += [f"{failed} failed"] if failed else []
        parts += [f"{cancelled} not done"] if cancelled else []
        return Text(f" {mark}", style=style).append(
            f" {board.project}  {', '.join(parts)} in {seconds(board.finished.at)}", style=""
        )

    def _spinner(self) -> str:
        return _FRAMES[int(self._now() / _FRAME_TIME) % len(_FRAMES)]

    def _now(self) -> float:
        return self._clock() - self._zero


def _below(row: Row, width: int) -> list[str]:
    """What is to be read under a row, in lines that fit."""
    if not row.below:
        return []
    import textwrap  # only failures need it

    return [
        line
        for told in row.below
        for line in textwrap.wrap(
            told,
            max(width - 1, 20),
            initial_indent="     ",
            subsequent_indent="     | " if told.startswith("|") else "     ",
            replace_whitespace=False,
        )
        or ["     "]
    ]


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f}"
