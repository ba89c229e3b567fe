"""Diagnostics as people and programs read them: the message, the line, and a caret under the place.

stack.yaml:12:7: services.backend.depends_on: there is no service "databse"
   11 |     depends_on:
   12 |       databse: {condition: service_healthy}
      |       ^^^^^^^  did you mean "database"?
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from minicompose.diagnostic import Diagnostic, shortened
from minicompose.lines import Lines
from minicompose.model import SourcePos
from minicompose.regex import regex

_Paint = Callable[[str, str], str]

MOST_SHOWN = 10  # with their lines
MOST_NAMED = 200
_LINE_WIDTH = 100
_MOST_LOOKED_AT = 1000  # characters of a line around the caret; a line may be the whole file
_LEAD = 30  # columns of a long line that are kept before the caret
_CUT = "…"
_NAME = regex(r"\s*(?:export[ \t]+)?[\w.\-\[\]]*[ \t]*[=:]?")  # before the value of a variable
_HIDDEN = "***"
# Who speaks where no file does: an error begins as all others on standard error, a warning says what it is.
_NOWHERE = {"error": "minicompose: ", "warning": ""}
_NOTE = "="  # stands before a note, under the bar

_BOLD, _DIM, _RED, _YELLOW, _CYAN, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[36m", "\x1b[0m"


def render_diagnostics(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool) -> str:
    """What to print for `diagnostics`, without a newline at the end: the first ten whole, the rest a line each.

    Of the rest it is said how many they are. `texts` maps the files' names to their texts; a message whose
    file is not there comes without its line. `color` adds ANSI codes and changes nothing else.
    """
    paint = _painted if color else _plain
    lines = {file: Lines(texts[file]) for file in {d.pos.file for d in diagnostics if d.pos} & texts.keys()}
    shown = [_render(diagnostic, lines, paint) for diagnostic in diagnostics[:MOST_SHOWN]]
    rest = [_heading(diagnostic, paint) for diagnostic in diagnostics[MOST_SHOWN:MOST_NAMED]]
    if rest:
        rest.insert(0, f"and {len(diagnostics) - MOST_SHOWN} more:")
    if len(diagnostics) > MOST_NAMED:
        rest.append(f"{_CUT} and {len(diagnostics) - MOST_NAMED} that are not listed")
    if rest:
        shown.append("\n".join(rest))
    return "\n\n".join(shown)


def diagnostics_json(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """The diagnostics as plain data; what has no place in a file has null for `file`, `line` and `column`."""
    return [
        {
            "severity": diagnostic.severity,
            "file": diagnostic.pos and diagnostic.pos.file,
            "line": diagnostic.pos and diagnostic.pos.line,
            "column": diagnostic.pos and diagnostic.pos.column,
            "length": diagnostic.length,
            "path": diagnostic.path,
            "summary": diagnostic.summary,
            "hint": diagnostic.hint,
            "notes": list(diagnostic.notes),
        }
        for diagnostic in diagnostics
    ]


def _plain(text: str, _code: str) -> str:
    return text


def _painted(text: str, code: str) -> str:
    return f"{code}{text}{_RESET}" if text else text


def _render(diagnostic: Diagnostic, lines: Mapping[str, Lines], paint: _Paint) -> str:
    pos = diagnostic.pos
    heading = [_heading(diagnostic, paint)]
    inside = lines.get(pos.file) if pos else None
    notes = [f"{paint(f'{_NOTE:>7}', _DIM)} {_visible(note)}" for note in diagnostic.notes]
    if pos is None or inside is None or not 1 <= pos.line <= len(inside):
        hint = _visible(diagnostic.hint)
        return "\n".join([*heading, *([f"    {paint(hint, _CYAN)}"] if hint else []), *notes])
    if not diagnostic.guarded:
        return "\n".join([*heading, *_excerpt(diagnostic, pos, inside, paint), *notes])
    return "\n".join([*heading, *_guarded_excerpt(diagnostic, pos, inside[pos.line], paint), *notes])


def _heading(diagnostic: Diagnostic, paint: _Paint) -> str:
    place = f"{paint(f'{_visible(str(diagnostic.pos))}:', _BOLD)} " if diagnostic.pos else _NOWHERE[diagnostic.severity]
    severity = paint("warning:", _YELLOW) + " " if diagnostic.severity == "warning" else ""
    path = f"{_visible(diagnostic.path)}: " if diagnostic.path else ""
    return f"{place}{severity}{path}{_visible(diagnostic.summary)}"


def _excerpt(diagnostic: Diagnostic, pos: SourcePos, lines: Lines, paint: _Paint) -> list[str]:
    """The line before, the line itself, and the caret with the hint."""
    cut = max(0, pos.column - _MOST_LOOKED_AT // 2)
    line, column = lines[pos.line][cut : cut + _MOST_LOOKED_AT], pos.column - cut
    before = _width(line[: column - 1])
    token = _width(_token(line[column - 1 :], diagnostic.length))
    window = _Window(before, _width(line), is_cut=cut > 0)
    digits = max(5, len(str(pos.line)))

    def row(number: str, text: str) -> str:
        return f"{paint(f'{number:>{digits}} |', _DIM)} {text}".rstrip()

    rows = [row(str(pos.line), window.of(line))]
    above = lines[pos.line - 1][cut : cut + _MOST_LOOKED_AT] if pos.line > 1 else ""
    if above.strip():
        rows.insert(0, row(str(pos.line - 1), window.of(above)))
    carets = paint("^" * window.visible(before, max(1, token)), _RED if diagnostic.severity == "error" else _YELLOW)
    hint = f"  {paint(_visible(diagnostic.hint), _CYAN)}" if diagnostic.hint else ""
    return [*rows, row("", " " * (before - window.start) + carets + hint)]


def _guarded_excerpt(diagnostic: Diagnostic, pos: SourcePos, line: str, paint: _Paint) -> list[str]:
    """The name in the line, and the caret under it or under what stands for the value."""
    match = _NAME.match(line)
    assert match is not None  # it matches the empty string
    name, rest = match[0], line[match.end() :]
    if len(name) > _LINE_WIDTH or (pos.column > len(name) + 1 and not name.endswith(("=", ":"))):
        hint = _visible(diagnostic.hint)
        return [f"    {paint(hint, _CYAN)}"] if hint else []  # in the middle of a value that spans lines
    shown = name + (_HIDDEN if rest else "")
    column = min(pos.column, len(name) + 1)
    length = min(diagnostic.length, len(name) - column + 1) if column <= len(name) else len(_HIDDEN)
    place = SourcePos(file=pos.file, line=1, column=column)
    alone = replace(diagnostic, pos=place, length=length)
    _, caret = _excerpt(alone, place, Lines(shown), paint)
    digits = max(5, len(str(pos.line)))
    return [f"{paint(f'{pos.line:>{digits}} |', _DIM)} {''.join(map(_visible_char, shown))}".rstrip(), caret]


def _token(rest: str, length: int) -> str:
    """What to underline: quotes around it count, which the value does not have."""
    quoted = rest[:1] in ("'", '"') and rest[length + 1 : length + 2] == rest[:1]
    return rest[: length + 2 if quoted else length]


class _Window:
    """The part of a long line that is shown: columns from `start` on, with the caret in them."""

    def __init__(self, caret: int, width: int, *, is_cut: bool = False) -> None:
        self.is_cut = is_cut  # on the left, before the window was made
        if width <= _LINE_WIDTH or caret < _LINE_WIDTH - _LEAD:
            self.start = 0
        else:
            self.start = max(0, min(caret - _LEAD, width - _LINE_WIDTH))
        self.end = self.start + _LINE_WIDTH

    def visible(self, start: int, width: int) -> int:
        """How many of `width` columns from `start` on are in the window, at least one."""
        return max(1, min(start + width, self.end) - start)

    def of(self, line: str) -> str:
        """The line's part, with a mark where it was cut."""
        shown, at = "", 0
        for char in line:
            width = _char_width(char)
            if at >= self.start and at + width <= self.end:
                shown += _visible_char(char)
            elif at < self.start < at + width:
                shown += " " * (at + width - self.start)  # a wide character across the edge
            at += width
        if (self.start or self.is_cut) and shown:
            shown = _CUT + " " * (_char_width(shown[0]) - 1) + shown[1:]
        return shown + _CUT if at > self.end else shown


def _width(text: str) -> int:
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    """How many columns a terminal gives the character."""
    if char == "\t":
        return 4
    if " " <= char <= "~":
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _visible_char(char: str) -> str:
    """The character as it may be sent to a terminal: a tab as spaces, no control codes."""
    if char == "\t":
        return "    "
    match unicodedata.category(char):
        case "Cc" | "Cs" | "Zl" | "Zp":
            return "\N{REPLACEMENT CHARACTER}"
        case "Cf":
            return ""
        case _:
            return char


def _visible(text: str) -> str:
    """A message on one line, without control codes, and without the middle of what is endless."""
    return "".join(map(_visible_char, shortened(text).replace("\n", "\\n")))
