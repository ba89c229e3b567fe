"""A line of text in several styles, measured in columns of a terminal."""

from typing import Literal, Self

from minicompose.output.tables import cut, display_width, on_one_line

Style = Literal["", "dim", "red", "bold red", "green", "yellow", "blue", "cyan", "grey"]

_CODES: dict[Style, str] = {
    "dim": "2",
    "red": "31",
    "bold red": "1;31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
    "grey": "90",
}


class Line:
    """Text is added at its end."""

    def __init__(self, text: str = "", style: Style = "") -> None:
        self._parts: list[tuple[str, Style]] = []
        self.width = 0
        self.add(text, style)

    def add(self, text: str, style: Style = "") -> Self:
        text = on_one_line(text)
        if text:
            self._parts.append((text, style))
            self.width += display_width(text)
        return self

    def join(self, other: "Line") -> Self:
        self._parts += other._parts
        self.width += other.width
        return self

    def padded(self, width: int) -> Self:
        return self.add(" " * (width - self.width))

    def cut(self, width: int) -> "Line":
        """As much of it as has room, with an ellipsis where something is left out."""
        if self.width <= width:
            return self
        line = Line()
        for text, style in self._parts:
            room = width - line.width
            # What just fits is followed by more: that has to be seen.
            line.add(text if display_width(text) < room else cut(text + "…", room), style)
            if line.width >= width:
                break
        return line

    def rendered(self, *, color: bool) -> str:
        return "".join(
            f"\x1b[{_CODES[style]}m{text}\x1b[0m" if color and style else text for text, style in self._parts
        )

    def __str__(self) -> str:
        return self.rendered(color=False)
