"""How large a terminal is."""

import os
from typing import NamedTuple, TextIO

# Where nobody tells, as on a terminal that some program has made and given no size.
_USUAL = (80, 24)


class Size(NamedTuple):
    columns: int
    lines: int


def terminal_size(stream: TextIO) -> Size:
    """What the terminal says now, else what COLUMNS and LINES say, else what is usual."""
    try:
        columns, lines = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        columns, lines = 0, 0
    return Size(columns or _said("COLUMNS", _USUAL[0]), lines or _said("LINES", _USUAL[1]))


def _said(name: str, otherwise: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() and int(text) else otherwise
