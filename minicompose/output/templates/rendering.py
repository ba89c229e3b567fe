"""A record put into a template."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import assert_never

from minicompose.errors import UsageError, nearest
from minicompose.output.templates.functions import FUNCTIONS, TITLES, Wrong, is_true, shown
from minicompose.output.templates.parsing import parse, wrong
from minicompose.output.templates.syntax import (
    Assign,
    Command,
    Dot,
    Fields,
    Function,
    If,
    Literal,
    Node,
    Operand,
    Pipeline,
    Range,
    Show,
    Text,
    Variable,
    With,
)

# What `.Name` finds. Functions among them are called with the words that follow the field.
Record = Mapping[str, object]


class Template:
    """One template, to be filled often. Raises UsageError for what is wrong with it, and when it is filled."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._nodes = parse(text)

    def filled(self, record: Record) -> str:
        return _Filling(self.text, record, FUNCTIONS).told(self._nodes, record)

    def header(self, titles: Record) -> str:
        """The same with titles for values, which stay as they are; there is nothing to `range` over."""
        return _Filling(self.text, titles, TITLES, lists=False).told(self._nodes, titles)


class _Filling:
    def __init__(
        self, text: str, record: Record, functions: Mapping[str, Callable[..., object]], *, lists: bool = True
    ) -> None:
        self._text = text
        self._functions = functions
        self._lists = lists
        self._variables: dict[str, object] = {"": record}

    def told(self, nodes: Iterable[Node], dot: object) -> str:
        return "".join(self._node(node, dot) for node in nodes)

    def _node(self, node: Node, dot: object) -> str:
        match node:
            case Text(text):
                return text
            case Show(what):
                return shown(self._value(what, dot))
            case Assign(name, what):
                self._variables[name] = self._value(what, dot)
                return ""
            case If(condition, then, otherwise):
                return self.told(then if is_true(self._value(condition, dot)) else otherwise, dot)
            case With(what, then, otherwise):
                value = self._value(what, dot)
                return self.told(then, value) if is_true(value) else self.told(otherwise, dot)
            case Range():
                return self._range(node, dot)
            case never:
                assert_never(never)

    def _range(self, node: Range, dot: object) -> str:
        entries = self._entries(self._value(node.over, dot))
        if not entries:
            return self.told(node.otherwise, dot)
        told = ""
        for key, value in entries:
            self._variables.update(zip(node.names, (key, value) if len(node.names) > 1 else (value,), strict=False))
            told += self.told(node.body, value)
        return told

    def _entries(self, value: object) -> list[tuple[object, object]]:
        if not self._lists or value is None:
            return []
        if isinstance(value, Mapping):
            return sorted(value.items())
        if isinstance(value, Sequence) and not isinstance(value, str):
            return list(enumerate(value))
        raise wrong(self._text, f'there is nothing to range over in "{shown(value)}"')

    def _value(self, operand: Operand, dot: object) -> object:
        match operand:
            case Literal(value):
                return value
            case Dot():
                return dot
            case Variable(name):
                if name not in self._variables:
                    raise wrong(self._text, f"there is no variable ${name}")
                return self._variables[name]
            case Function(name):
                return self._call(name, ())
            case Fields(of, names):
                return self._field(of, names, (), dot)
            case Pipeline(commands):
                return self._piped(commands, dot)
            case never:
                assert_never(never)

    def _piped(self, commands: tuple[Command, ...], dot: object) -> object:
        value: object = None
        for place, command in enumerate(commands):
            first, *others = command.words
            words = [self._value(word, dot) for word in others]
            words += [value] if place else []
            match first:
                case Function(name):
                    value = self._call(name, words)
                case Fields(of, names):
                    value = self._field(of, names, words, dot)
                case _ if words:
                    raise wrong(self._text, f'"{shown(self._value(first, dot))}" is no function')
                case _:
                    value = self._value(first, dot)
        return value

    def _call(self, name: str, words: Sequence[object]) -> object:
        try:
            return self._functions[name](*words)
        except Wrong as error:
            raise wrong(self._text, f"{name} {error}") from error
        except (TypeError, AttributeError, IndexError) as error:
            given = " ".join(repr(shown(word)) for word in words) or "nothing"
            raise wrong(self._text, f"{name} cannot work with {given}") from error

    def _field(self, of: Operand, names: tuple[str, ...], words: Sequence[object], dot: object) -> object:
        value = self._value(of, dot)
        for name in names:
            if not isinstance(value, Mapping):
                raise wrong(self._text, f'"{shown(value)}" has no field .{name}')
            if name not in value:
                raise self._unknown(name, value)
            value = value[name]
        if callable(value):
            return self._method(names[-1], value, words)
        if words:
            raise wrong(self._text, f".{names[-1]} is no function")
        return value

    def _method(self, name: str, method: Callable[..., object], words: Sequence[object]) -> object:
        try:
            return method(*words)
        except TypeError as error:
            raise wrong(self._text, f'.{name} takes a name, as in {{{{.{name} "com.example.name"}}}}') from error

    def _unknown(self, name: str, record: Mapping[str, object]) -> UsageError:
        near = nearest(name, record)
        hint = f"did you mean .{near}? " if near else ""
        return wrong(self._text, f"there is no field .{name}", f"{hint}there are: {', '.join(sorted(record))}")
