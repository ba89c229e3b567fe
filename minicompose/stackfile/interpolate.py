"""Variables in the values of a stack file: `$NAME`, `${NAME:-default}` and the other forms.

The grammar is the Compose Specification's ("Interpolation"), nested to any depth. Unlike the
reference, defaults and messages may hold line breaks.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from minicompose.errors import Diagnostic, nearest
from minicompose.model import Node, Path, SourcePos

Report = Callable[[Diagnostic], None]

MOST_TEXT = 4 * 1024 * 1024  # characters that one value may grow to
MOST_TEXT_IN_ALL = 64 * 1024 * 1024  # characters that all values of a tree may grow to

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEXT = re.compile(r"[$]")
_NEXT_INSIDE = re.compile(r"[${}]")
_OPERATORS = (":-", ":+", ":?", "-", "+", "?")


class ExpressionError(Exception):
    """An expression is wrong, or says that a variable is required; `dollar` is the index of its `$`."""

    def __init__(self, dollar: int, summary: str, hint: str = "", length: int = 1) -> None:
        super().__init__(summary)
        self.dollar = dollar
        self.summary = summary
        self.hint = hint
        self.length = length


class _Unset(msgspec.Struct, frozen=True):
    name: str
    dollar: int


class _Braced:
    """A `${NAME<operator>` whose `}` has not been reached; `parts` is what its operand came to so far."""

    __slots__ = ("braces", "dollar", "name", "operator", "parts", "unset")

    def __init__(self, name: str, operator: str, dollar: int) -> None:
        self.name = name
        self.operator = operator
        self.dollar = dollar
        self.braces = 0  # plain ones, open within the operand
        self.parts: list[str] = []
        self.unset: list[_Unset] = []


def substitute(
    text: str, lookup: Callable[[str], str | None], on_unset: Callable[[str, int], None] = lambda _name, _dollar: None
) -> str:
    """`text` with its expressions replaced by what `lookup` knows.

    `on_unset(name, index of its $)` is called for each variable that became "" for want of a value.
    Raises `ExpressionError` for a malformed expression and for a required variable without a value.
    Operands are evaluated also where they are not used, as in the reference.
    """
    outermost = _Braced("", "", 0)
    stack = [outermost]
    at, size = 0, 0
    while True:
        frame = stack[-1]
        match = (_NEXT if frame is outermost else _NEXT_INSIDE).search(text, at)
        if match is None:
            break
        start = match.start()
        frame.parts.append(text[at:start])
        at = start + 1
        if match[0] == "{":
            frame.braces += 1
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
        raise _malformed(text, stack[1].dollar, "it is not closed")
    outermost.parts.append(text[at:])
    for unset in outermost.unset:
        on_unset(unset.name, unset.dollar)
    return "".join(outermost.parts)


def _expression(text: str, dollar: int, stack: list[_Braced], lookup: Callable[[str], str | None]) -> int:
    """Take what stands at the `$`; where the text goes on after it."""
    frame = stack[-1]
    following = text[dollar + 1 : dollar + 2]
    if following == "$":
        frame.parts.append("$")
        return dollar + 2
    if following != "{":
        name = _NAME.match(text, dollar + 1)
        if name is None:
            frame.parts.append("$")
            return dollar + 1
        _append_value(frame, name[0], dollar, lookup)
        return name.end()
    name = _NAME.match(text, dollar + 2)
    if name is None:
        raise _malformed(text, dollar, "a variable's name is expected after ${")
    if text.startswith("}", name.end()):
        _append_value(frame, name[0], dollar, lookup)
        return name.end() + 1
    operator = next((op for op in _OPERATORS if text.startswith(op, name.end())), None)
    if name.end() == len(text):
        raise _malformed(text, dollar, "it is not closed")
    if operator is None:
        raise _malformed(text, dollar, f"after {name[0]} one of }} :- - :+ + :? ? is expected")
    stack.append(_Braced(name[0], operator, dollar))
    return name.end() + len(operator)


def _append_value(frame: _Braced, name: str, dollar: int, lookup: Callable[[str], str | None]) -> None:
    value = lookup(name)
    if value is None:
        frame.unset.append(_Unset(name, dollar))
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
        into.unset.extend(closed.unset)
        into.parts.append(operand)
    else:
        into.parts.append(value or "")


def _malformed(text: str, dollar: int, why: str) -> ExpressionError:
    shown = text[dollar : dollar + 30].split("\n", 1)[0]
    return ExpressionError(
        dollar,
        f"{shown} is not a valid expression: {why}",
        hint="write $$ for a literal dollar sign",
        length=len(shown),
    )


def interpolate(
    root: Node,
    variables: Mapping[str, str],
    report: Report,
    path: Path = (),
    texts: Mapping[str, str] | None = None,
    warned: set[str] | None = None,
) -> Node:
    """`root` with the expressions in its string values replaced; keys stay as they are.

    Nodes without a `$` below them are shared with `root`, not copied. Each unset variable is one
    warning; `warned` carries those already given from file to file. `texts` are the files' texts:
    with them a problem is placed at its `$`, else at the beginning of the value.
    """
    return _Interpolation(variables, report, texts or {}, set() if warned is None else warned).node(root, path)


class _Interpolation:
    def __init__(
        self, variables: Mapping[str, str], report: Report, texts: Mapping[str, str], warned: set[str]
    ) -> None:
        self.variables = variables
        self.report = report
        self.texts = texts
        self.warned = warned
        self.size = 0
        self.done: dict[int, Any] = {}  # by the identity of what aliases share

    def node(self, node: Node, path: Path) -> Node:
        value = node.value
        if value.__class__ is str:
            new: Any = self._text(node, path) if "$" in value else value
        elif value.__class__ is dict or value.__class__ is list:
            new = self.done.get(id(value))
            if new is None:
                new = self._inside(value, path)
                self.done[id(value)] = new
        else:
            return node
        return node if new is value else Node(new, node.pos, node.key_pos, node.tag)

    def _inside(self, value: Any, path: Path) -> Any:
        """A mapping or a list, the same one where nothing in it changes."""
        changed: Any = None
        for key, item in value.items() if value.__class__ is dict else enumerate(value):
            inside = item.value
            if (inside.__class__ is str and "$" not in inside) or inside is None:
                continue
            new = self.node(item, (*path, key))
            if new is not item:
                if changed is None:
                    changed = value.copy()
                changed[key] = new
        return value if changed is None else changed

    def _text(self, node: Node, path: Path) -> str:
        text: str = node.value

        def unset(name: str, dollar: int) -> None:
            if name not in self.warned:
                self.warned.add(name)
                self._warn_unset(node, path, name, dollar)

        try:
            new = substitute(text, self.variables.get, unset)
            self.size += len(new)
            if self.size > MOST_TEXT_IN_ALL:
                self.size = 0
                raise ExpressionError(0, f"the values of the file grow beyond {MOST_TEXT_IN_ALL:,} characters")
        except ExpressionError as error:
            pos = self._place(node, error.dollar)
            self.report(
                Diagnostic(
                    severity="error",
                    pos=pos,
                    summary=error.summary,
                    path=dotted(path),
                    hint=error.hint,
                    length=error.length,
                )
            )
            return text
        return new

    def _warn_unset(self, node: Node, path: Path, name: str, dollar: int) -> None:
        near = nearest(name, self.variables)
        self.report(
            Diagnostic(
                severity="warning",
                pos=self._place(node, dollar),
                summary=f"the variable {name} is not set; it counts as empty",
                path=dotted(path),
                hint=f"did you mean {near}?" if near else f"set it, or write ${{{name}:-}} for an empty default",
                length=len(name) + 1,
            )
        )

    def _place(self, node: Node, dollar: int) -> SourcePos:
        """Where the `$` at that index of the value stands in its file.

        Quotes, escapes and folded lines move characters, but every `$` of a value is one of the source's.
        """
        source = self.texts.get(node.pos.file)
        if source is None:
            return node.pos
        number = node.value.count("$", 0, dollar)
        lines = source.splitlines()
        line, column = node.pos.line - 1, node.pos.column - 1
        if line < len(lines) and lines[line][column : column + 1] in ("|", ">"):
            line, column = line + 1, 0  # a block scalar begins below its header
        while line < len(lines):
            dollars = [match.start() for match in _NEXT.finditer(lines[line], column)]
            if number < len(dollars):
                return SourcePos(node.pos.file, line + 1, dollars[number] + 1)
            number -= len(dollars)
            line, column = line + 1, 0
        return node.pos


def dotted(path: Path) -> str:
    """A path as messages show it: `services.web.ports[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
