"""A text that takes the whole terminal, and is drawn again and again."""

from collections.abc import Sequence
from typing import Self, TextIO

_OWN_SCREEN = "\x1b[?1049h\x1b[?25l"
_USUAL_SCREEN = "\x1b[?25h\x1b[?1049l"
_HOME = "\x1b[H"
_EMPTIED_LINE = "\x1b[2K"  # before the text: after one that is as wide as the terminal it would take its end away
_REST_OF_SCREEN = "\x1b[J"


class Redrawn:
    """A screen of its own while it is entered; afterwards the last text stands where the terminal was left."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last = ""

    def __enter__(self) -> Self:
        self._out.write(_OWN_SCREEN)
        return self

    def __exit__(self, *exception: object) -> None:
        self._out.write(_USUAL_SCREEN + self._last)
        self._out.flush()

    def draw(self, lines: Sequence[str], columns: int, rows: int) -> None:
        """`columns` and `rows` are those of the terminal now. What has no room is told of in the last line."""
        self._last = "".join(f"{line}\n" for line in lines)
        if len(lines) >= rows > 1:
            lines = [*lines[: rows - 2], f"... and {len(lines) - rows + 2} more"[:columns]]
        self._out.write(_HOME + "".join(f"{_EMPTIED_LINE}{line}\r\n" for line in lines) + _REST_OF_SCREEN)
        self._out.flush()
