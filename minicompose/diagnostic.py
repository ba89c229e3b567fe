"""What there is to say about a place in a stack file, as a value."""

from typing import Literal

import msgspec

from minicompose.model import SourcePos


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say about one place in a stack file.

    `pos` is where the caret goes; `length` is how many characters it underlines.
    `path` is the dotted path of the attribute ("services.backend.depends_on"), where there is one.
    `hint` says what to do, or what was probably meant. `notes` say where the value came from, when
    that is not only where it is written: "extended from base.yaml:3:5", "from variable TAG, unset".
    """

    severity: Literal["error", "warning"]
    pos: SourcePos | None
    summary: str
    path: str = ""
    hint: str = ""
    length: int = 1
    notes: tuple[str, ...] = ()
