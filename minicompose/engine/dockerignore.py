"""What a `.dockerignore` leaves out of a build's context: the rules of Docker's own builders.

A line is a pattern below the context; the last one that a path, or a directory above it, matches decides. `!` takes
back in. `*` and `?` stop at a slash, `**` does not, `[a-z]` and `\\` are as in a shell.
"""

import posixpath
import re
from collections.abc import Iterable

import msgspec

from minicompose.errors import BadRequest
from minicompose.regex import regex

_WILD = frozenset("*[]?^\\")
_CLASS = regex(r"\[\^?(?:\\.|[^\]\\])+\]")

# For each pattern whether a directory matches it, which what lies below then does, too.
Inherited = tuple[bool, ...]


class Pattern(msgspec.Struct, frozen=True):
    """`text` is the pattern without its `!`; `exception` tells whether it had one."""

    text: str
    exception: bool
    regex: re.Pattern[str]

    def may_match_below(self, directory: str) -> bool:
        """Whether a path below the directory can match, as far as the pattern's plain part tells."""
        plain = self.text.removesuffix("/**").removesuffix("/*")
        return bool(_WILD.intersection(plain)) or f"{plain}/".startswith(f"{directory}/")


class Ignored:
    """Which paths of a context are left out; paths have slashes, and none in front."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._patterns = [pattern for line in lines if (pattern := _pattern(line)) is not None]
        self._exceptions = [pattern for pattern in self._patterns if pattern.exception]
        self.nothing_yet: Inherited = (False,) * len(self._patterns)

    def judge(self, path: str, above: Inherited) -> tuple[bool, Inherited]:
        """Whether the path is left out, and what entries below it inherit; `above` is of its own directory."""
        left_out, found = False, []
        for pattern, matches in zip(self._patterns, above, strict=True):
            if not matches:
                # A pattern that would change nothing need not be looked at.
                matches = pattern.exception == left_out and pattern.regex.fullmatch(path) is not None
            found.append(matches)
            if matches:
                left_out = not pattern.exception
        return left_out, tuple(found)

    def leaves_out(self, path: str) -> bool:
        """The same for a path alone."""
        above, left_out = self.nothing_yet, False
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            left_out, above = self.judge("/".join(parts[:depth]), above)
        return left_out

    def may_take_back_below(self, directory: str) -> bool:
        """Whether something below a directory that is left out may be in the context nevertheless."""
        return any(pattern.may_match_below(directory) for pattern in self._exceptions)

    def may_match_below(self, directory: str) -> bool:
        """Whether something below a directory that no pattern matches may be matched."""
        return any(pattern.may_match_below(directory) for pattern in self._patterns if not pattern.exception)


def ignored_by(text: str) -> Ignored:
    """What a `.dockerignore` with this text leaves out. Raises BadRequest for a pattern that is none."""
    # A comment is a line that begins with its sign; spaces before it make it a pattern.
    return Ignored(line for line in text.removeprefix("\ufeff").splitlines() if not line.startswith("#"))


def _pattern(line: str) -> Pattern | None:
    text = line.strip()
    exception = text.startswith("!")
    if exception:
        text = text[1:].strip()
        if not text:
            raise BadRequest('a line of the .dockerignore is "!" alone', "name after it what is to be taken back in")
    if not text:
        return None
    text = posixpath.normpath(text)
    text = "/" + text.lstrip("/") if text.startswith("//") else text
    if len(text) > 1:
        text = text.removeprefix("/")
    return Pattern(text=text, exception=exception, regex=_regex(text))


def _regex(text: str) -> re.Pattern[str]:
    pieces, place = [], 0
    while place < len(text):
        piece, taken = _piece(text, place)
        pieces.append(piece)
        place += taken
    try:
        return re.compile("".join(pieces), re.DOTALL)
    except re.error as error:
        raise _malformed(text) from error


def _piece(text: str, place: int) -> tuple[str, int]:
    """The expression for what begins at `place`, and how many characters that is."""
    rest = text[place:]
    if rest.startswith("**"):
        return _any_depth(text, place)
    match rest[0]:
        case "*":
            return "[^/]*", 1
        case "?":
            return "[^/]", 1
        case "\\" if len(rest) > 1:
            return re.escape(rest[1]), 2
        case "[":
            found = _CLASS.match(rest)
            if found is None:
                raise _malformed(text)
            return found[0].replace("[", r"\[").replace(r"\[", "[", 1), len(found[0])
        case "\\":
            raise _malformed(text)
        case plain:
            return re.escape(plain), 1


def _any_depth(text: str, place: int) -> tuple[str, int]:
    """`**` is any number of directories; at the end all there is; before plain words any beginning."""
    rest = text[place + 2 :]
    if not rest or rest == "/":
        return ".*", len(text) - place
    if rest.startswith("/"):
        return "(?:.*/)?", 3
    if place == 0 and not _WILD.intersection(rest):
        return ".*", 2
    return "(?:.*/)?", 2


def _malformed(text: str) -> BadRequest:
    return BadRequest(f'the .dockerignore has a pattern that is none: "{text}"', "close the bracket, or write \\[")
