"""The live display: a line for each resource, redrawn in place on a terminal."""

import threading
import time
from collections.abc import Callable
from typing import TextIO

from minicompose.execution.events import (
    AnyEvent,
    Interrupted,
    LogLines,
    Notice,
    RunFinished,
    RunStarted,
    StepFailed,
    StepStarted,
    StepWaits,
)
from minicompose.output.board import Board, Row, Standing
from minicompose.output.region import Region
from minicompose.output.step_words import plural, seconds
from minicompose.output.styled import Line, Style
from minicompose.output.tables import cut_before, display_width
from minicompose.planning.plan import Plan

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAME_TIME = 0.1
# Text beside the display is shown at once unless it comes thick and fast.
_SOON = 0.03
_MARKS: dict[Standing, tuple[str, Style]] = {
    "failed": ("✘", "bold red"),
    "done": ("✔", "green"),
    "pending": ("·", "dim"),
    "cancelled": ("−", "yellow"),
    "active": ("", "cyan"),
    "waiting": ("", "blue"),
}
_COUNTED: dict[Standing, str] = {
    "failed": "failed",
    "active": "active",
    "waiting": "waiting",
    "cancelled": "not done",
    "pending": "pending",
    "done": "done",
}
_BAR = 20
# Lines that the summary, the count of what is hidden and the cursor need.
_RESERVED = 3
# The times at the ends of the lines stay near the words, also on a wide terminal.
_WIDEST = 110
# On fewer columns the kinds of resources, and some words, are left out.
_ROOMY = 60


class LiveForm:
    """Draws a `Board`; what is drawn last stays. Nothing is drawn until a step begins."""

    draws = True

    def __init__(self, stream: TextIO, *, color: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._board = Board(Plan(project=""))
        self._zero = clock()
        self._region = Region(stream, color=color)
        self._lock = threading.RLock()  # what is drawn is also drawn by the ticker
        self._ticker: _Ticker | None = None
        self._above: list[str] = []
        self._drawn_at = 0.0

    def show(self, event: AnyEvent) -> None:
        if isinstance(event, LogLines):
            return
        with self._lock:
            self._hear(event)

    def _hear(self, event: AnyEvent) -> None:
        if isinstance(event, RunStarted):
            self.end()
            self._board = Board(event.plan)
        if not isinstance(event, Notice):  # whose time may be counted from another beginning
            self._zero = self._clock() - event.at
        self._board.hear(event)
        if isinstance(event, StepStarted | StepWaits | StepFailed) and self._ticker is None:
            self._begin()
        if isinstance(event, RunFinished):
            self.end()
        elif isinstance(event, Interrupted) and self._ticker is not None:
            self.draw()
        if self._ticker is None:
            self._tell_notices()

    def above(self, text: str) -> None:
        with self._lock:
            if self._ticker is None:
                self._stream.write(text)
                self._stream.flush()
                return
            self._above.append(text if text.endswith("\n") else text + "\n")
            if self._clock() - self._drawn_at > _SOON:
                self.draw()

    def end(self) -> None:
        """Draw a last time, with all notices, and give the terminal back."""
        with self._lock:
            if self._ticker is None:
                return
            self._ticker.stop()
            self._ticker = None
            try:
                self.draw()
            finally:
                self._region.leave()
                self._board.notices = []

    def _begin(self) -> None:
        self.draw()
        self._ticker = _Ticker(self._tick)

    def _tick(self) -> None:
        with self._lock:
            if self._ticker is threading.current_thread():  # it may have been stopped meanwhile
                self.draw()

    def _tell_notices(self) -> None:
        """A notice that comes when nothing is drawn has a line of its own."""
        notices, self._board.notices = self._board.notices, []
        for notice in notices:
            self._stream.write(f"{notice}\n")

    # ---- drawing ----

    def draw(self) -> None:
        """Show what is known now."""
        above, self._above = "".join(self._above), []
        self._region.draw(self._lines(*self._region.size), above)
        self._drawn_at = self._clock()

    def _lines(self, columns: int, lines: int) -> list[Line]:
        board = self._board
        width = min(columns - 1, _WIDEST)
        notices = [Line(part) for notice in board.notices for part in _wrapped(notice, width)]
        if not board.finished:
            notices = notices[-(lines // 3) :]  # the run's last drawing has them all
        room = lines - _RESERVED - len(notices)
        below = self._told_below(width, room)
        rows = board.choose(room, lambda row: 1 + len(below.get(row.key, ())))
        shown = self._rows(rows, below, width)
        if len(rows) < len(board.rows):
            shown.append(self._hidden(rows).cut(width))
        # A name and a few words are shown whatever the width; of a very narrow terminal they are too much.
        return [line.cut(columns - 1) for line in (*shown, *notices, self._summary(columns - 1))]

    def _told_below(self, width: int, room: int) -> dict[tuple[str, str], list[Line]]:
        """What is to be read under the rows that have failed. While the run goes on, no more than there is room for."""
        told = {row.key: _below(row, width) for row in self._board.rows if row.below}
        if self._board.finished or sum(1 + len(lines) for lines in told.values()) <= room // 2:
            return told
        return {}

    def _rows(self, rows: list[Row], below: dict[tuple[str, str], list[Line]], width: int) -> list[Line]:
        kinds = max((len(row.subject.type) for row in rows), default=0) if width >= _ROOMY else 0
        most = max(width // 3 if kinds else width * 2 // 5, 12)
        names = min(max((display_width(row.subject.name) for row in rows), default=0), most)
        lines = []
        for row in rows:
            line = self._line(row, kinds, names, width, told=not row.below or row.key in below)
            lines += [line, *below.get(row.key, ())]
        return lines

    def _line(self, row: Row, kinds: int, names: int, width: int, *, told: bool) -> Line:
        """`told`: what is to be read of a failure stands under it, and need not be in this line."""
        mark, style = _MARKS[row.standing]
        line = Line(" ").add(mark or self._spinner(), style)
        if kinds:
            line.add(f" {row.subject.type:{kinds}}", "dim")
        line.add(" ")
        line.add(cut_before(row.subject.name, names), "dim" if row.standing == "pending" else "")
        line.padded((kinds + 1 if kinds else 0) + names + 5)
        words = Line(self._words(row, width), style if row.standing != "done" else "")
        if told:
            self._add_progress(words, row, width)
        else:
            words.add(f"  {row.below[0]}", "red")
        time_text = self._time(row)
        room = width - line.width - (len(time_text) + 1 if time_text else 0)
        line.join(words.cut(max(room, 4)))
        return line.padded(width - len(time_text)).add(time_text, "dim") if time_text else line

    def _words(self, row: Row, width: int) -> str:
        if row.standing != "pending":
            return row.words if width >= _ROOMY else row.words.removeprefix("waiting ")
        after = self._board.waits_for(row)
        told = (row.words, after) if width >= _ROOMY else (after or row.words,)
        return ", ".join(part for part in told if part)

    def _add_progress(self, words: Line, row: Row, width: int) -> None:
        """A pull's bytes as a bar, the step that a build is at, or why a resource is changed at all."""
        current, total = row.bytes
        if total and row.standing == "active" and width < _ROOMY:
            words.add(f" {100 * current // total}%", "dim")
        elif total and row.standing == "active":
            full = round(_BAR * current / total)
            words.add("  ").add("━" * full, "cyan").add("─" * (_BAR - full), "grey")
            words.add(f" {_megabytes(current)}/{_megabytes(total)} MB", "dim")
        elif row.detail:
            words.add(f"  {row.detail}", "dim")
        elif row.why and row.standing != "failed":
            words.add(f"  {row.why}", "dim")

    def _time(self, row: Row) -> str:
        if row.standing in ("active", "waiting"):
            return seconds(self._now() - row.since)
        return seconds(row.spent) if row.standing in ("done", "failed") else ""

    def _hidden(self, shown: list[Row]) -> Line:
        """How many rows there was no room for, by how they stand."""
        seen = {row.key for row in shown}
        hidden = [row.standing for row in self._board.rows if row.key not in seen]
        counts = [f"{hidden.count(standing)} {word}" for standing, word in _COUNTED.items() if standing in hidden]
        return Line(f"   … and {', '.join(counts)}", "dim")

    def _summary(self, width: int) -> Line:
        board = self._board
        if board.finished is not None:
            return self._last_words(board.finished, width)
        text = f" {self._spinner()} {board.project}  {board.count('done')} of {len(board.rows)} done  "
        line = Line(text + seconds(self._now()), "dim")
        if board.interrupted:
            told = "interrupted: what runs may end, once more leaves at once"
            line.add("  ").add(told if width >= line.width + len(told) else "interrupted", "yellow")
        return line.cut(width)

    def _last_words(self, finished: RunFinished, width: int) -> Line:
        board = self._board
        done, failed = board.count("done"), board.count("failed")
        cancelled = len(board.rows) - done - failed
        parts = [f"{plural(done, 'resource')} done" if width >= _ROOMY else f"{done} done"]
        parts += [f"{failed} failed"] if failed else []
        parts += [f"{cancelled} not done"] if cancelled else []
        mark, style = _MARKS["failed" if failed else "cancelled" if cancelled else "done"]
        line = Line(" ").add(mark, style).add(f" {board.project}  {', '.join(parts)} in {seconds(finished.at)}")
        return line.cut(width)

    def _spinner(self) -> str:
        return _FRAMES[int(self._now() / _FRAME_TIME) % len(_FRAMES)]

    def _now(self) -> float:
        return self._clock() - self._zero


class _Ticker(threading.Thread):
    """Has something done again and again until it is stopped, or the terminal is gone."""

    def __init__(self, tick: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._tick = tick
        self._stopped = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._stopped.wait(_FRAME_TIME):
            try:
                self._tick()
            except (OSError, ValueError):
                return

    def stop(self) -> None:
        """What is being done now may still end afterwards."""
        self._stopped.set()


def _below(row: Row, width: int) -> list[Line]:
    """What is to be read under a row, in lines that fit."""
    lines = []
    for told in row.below:
        bar = "| " if told.startswith("|") else ""
        text = told.removeprefix("|").removeprefix(" ") if bar else told
        style: Style = "" if bar else "red"
        lines += [Line(f"     {bar}{part}", style) for part in _wrapped(text, max(width - 5 - len(bar), 20))]
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap  # only failures and notices need it

    parts = textwrap.wrap(text, max(width, 1), replace_whitespace=False, drop_whitespace=True) or [""]
    # It counts characters, of which some take two columns.
    return [piece for part in parts for piece in _pieces(part, width)]


def _pieces(text: str, width: int) -> list[str]:
    pieces = [""]
    for character in text:
        if display_width(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f}"
