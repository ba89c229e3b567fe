"""Variables in the values of a stack file: `$NAME`, `${NAME:-default}` and the other forms.

The grammar is the Compose Specification's ("Interpolation"), nested to any depth. Unlike the
reference, defaults and messages may hold line breaks.
"""

import bisect
import itertools
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from minicompose.diagnostic import Diagnostic
from minicompose.errors import nearest
from minicompose.lines import Lines
from minicompose.model import Node, Origin, Path, SourcePos, Variables
from minicompose.regex import regex
from minicompose.stackfile.pathtext import path_text

Report = Callable[[Diagnostic], None]

MOST_TEXT = 1024 * 1024  # characters that one value may grow to
MOST_TEXT_IN_ALL = 16 * 1024 * 1024  # characters that all values of a tree may grow to

_MOST_GUESSES = 20  # of what name was meant; a guess looks at every variable

NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")
NEXT = regex(r"[$]")
NEXT_INSIDE = regex(r"[${}]")
OPERATORS = (":-", ":+", ":?", "-", "+", "?")


class ExpressionError(Exception):
    """An expression is wrong, or says that a variable is required; `dollar` is the index of its `$`."""

    def __init__(self, dollar: int, summary: str, hint: str = "", length: int = 1, why: str = "") -> None:
        super().__init__(summary)
        self.dollar = dollar
        self.summary = summary
        self.hint = hint
        self.why = why  # the expression is not valid, without its text
        self.length = length


class _Braced:
    """A `${NAME<operator>` whose `}` has not been reached; `parts` is what its operand came to so far."""

    __slots__ = ("braces", "dollar", "name", "operator", "parts", "unset")

    def __init__(self, name: str, operator: str, dollar: int) -> None:
        self.name = name
        self.operator = operator
        self.dollar = dollar
        self.braces = 0  # plain ones, open within the operand
        self.parts: list[str] = []
        self.unset: dict[str, int] = {}  # names, each with the index of its first $


def substitute(
    text: str, lookup: Callable[[str], str | None], on_unset: Callable[[str, int], None] = lambda _name, _dollar: None
) -> str:
    """`text` with its expressions replaced by what `lookup` knows.

    `on_unset(name, index of its first $)` is called for each variable that became "" for want of a value.
    Raises `ExpressionError` for a malformed expression and for a required variable without a value.
    Operands are evaluated also where they are not used, as in the reference. Braces in them come in
    pairs, as in `${A:-{"b": {}}}`; where that leaves an expression open, as `${A:-{}` does, they are text.
    """
    if len(text) > MOST_TEXT and "$" in text:
        raise ExpressionError(0, f"the value is longer than {MOST_TEXT:,} characters, and has expressions")
    whole = _evaluated(text, lookup, nesting=True) or _evaluated(text, lookup, nesting=False)
    assert whole is not None  # without nesting, it is or it raises
    for name, dollar in sorted(whole.unset.items(), key=itemgetter(1)):
        on_unset(name, dollar)
    return "".join(whole.parts)


def _evaluated(text: str, lookup: Callable[[str], str | None], *, nesting: bool) -> _Braced | None:
    """All of `text`, as the operand of no expression; None when that leaves an expression open.

    With `nesting` plain braces in an operand come in pairs, else they stand for themselves, and an
    expression that is open is an error.
    """
    outermost = _Braced("", "", 0)
    stack = [outermost]
    at, size = 0, 0
    while True:
        frame = stack[-1]
        match = (NEXT if frame is outermost else NEXT_INSIDE).search(text, at)
        if match is None:
            break
        start = match.start()
        frame.parts.append(text[at:start])
        at = start + 1
        if match[0] == "{":
            frame.braces += nesting
            frame.parts.append("{")
        elif match[0] == "}" and frame.braces:
            frame.braces -= 1
            frame.parts.append("}")
        elif match[0] == "}":
            stack.pop()
            _end(frame, stack[-1], lookup)
        else:
            at = _expression(text, start, stack, lookup)
        size += len(stack[-1].parts[-1]) if stack[-1].parts else 0
        if size > MOST_TEXT:
            raise ExpressionError(start, f"the value grows beyond {MOST_TEXT:,} characters")
    if len(stack) > 1:
        if nesting:
            return None
        raise _malformed(text, stack[1].dollar, "it is not closed")
    outermost.parts.append(text[at:])
    return outermost


def _expression(text: str, dollar: int, stack: list[_Braced], lookup: Callable[[str], str | None]) -> int:
    """Take what stands at the `$`; where the text goes on after it."""
    frame = stack[-1]
    following = text[dollar + 1 : dollar + 2]
    if following == "$":
        frame.parts.append("$")
        return dollar + 2
    if following != "{":
        name = NAME.match(text, dollar + 1)
        if name is None:
            frame.parts.append("$")
            return dollar + 1
        _append_value(frame, name[0], dollar, lookup)
        return name.end()
    name = NAME.match(text, dollar + 2)
    if name is None:
        raise _malformed(text, dollar, "a variable's name is expected after ${")
    if text.startswith("}", name.end()):
        _append_value(frame, name[0], dollar, lookup)
        return name.end() + 1
    operator = next((op for op in OPERATORS if text.startswith(op, name.end())), None)
    if name.end() == len(text):
        raise _malformed(text, dollar, "it is not closed")
    if operator is None:
        raise _malformed(text, dollar, f"after {name[0]} one of }} :- - :+ + :? ? is expected")
    stack.append(_Braced(name[0], operator, dollar))
    return name.end() + len(operator)


def _append_value(frame: _Braced, name: str, dollar: int, lookup: Callable[[str], str | None]) -> None:
    value = lookup(name)
    if value is None:
        frame.unset.setdefault(name, dollar)
    frame.parts.append(value or "")


def _end(closed: _Braced, into: _Braced, lookup: Callable[[str], str | None]) -> None:
    """The `}` of `closed`: what it comes to goes into the expression or text around it."""
    value = lookup(closed.name)
    operand = "".join(closed.parts)
    has_value = bool(value) if closed.operator.startswith(":") else value is not None
    kind = closed.operator[-1]
    if kind == "?" and not has_value:
        raise ExpressionError(
            closed.dollar,
            f"the variable {closed.name} is required" + (f": {operand}" if operand else ""),
            hint=f"set {closed.name} in the environment or in .env",
            length=len(closed.name) + 2,
        )
    if has_value == (kind == "+") and kind != "?":
        into.unset = _both(into.unset, closed.unset)
        into.parts.append(operand)
    else:
        into.parts.append(value or "")


def _both(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """The names of both, each with its first index; the larger takes the smaller in, however deep that goes on."""
    into, taken = (one, other) if len(one) >= len(other) else (other, one)
    for name, dollar in taken.items():
        into[name] = min(dollar, into.get(name, dollar))
    return into


def _malformed(text: str, dollar: int, why: str) -> ExpressionError:
    shown = text[dollar : dollar + 30].split("\n", 1)[0]
    return ExpressionError(
        dollar,
        f"{shown} is not a valid expression: {why}",
        hint="write $$ for a literal dollar sign",
        why=why,
        length=len(shown),
    )


def interpolate(
    root: Node,
    variables: Mapping[str, str],
    report: Report,
    path: Path = (),
    texts: Mapping[str, str] | None = None,
    warned: set[str] | None = None,
    places: Mapping[str, SourcePos] | None = None,
) -> Node:
    """`root` with the expressions in its string values replaced; keys stay as they are.

    Nodes without a `$` below them are shared with `root`, not copied. Each unset variable is one
    warning; `warned` carries those already given from file to file. `texts` are the files' texts:
    with them a problem is placed at its `$`, else at the beginning of the value. `places` says where
    env files set variables; a value that was replaced remembers them and its expression as its origin.
    """
    seen = Variables(dict(variables), dict(places or {}))
    work = _Interpolation(seen, report, texts or {}, set() if warned is None else warned)
    where: _Where = None
    for step in path:
        where = (where, step)
    value = work.value(root, where)
    return root if value is root.value else root.holding(value)


# Where a value stands: what came before and its last step; None at the root. A path is only made of
# it when there is something to say.
_Where = tuple[Any, str | int] | None


class _Interpolation:
    def __init__(self, variables: Variables, report: Report, texts: Mapping[str, str], warned: set[str]) -> None:
        self.seen = variables
        self.variables = variables.values
        self.report = report
        self.texts = texts
        self.warned = warned
        self.size = 0
        self.origins: dict[str, Origin] = {}  # by the text that was there
        self.known: dict[str, str] = {}  # what a text comes to; the same one often stands in many services
        self.done: dict[int, Any] = {}  # by the identity of what aliases share
        self.lines: dict[str, Lines] = {}
        self.dollars: _Dollars | None = None  # of the value that was spoken of last: there may be many in one

    def value(self, node: Node, where: _Where) -> Any:
        """The new value of `node`; the very same object where nothing in it changes."""
        value = node.value
        if value.__class__ is str:
            return self._text(node, where) if "$" in value else value
        return self._inside(value, where) if value.__class__ is dict or value.__class__ is list else value

    def _inside(self, value: Any, where: _Where) -> Any:
        done = self.done.get(id(value))
        if done is not None:
            return done
        changed: Any = None
        for key, item in value.items() if value.__class__ is dict else enumerate(value):
            inside = item.value
            kind = inside.__class__
            if kind is str:
                if "$" not in inside:
                    continue
                new = self._text(item, (where, key))
            elif kind is dict or kind is list:
                new = self._inside(inside, (where, key))
            else:
                continue
            if new is not inside:
                if changed is None:
                    changed = value.copy()
                origin = item.origin if new.__class__ is not str else self._origin(inside)
                changed[key] = Node(new, item.pos, item.key_pos, item.tag, origin)
        done = value if changed is None else changed
        self.done[id(value)] = done
        return done

    def _origin(self, text: str) -> Origin:
        if text not in self.origins:
            self.origins[text] = Origin(expression=text, variables=self.seen)
        return self.origins[text]

    def _text(self, node: Node, where: _Where) -> str:
        text: str = node.value
        new = self.known.get(text)
        try:
            if new is None:
                new = substitute(text, self.variables.get, lambda name, dollar: self._unset(node, where, name, dollar))
                self.known[text] = new
            self.size += len(new)
            if self.size > MOST_TEXT_IN_ALL:
                self.size = 0
                raise ExpressionError(0, f"the values of the file grow beyond {MOST_TEXT_IN_ALL:,} characters")
        except ExpressionError as error:
            pos = self._place(node, error.dollar)
            path = path_text(_steps(where))
            self.report(
                Diagnostic(
                    severity="error",
                    pos=pos,
                    summary=error.summary,
                    path=path,
                    hint=error.hint,
                    length=error.length,
                )
            )
            return text
        return new

    def _unset(self, node: Node, where: _Where, name: str, dollar: int) -> None:
        if name in self.warned:
            return
        self.warned.add(name)
        near = nearest(name, self.variables) if len(self.warned) <= _MOST_GUESSES else None
        self.report(
            Diagnostic(
                severity="warning",
                pos=self._place(node, dollar),
                summary=f"the variable {name} is not set; it counts as empty",
                path=path_text(_steps(where)),
                hint=f"did you mean {near}?" if near else f"set it, or write ${{{name}:-}} for an empty default",
                length=len(name) + 1,
            )
        )

    def _place(self, node: Node, dollar: int) -> SourcePos:
        """Where the `$` at that index of the value stands in its file.

        Quotes, escapes and folded lines move characters, but every `$` of a value is one of the source's.
        """
        file = node.pos.file
        if file not in self.texts:
            return node.pos
        if file not in self.lines:
            self.lines[file] = Lines(self.texts[file])
        if self.dollars is None or self.dollars.node is not node:
            self.dollars = _Dollars(node, self.texts[file], self.lines[file])
        index = self.dollars.in_source(dollar)
        return node.pos if index is None else self.lines[file].place(index, file)


class _Dollars:
    """Every `$` of one value, in the value and in its source."""

    def __init__(self, node: Node, source: str, lines: Lines) -> None:
        self.node = node
        self._in_value = [match.start() for match in NEXT.finditer(node.value)]
        start = lines.index(node.pos)
        if source[start : start + 1] in ("|", ">"):  # a block scalar begins below its header
            start = lines.index(SourcePos(node.pos.file, node.pos.line + 1, 1))
        found = itertools.islice(NEXT.finditer(source, start), len(self._in_value))
        self._in_source = [match.start() for match in found]

    def in_source(self, dollar: int) -> int | None:
        """Where in the source the `$` stands that is at this index of the value."""
        number = bisect.bisect_left(self._in_value, dollar)
        return self._in_source[number] if number < len(self._in_source) else None


def _steps(where: _Where) -> Path:
    steps: list[str | int] = []
    while where is not None:
        where, step = where
        steps.append(step)
    return tuple(reversed(steps))
