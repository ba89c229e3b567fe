"""The last lines of a terminal, drawn again and again while other text is written above them."""

import re
from collections.abc import Sequence
from typing import TextIO

from minicompose.output.styled import Line
from minicompose.output.terminal_size import Size, terminal_size
from minicompose.regex import regex

_EMPTIED_LINE = "\r\x1b[2K"
_REST_OF_SCREEN = "\x1b[J"
# Colours may pass; what moves the cursor or sets the terminal up would spoil what is drawn.
_CONTROL = regex(
    r"\x1b\[[0-9;:]*m"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[]PX^_].*?(?:\x07|\x1b\\|$)"
    r"|\x1b[ -/]*.?"
    r"|[\0-\x08\x0b-\x1a\x1c-\x1f\x7f]",
    re.MULTILINE,
)


class Region:
    """Lines in place. Each drawing is one write, and erases nothing that is not written anew: it does not flicker.

    `color` False draws without colours. The cursor stands at the beginning of the line below, and is seen there: if it
    were hidden, nobody would show it again after a `kill -9`, nor while the command is stopped with Ctrl-Z.
    """

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        self._stream = stream
        self._color = color
        self._drawn: list[Line] = []

    @property
    def size(self) -> Size:
        """That of the terminal now."""
        return terminal_size(self._stream)

    def draw(self, lines: Sequence[Line], above: str = "") -> None:
        """Put these lines, each shorter than the terminal is wide, in the place of those before; `above` are whole
        lines, which stay.
        """
        height = self._height()
        back = _up(height)
        if above:
            # Line by line: some terminals keep a screen that is erased at once among what has been scrolled away.
            back += f"{_EMPTIED_LINE}\n" * height + _up(height) + _tame(above)
        shown = "".join(f"{_EMPTIED_LINE}{line.rendered(color=self._color)}\n" for line in lines)
        self._stream.write(f"{back}{shown}{_REST_OF_SCREEN}")
        self._stream.flush()
        self._drawn = list(lines)

    def leave(self) -> None:
        """Leave what is drawn where it is."""
        self._drawn = []

    def _height(self) -> int:
        """How many lines are drawn. A terminal that has become narrower has broken those that are too long for it."""
        columns = self.size.columns
        return sum(max(1, -(-line.width // columns)) for line in self._drawn)


def _up(height: int) -> str:
    return f"\r\x1b[{height}A" if height else ""


def _tame(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0] if found[0].endswith("m") and found[0][1:2] == "[" else "", text)
