"""Expressions as they are written: which there are in a text, and how they pass through the stages unread.

The grammar is that of `interpolate.py`, which replaces them.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from minicompose.model import Node
from minicompose.regex import regex
from minicompose.stackfile.interpolate import NAME, NEXT, NEXT_INSIDE, OPERATORS

# What stands for an expression: the number of its text between two characters that no language uses.
_OPEN, _CLOSE = "\U000f0000", "\U000f0001"
_MARK = regex(f"{_OPEN}([0-9]+){_CLOSE}")
HIDDEN = f"{_OPEN}[0-9]+{_CLOSE}"
"""A pattern that finds a hidden expression in a text."""


class Expression(msgspec.Struct, frozen=True):
    """`text[start:end]` of a text. Its operand, if any, begins at `inside`; `depth` counts the ones around it."""

    name: str
    operator: str
    start: int
    inside: int
    end: int
    depth: int

    def operand(self, text: str) -> str:
        """What follows the operator; empty without one."""
        return text[self.inside : self.end - 1] if self.operator else ""


class _Open:
    """A `${NAME<operator>` whose end has not been reached; `inside` is where its operand begins."""

    __slots__ = ("braces", "inside", "name", "operator", "start")

    def __init__(self, name: str, operator: str, start: int, inside: int) -> None:
        self.name = name
        self.operator = operator
        self.start = start
        self.inside = inside
        self.braces = 0


def expressions(text: str) -> list[Expression]:
    """The expressions of `text`, nested ones before those around them; none from a malformed one on.

    Plain braces in operands come in pairs, or where that leaves an expression open stand for themselves, as
    for `substitute`.
    """
    found = _scanned(text, nesting=True)
    return _scanned(text, nesting=False) or [] if found is None else found


def _scanned(text: str, *, nesting: bool) -> list[Expression] | None:
    """The expressions of `text`; None where braces that come in pairs leave one open."""
    found: list[Expression] = []
    around: list[_Open] = []
    at = 0
    while match := (NEXT_INSIDE if around else NEXT).search(text, at):
        start, at = match.start(), match.end()
        if match[0] == "{":
            around[-1].braces += nesting
        elif match[0] == "}" and around[-1].braces:
            around[-1].braces -= 1
        elif match[0] == "}":
            it = around.pop()
            found.append(Expression(it.name, it.operator, it.start, it.inside, at, len(around)))
        elif text.startswith("$", at):
            at += 1
        elif text.startswith("{", at):
            name = NAME.match(text, at + 1)
            if name is None:
                break
            at = name.end()
            kind = next((each for each in OPERATORS if text.startswith(each, at)), None)
            if text.startswith("}", at):
                at += 1
                found.append(Expression(name[0], "", start, at, at, len(around)))
            elif kind is None:
                break
            else:
                at += len(kind)
                around.append(_Open(name[0], kind, start, at))
        elif name := NAME.match(text, at):
            at = name.end()
            found.append(Expression(name[0], "", start, at, at, len(around)))
    else:
        if around and nesting:
            return None
    return found


def texts_of(node: Node) -> Iterator[str]:
    """Every text value of a tree that may hold an expression; what aliases share comes once."""
    seen: set[int] = set()
    waiting: list[Any] = [node.value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "$" in value:
                yield value
        elif isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))
            inside = value.values() if isinstance(value, dict) else value
            waiting.extend(reversed([each.value for each in inside]))


class Hidden:
    """Expressions that stand: each becomes a text of which no stage reads anything, and is put back at the end."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def hide(self, node: Node) -> Node:
        """`node` with the expressions of its values hidden; keys hold none."""
        return _Change(self._hidden, str).node(node)

    def show(self, node: Node) -> Node:
        """`node` with its expressions where they were."""
        return _Change(self.shown, self.shown).node(node)

    def shown(self, text: str) -> str:
        return _MARK.sub(lambda mark: self._texts[int(mark[1])], text) if _OPEN in text else text

    def _hidden(self, text: str) -> str:
        if _OPEN in text:
            text = text.replace(_OPEN, self._mark(_OPEN))
        if "$" not in text:
            return text
        outermost = sorted((it.start, it.end) for it in expressions(text) if it.depth == 0)
        return "".join(self._pieces(text, outermost))

    def _pieces(self, text: str, spans: Iterable[tuple[int, int]]) -> Iterator[str]:
        done = 0
        for start, end in spans:
            yield text[done:start]
            yield self._mark(text[start:end])
            done = end
        yield text[done:]

    def _mark(self, text: str) -> str:
        if text not in self._numbers:
            self._numbers[text] = len(self._texts)
            self._texts.append(text)
        return f"{_OPEN}{self._numbers[text]}{_CLOSE}"


def is_hidden(text: object) -> bool:
    """Whether `text` is one that holds a hidden expression."""
    return isinstance(text, str) and _OPEN in text and _MARK.search(text) is not None


def holds_hidden(node: Node) -> bool:
    """Whether an expression is hidden in a text of `node`, however deep."""
    value = node.value
    if isinstance(value, dict):
        return any(map(is_hidden, value)) or any(map(holds_hidden, value.values()))
    return any(map(holds_hidden, value)) if isinstance(value, list) else is_hidden(value)


class _Change:
    """Applies `text` to the texts of a tree, and `key` to its keys; what they leave alone is shared."""

    def __init__(self, text: Callable[[str], str], key: Callable[[str], str]) -> None:
        self.text = text
        self.key = key
        self.done: dict[int, Any] = {}  # by the identity of what aliases share

    def node(self, node: Node) -> Node:
        value = node.value
        if isinstance(value, str):
            new: Any = self.text(value)
        elif isinstance(value, dict | list):
            new = self.done.get(id(value))
            if new is None:
                new = self.done[id(value)] = self.inside(value)
        else:
            return node
        return node if new is value else node.holding(new)

    def inside(self, value: Any) -> Any:
        """The new mapping or list; the very same one where nothing in it changes."""
        if isinstance(value, list):
            items = [self.node(item) for item in value]
            return value if all(map(operator.is_, items, value)) else items
        entries = {self.key(key): self.node(item) for key, item in value.items()}
        same = all(map(operator.is_, entries.values(), value.values())) and all(map(operator.eq, entries, value))
        return value if same else entries
