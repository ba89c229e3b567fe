"""What there is to say about a place in a stack file, as a value."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from minicompose.model import SourcePos


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say about one place in a stack file.

    `pos` is where the caret goes; `length` is how many characters it underlines.
    `path` is the dotted path of the attribute ("services.backend.depends_on"), where there is one.
    `hint` says what to do, or what was probably meant. `notes` say where the value came from, when
    that is not only where it is written: "extended from base.yaml:3:5", "from variable TAG, unset".
    `part` is the text that is meant inside of a longer one at `pos`, after how many of its characters.
    """

    severity: Literal["error", "warning"]
    pos: SourcePos | None
    summary: str
    path: str = ""
    hint: str = ""
    length: int = 1
    notes: tuple[str, ...] = ()
    part: tuple[int, str] | None = None


def narrowed(diagnostic: Diagnostic, texts: Mapping[str, str]) -> Diagnostic:
    """`diagnostic` with its caret under the `part` that is meant, where the file has it as it is.

    It does not when the value was made by an expression, or is written with escapes or over several lines.
    """
    pos, part = diagnostic.pos, diagnostic.part
    if part is None or pos is None or pos.file not in texts:
        return diagnostic
    offset, text = part
    lines = texts[pos.file].splitlines()
    line = lines[pos.line - 1] if pos.line <= len(lines) else ""
    start = pos.column - 1 + offset + (line[pos.column - 1 : pos.column] in ("'", '"'))
    if not text or not line.startswith(text, start):
        return msgspec.structs.replace(diagnostic, part=None)
    place = SourcePos(pos.file, pos.line, start + 1)
    return msgspec.structs.replace(diagnostic, pos=place, length=len(text), part=None)
