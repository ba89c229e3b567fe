"""The language of `.env` files, `env_file` and `label_file`.

`NAME=VALUE` or `NAME: VALUE` lines, an optional `export`, `#` comments, values bare, in 'single' or
in "double" quotes; the quoted ones may span lines, and another assignment may follow on the last of
them. Expressions are those of `interpolate`.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from minicompose.diagnostic import Diagnostic
from minicompose.lines import Lines
from minicompose.model import SourcePos
from minicompose.regex import regex
from minicompose.stackfile.interpolate import MOST_TEXT_IN_ALL, ExpressionError, substitute

Report = Callable[[Diagnostic], None]
Lookup = Callable[[str], str | None]

_ASSIGNED = regex(r"^[ \t]*+(?:export[ \t]++)?([\w.\-\[\]]++)[ \t]*+(?:[=:]|$)", re.MULTILINE)
_SPACE = " \t\v\f\r\x85\xa0"  # around names, and before values
_ANY_SPACE = f"{_SPACE}\n\u1680{''.join(map(chr, range(0x2000, 0x200B)))}\u2028\u2029\u202f\u205f\u3000"
_EXPORT = regex(rf"export[ \t][{_SPACE}]*+")
_NAME = regex(r"[^\n=:]*+")
_ODD = regex(rf"[^\w.\-\[\]{_SPACE[1:]}]")
_BLANK = regex(rf"(?:[{_ANY_SPACE}]++|#[^\n]*+)*+")  # what stands before, between and after assignments
_SPACES = regex(rf"[{_SPACE}]*+")
_ESCAPE = regex(r"\\(0[0-3][0-7]{2}|[\s\S])")
_ESCAPES = {
    "0": "\\",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "\\": "\\",
    '"': '"',
}
# Possessive: what a quote does not end is not tried again in every other way.
_ENDS = {"'": regex(r"(?:[^'\\]++|\\[\s\S])*+'"), '"': regex(r'(?:[^"\\]++|\\[\s\S])*+"')}

MOST_VARIABLES = 100_000  # in one file, each as often as it is set
_NOTHING: Mapping[str, str] = MappingProxyType({})


def parse_dotenv(
    text: str, file: str, lookup: Lookup, report: Report, earlier: Mapping[str, str] = _NOTHING
) -> dict[str, str]:
    """The variables that `text` sets, in its order, a later line over an earlier one.

    Expressions, and names without a value, ask `lookup` first, the lines before second, and what
    `earlier` files set third; such a name that nobody knows is left out. Problems go to `report`,
    placed in `file`; their lines are skipped.
    """
    return _Dotenv(text, file, lookup, report, earlier).read()


def places_of(text: str, file: str) -> dict[str, SourcePos]:
    """Where `text` sets each of its variables, the last time that it does."""
    lines = Lines(text)
    found = itertools.islice(_ASSIGNED.finditer(text), MOST_VARIABLES)
    return {match[1]: lines.place(match.start(1), file) for match in found}


def parse_raw(text: str, file: str, lookup: Lookup, report: Report) -> dict[str, str]:
    """The variables of an `env_file` of `format: raw`: all that follows the first `=` is the value."""
    found: dict[str, str] = {}
    lines: Lines | None = None
    after = _after(_BLANK, text, 0)
    count = 0
    while after < len(text):
        count += 1
        if count > MOST_VARIABLES:
            report(_too_many(file))
            break
        start, end = after, text.find("\n", after)
        end = len(text) if end < 0 else end
        written = text[start:end].removesuffix("\r")
        after = _after(_BLANK, text, end)
        name, equals, value = written.partition("=")
        if not name or re.search(r"\s", name):
            word = name.split()[0] if name.split() else ""
            why = f'the name "{word} …" has a space in it' if name else "a name is missing before ="
            lines = lines or Lines(text)
            pos = lines.place(start, file)
            report(Diagnostic(severity="error", pos=pos, summary=why, length=max(len(word), 1), guarded=True))
            continue
        known = value if equals else lookup(name)
        if known is not None:
            found[name] = known
    return found


class _Dotenv:
    def __init__(self, text: str, file: str, lookup: Lookup, report: Report, earlier: Mapping[str, str]) -> None:
        self.text = text
        self.file = file
        self.lookup = lookup
        self.earlier = earlier
        self.report = report
        self.found: dict[str, str] = {}
        self.size = 0  # of what expressions came to
        self.lines: Lines | None = None
        self.end = -1  # of the line that is being read, where it is known
        self.followed = -1  # the end of the last line on which something followed quotes
        self.unset: set[str] = set()  # the variables that have been told of

    def read(self) -> dict[str, str]:
        text = self.text
        if (nul := text.find("\0")) >= 0:
            self._complain(nul, "this is not a text file: it holds a NUL character")
            return {}
        at = _after(_BLANK, text, 0)
        count = 0
        while at < len(text):
            count += 1
            if count > MOST_VARIABLES:
                self.report(_too_many(self.file))
                break
            at = _after(_BLANK, text, self._assignment(at))
        return self.found

    def _assignment(self, start: int) -> int:
        """Read what begins at `start`; where it ends, or the end of its line if it is none."""
        text = self.text
        if export := _EXPORT.match(text, start):
            start = export.end()
        match = _NAME.match(text, start)
        assert match is not None  # it matches the empty string
        name, after = match[0].rstrip(_SPACE), match.end()
        sign = text[after : after + 1].strip()
        odd = _ODD.search(name)
        if odd is not None:
            what = "a space" if odd[0].isspace() else f'the character "{odd[0]}"'
            until = name[: odd.end()] + ("…" if odd.end() < len(name) else "")  # the rest may be a value
            self._complain(start + odd.start(), f'a variable\'s name cannot contain {what}: "{until}"')
            return self._line_end(after)
        if not name and sign:
            self._complain(start, f'a name is missing before "{sign}"')
            return self._line_end(after)
        if not sign:
            known = self._value_of(name) if name else None
            if known is not None:
                self.found[name] = known
            return after
        at = _after(_SPACES, text, after + 1)
        quote = text[at : at + 1]
        return self._quoted(name, at, quote) if quote in _ENDS else self._bare(name, at)

    def _bare(self, name: str, at: int) -> int:
        end = self._line_end(at)
        value = self.text[at:end].split(" #", 1)[0].rstrip(_ANY_SPACE)
        self._set(name, value, at, exact=True)
        return end

    def _quoted(self, name: str, at: int, quote: str) -> int:
        match = _ENDS[quote].match(self.text, at + 1)
        if match is None:
            self._complain(at, f"the quotes of {name} are not closed")
            return len(self.text)
        raw, end = match[0][:-1], match.end()
        if quote == "'":
            self.found[name] = raw.replace("\\'", "'")
        else:
            self._set(name, _ESCAPE.sub(_unescape, raw), at, exact=False)
        self._warn_of_rest(name, end)
        return end

    def _warn_of_rest(self, name: str, at: int) -> None:
        """Tell, once for each line, that what follows the quotes of `name` is no part of its value."""
        end = self._line_end(at)
        if end == self.followed:
            return
        rest = self.text[at:end].strip(_ANY_SPACE)
        if rest and not rest.startswith("#"):
            self.followed = end
            summary = f"what follows the quotes of {name} counts as another variable"
            self._complain(at, summary, severity="warning", length=len(rest))

    def _line_end(self, index: int) -> int:
        """Where the line ends that `index` is on; it is asked for in the order of the text, and looked for once."""
        if index > self.end:
            end = self.text.find("\n", index)
            self.end = len(self.text) if end < 0 else end
        return self.end

    def _set(self, name: str, written: str, at: int, *, exact: bool) -> None:
        """Give `name` the value `written` at index `at`, expanded; `exact`: its `$` stand where they did."""

        def unset(variable: str, dollar: int) -> None:
            if variable in self.unset:
                return
            self.unset.add(variable)
            self._complain(
                at + dollar if exact else at,
                f"the variable {variable} is not set; it counts as empty",
                severity="warning",
                length=len(variable) + 1 if exact else 1,
            )

        if "$" not in written:
            self.found[name] = written
            return
        try:
            value = substitute(written, self._value_of, unset)
            self.size += len(value)
            if self.size > MOST_TEXT_IN_ALL:
                raise ExpressionError(0, f"the values of the file grow beyond {MOST_TEXT_IN_ALL:,} characters")
            self.found[name] = value
        except ExpressionError as error:
            summary = f"the value of {name} has an expression that is not valid: {error.why}"
            self._complain(
                at + error.dollar if exact else at,
                summary if error.why else error.summary,
                hint=error.hint,
                length=error.length if exact else 1,
            )

    def _value_of(self, name: str) -> str | None:
        value = self.lookup(name)
        return self.found.get(name, self.earlier.get(name)) if value is None else value

    def _complain(self, index: int, summary: str, hint: str = "", severity: str = "error", length: int = 1) -> None:
        self.lines = self.lines or Lines(self.text)
        self.report(
            Diagnostic(
                severity="warning" if severity == "warning" else "error",
                pos=self.lines.place(index, self.file),
                summary=summary,
                hint=hint,
                length=length,
                guarded=True,
            )
        )


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where `text` goes on after what `pattern`, which may be nothing, matches at an index."""
    match = pattern.match(text, at)
    return at if match is None else match.end()


def _too_many(file: str) -> Diagnostic:
    return Diagnostic(severity="error", pos=None, summary=f"{file} sets more than {MOST_VARIABLES:,} variables")


def _unescape(match: re.Match[str]) -> str:
    """What an escape in double quotes stands for; `\\$` becomes `$$`, which no expansion touches."""
    code = match[1]
    if code == "$":
        return "$$"
    if len(code) > 1:
        return chr(int(code, 8))
    return _ESCAPES.get(code, match[0])
