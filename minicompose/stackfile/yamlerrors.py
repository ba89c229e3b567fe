"""What the YAML parser complains of, said to the person who wrote the file."""

import re
from typing import Any

from minicompose.diagnostic import Diagnostic
from minicompose.lines import Lines
from minicompose.model import SourcePos
from minicompose.regex import regex
from minicompose.stackfile.libyaml import MarkedYAMLError, ReaderError

_FORBIDDEN = regex("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# What a merge leaves between two versions that could not be made one.
_CONFLICT = regex(r"^(?:<{7}|>{7})(?: .*)?$", re.MULTILINE)

_NO_KEY = "did not find expected key"
_IN_QUOTES = 'write "${...}"'
_WORDS = regex(r" *([\w-]+(?: [^:#\n\r]*)?)[\r\n]")
_LEFT_OVER = "text after a value"  # our word for the same, when something stands before it on the line

# (words of the parser's problem, words of its context, what to say, what to do)
_SAID: tuple[tuple[str, str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "",
        'a ":" is not expected here',
        'look at the indentation of this line and the one before; put a value that contains ": " in quotes',
    ),
    (
        "did not find expected '-' indicator",
        "",
        "the indentation does not fit the list that began at line {begun}",
        "give all items of the list the same indentation",
    ),
    (
        _NO_KEY,
        "",
        "the indentation does not fit the mapping that began at line {begun}",
        "give all keys of the mapping the same indentation",
    ),
    (_LEFT_OVER, "", "the value has ended before this", "put the whole value in quotes"),
    (
        "could not find expected ':'",
        "",
        'there is no ":" after this key',
        'write "key: value"; put a text that spans lines in quotes',
    ),
    (
        "did not find expected ',' or ']'",
        "",
        "the list that began at line {begun} is not closed",
        'put "," between its items and "]" at its end',
    ),
    (
        "did not find expected ',' or '}'",
        "",
        "the mapping that began at line {begun} is not closed",
        'put "," between its entries and "}" at its end',
    ),
    ("found unexpected end of stream", "quoted", "the quotes that were opened at line {begun} are not closed", ""),
    ("found unexpected document indicator", "quoted", "the quotes opened at line {begun} are not closed", ""),
    (
        "found unknown escape character",
        "",
        "this escape is not known in double quotes",
        "write \\\\ for a backslash, or use single quotes",
    ),
    ("did not find expected hexdecimal number", "", "an escape of hexadecimal digits is cut short", ""),
    (
        "did not find expected alphabetic or numeric character",
        "alias",
        'a name is expected after "*"',
        'put a text that begins with "*" in quotes',
    ),
    (
        "did not find expected alphabetic or numeric character",
        "anchor",
        'a name is expected after "&"',
        'put a text that begins with "&" in quotes',
    ),
    ("block sequence entries are not allowed", "", 'a "-" is not expected here', "begin the list on a line of its own"),
    (
        "found duplicate %YAML directive",
        "",
        "%YAML stands here twice",
        "",
    ),
    ("mapping keys are not allowed", "", 'a "?" is not expected here', 'put a text that begins with "? " in quotes'),
    ("did not find expected node content", "", "a value is expected here", "take out a comma or bracket too many"),
    ("found a tab character", "", "a tab cannot indent a line", "use spaces"),
    (
        "did not find expected comment or line break",
        "block scalar",
        'the text begins on the line below "|" or ">"',
        "",
    ),
    ("found incompatible YAML document", "", "this version of YAML is not known", "leave the %YAML line out"),
    ("found undefined tag handle", "", "this tag is not declared", "a stack file knows the tags !reset and !override"),
    # The library has a limit of its own, and reads ahead: it may come before ours (`yamltree.MOST_DEPTH`).
    ("exceeded maximum nesting depth", "", "values are nested more than 100 deep", ""),
    ("did not find expected <document start>", "", "the document has ended, and no new one begins here", ""),
)


def syntax_error(problem: Any, text: str, file: str) -> Diagnostic:
    """The diagnostic for what `yaml` raised about `text`, at the place where it was noticed."""
    if isinstance(problem, ReaderError):
        return _forbidden_character(text, file)
    if not isinstance(problem, MarkedYAMLError) or problem.problem_mark is None:
        return Diagnostic(severity="error", pos=SourcePos(file, 1, 1), summary=f"this is not YAML: {problem}")
    mark, begun = problem.problem_mark, problem.context_mark
    lines = Lines(text)
    if conflict := _CONFLICT.search(text):
        return _conflict(lines.place(conflict.start(), file), conflict[0])
    what, context = str(problem.problem or ""), str(problem.context or "")
    if "mapping values are not allowed" in what and (above := _without_colon(text, mark.index)):
        return _missing_colon(lines.place(above.start(1), file), above[1])
    if begun is not None and "end of stream" in what:
        mark = begun  # the end of the file says nothing; where it began does
    if what == _NO_KEY and text[text.rfind("\n", 0, mark.index) + 1 : mark.index].strip(" -"):
        what = _LEFT_OVER
    summary, hint = _say(what, context, text[mark.index : mark.index + 1])
    if text[mark.index - 1 : mark.index + 1] == "${" and "is not closed" in summary:
        summary, hint = "an expression between braces or brackets has to be in quotes", _IN_QUOTES
    elif what == _LEFT_OVER and text[mark.index : mark.index + 1] in ("}", "]"):
        hint = f"take out the {text[mark.index]}, or put the whole value in quotes"
    summary = summary.format(begun=lines.place((begun or mark).index, file).line)
    end = len(text.removesuffix("\n").removesuffix("\r"))  # what is missing at the end is missing in the last line
    return Diagnostic(severity="error", pos=lines.place(min(mark.index, end), file), summary=summary, hint=hint)


def _conflict(pos: SourcePos, line: str) -> Diagnostic:
    summary, hint = "this is left of a merge that was not finished", "keep one of the two versions, and no such lines"
    return Diagnostic(severity="error", pos=pos, summary=summary, hint=hint, length=len(line))


def _without_colon(text: str, index: int) -> re.Match[str] | None:
    """The words alone on the line before that of `index`, less far to the right: a key whose colon was forgotten."""
    start = text.rfind("\n", 0, index) + 1
    above = text.rfind("\n", 0, max(start - 1, 0)) + 1
    found = _WORDS.match(text, above, start) if start else None
    here = len(text[start:index]) - len(text[start:index].lstrip(" "))
    return found if found is not None and found.start(1) - above <= here else None


def _missing_colon(pos: SourcePos, written: str) -> Diagnostic:
    name, space, value = written.partition(" ")
    hint = f'did you mean "{name}: {value.strip()}"?' if space else f'did you mean "{name}:"?'
    summary = f'there is no ":" after "{name}"'
    return Diagnostic(severity="error", pos=pos, summary=summary, hint=hint, length=len(name))


def _say(what: str, context: str, character: str) -> tuple[str, str]:
    if "cannot start any token" in what:
        if character == "\t":
            return "a tab cannot indent a line", "use spaces"
        shown = character.replace("{", "{{").replace("}", "}}")
        return f'a value cannot begin with "{shown}"', "put it in quotes"
    for words, around, summary, hint in _SAID:
        if words in what and around in context:
            return summary, hint
    said = ", ".join(filter(None, (context, what))).replace("{", "{{").replace("}", "}}")
    return f"this is not YAML: {said}", ""


def _forbidden_character(text: str, file: str) -> Diagnostic:
    found = _FORBIDDEN.search(text)
    index = found.start() if found else 0
    pos = Lines(text).place(index, file)
    character = text[index : index + 1]
    return Diagnostic(
        severity="error",
        pos=pos,
        summary=f"the character U+{ord(character or chr(0)):04X} cannot stand in a YAML file",
        hint="is this a text file?" if character == "\0" else "take it out, or write it as an escape in double quotes",
    )
