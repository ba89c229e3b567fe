"""What there is to say about a place in a stack file, as a value."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from minicompose.lines import Lines
from minicompose.model import SourcePos

_NO_PLACE = SourcePos("", 0, 0)
_MOST_SAID = 500  # characters of a message, which may quote what a file says


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say about one place in a stack file.

    `pos` is where the caret goes; `length` is how many characters it underlines.
    `path` is the dotted path of the attribute ("services.backend.depends_on"), where there is one.
    `hint` says what to do, or what was probably meant. `notes` say where the value came from, when
    that is not only where it is written: "extended from base.yaml:3:5", "from variable TAG, unset".
    `part` is the text that is meant inside of a longer one at `pos`, after how many of its characters.
    `guarded` is for files of variables: no more of their lines is shown than names.
    """

    severity: Literal["error", "warning"]
    pos: SourcePos | None
    summary: str
    path: str = ""
    hint: str = ""
    length: int = 1
    notes: tuple[str, ...] = ()
    part: tuple[int, str] | None = None
    guarded: bool = False


def in_order(diagnostics: Iterable[Diagnostic], files: Iterable[str]) -> list[Diagnostic]:
    """By file, in the order of `files`, and by place; what has no place comes first."""
    order = {name: index for index, name in enumerate(files)}

    def place(diagnostic: Diagnostic) -> tuple[int, SourcePos]:
        pos = diagnostic.pos
        return (-1, _NO_PLACE) if pos is None else (order.get(pos.file, len(order)), pos)

    return sorted(diagnostics, key=place)


def narrowed(diagnostic: Diagnostic, lines: Lines) -> Diagnostic:
    """`diagnostic` with its caret under the `part` that is meant, where the file, with these lines, has it as it is.

    It does not when the value was made by an expression, or is written with escapes or over several lines.
    """
    pos, part = diagnostic.pos, diagnostic.part
    if part is None or pos is None:
        return diagnostic
    offset, text = part
    start = lines.index(pos)
    start += offset + (lines.text[start : start + 1] in ("'", '"'))
    place = lines.place(start, pos.file)
    if not text or place.line != pos.line or not lines.text.startswith(text, start):
        return msgspec.structs.replace(diagnostic, part=None)
    return msgspec.structs.replace(diagnostic, pos=place, length=len(text), part=None)


def shortened(text: str) -> str:
    """`text` without its middle, where it is longer than anybody reads."""
    half = _MOST_SAID // 2
    return text if len(text) <= _MOST_SAID else f"{text[:half]} … {text[-half:]}"
