"""Yes or no to a tree, by a JSON Schema: the part of the language that `schemas/stack.schema.json` is written in.

A schema becomes functions, each only when the first value comes that it is about: a stack file uses a small part of
the schema, and a compiler of the whole is what a short command would wait for. What to say about a no is not known
here. An unknown keyword is refused, so that none is passed over in silence.
"""

# ruff: noqa: SIM110 (loops and no generators: this is run for every value of a file)

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minicompose.model import Node

Verdict = Callable[[Node], bool]

# What says nothing about a value, and what is read with the keyword that it goes with.
_SILENT = {"title", "description", "examples", "default", "deprecated", "$schema", "$id", "$comment", "$defs"}
_OF_OBJECTS = {"properties", "patternProperties", "additionalProperties", "required", "propertyNames"}
_OF_LISTS = {"items", "prefixItems"}

# Longer texts are matched by an engine that takes linear time for every pattern; `re` may take its cube.
_SHORT = 200


class Verdicts:
    """The verdicts of one schema and its definitions."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._definitions = schema["$defs"]
        self._named: dict[str, Verdict] = {}
        self._root = self.of(schema)

    def accepts(self, root: Node) -> bool:
        return self._root(root)

    def of(self, schema: Any) -> Verdict:
        """The verdict on values for which `schema` stands: a mapping, True or False."""
        if schema is True or schema is False:
            return _anything if schema else _nothing
        return _all_of(list(self._parts(schema)))

    def _parts(self, schema: Mapping[str, Any]) -> Iterable[Verdict]:
        for keyword, wanted in schema.items():
            match keyword:
                case "type":
                    yield _TYPES[wanted] if isinstance(wanted, str) else _any_of([_TYPES[each] for each in wanted])
                case "$ref":
                    yield self._reference(wanted.removeprefix("#/$defs/"))
                case "anyOf":
                    yield _any_of([self.of(each) for each in wanted])
                case "enum":
                    yield _one_of(frozenset(wanted))
                case "const":
                    yield _one_of(frozenset((wanted,)))
                case "pattern":
                    yield _matching(wanted)
                case "minimum":
                    yield _at_least(wanted)
                case "maximum":
                    yield _at_most(wanted)
                case _ if keyword not in _SILENT | _OF_OBJECTS | _OF_LISTS:
                    raise ValueError(f"the schema has {keyword}, which is not known here")
        if not _OF_OBJECTS.isdisjoint(schema):
            yield self._object(schema)
        if not _OF_LISTS.isdisjoint(schema):
            yield self._list(schema)

    def _reference(self, name: str) -> Verdict:
        """By name, made when it is first asked for: definitions may refer to themselves."""

        def verdict(node: Node) -> bool:
            found = self._named.get(name)
            if found is None:
                found = self._named[name] = self.of(self._definitions[name])
            return found(node)

        return verdict

    def _object(self, schema: Mapping[str, Any]) -> Verdict:
        members = _Members(self, schema)
        required = schema.get("required", ())
        names = self.of(schema["propertyNames"]) if "propertyNames" in schema else None

        def verdict(node: Node) -> bool:
            value = node.value
            if value.__class__ is not dict:
                return True
            for name in required:
                if name not in value:
                    return False
            if names is not None and not all(names(Node(key, node.pos)) for key in value):
                return False
            for key, below in value.items():
                if not members[key](below):
                    return False
            return True

        return verdict

    def _list(self, schema: Mapping[str, Any]) -> Verdict:
        first = [self.of(each) for each in schema.get("prefixItems", ())]
        others = self.of(schema.get("items", True))

        def verdict(node: Node) -> bool:
            value = node.value
            if value.__class__ is not list:
                return True
            for wanted, below in zip(first, value, strict=False):
                if not wanted(below):
                    return False
            for below in value[len(first) :]:
                if not others(below):
                    return False
            return True

        return verdict


class _Members(dict[str, Verdict]):
    """By their keys the verdicts on the members of an object; those on properties are kept."""

    def __init__(self, verdicts: Verdicts, schema: Mapping[str, Any]) -> None:
        self._verdicts = verdicts
        self._properties = schema.get("properties", {})
        self._patterns = [
            (_search(pattern), verdicts.of(wanted)) for pattern, wanted in schema.get("patternProperties", {}).items()
        ]
        self._additional = verdicts.of(schema.get("additionalProperties", True))

    def __missing__(self, key: str) -> Verdict:
        wanted = [verdict for matches, verdict in self._patterns if matches(key)]
        if key not in self._properties:
            return _all_of(wanted) if wanted else self._additional
        verdict = self[key] = _all_of([self._verdicts.of(self._properties[key]), *wanted])
        return verdict


def _anything(_: Node) -> bool:
    return True


def _nothing(_: Node) -> bool:
    return False


def _all_of(verdicts: list[Verdict]) -> Verdict:
    def verdict(node: Node) -> bool:
        for each in verdicts:
            if not each(node):
                return False
        return True

    return verdicts[0] if len(verdicts) == 1 else verdict


def _any_of(verdicts: list[Verdict]) -> Verdict:
    def verdict(node: Node) -> bool:
        for each in verdicts:
            if each(node):
                return True
        return False

    return verdict


# ---- scalars ----


def _text(value: Any) -> str | None:
    """The text that a value is, or None. A number that JSON has none for is a text."""
    if value.__class__ is str:
        return value
    return str(value) if value.__class__ is float and not math.isfinite(value) else None


def _is_text(node: Node) -> bool:
    return node.value.__class__ is str or _text(node.value) is not None


def _is_number(node: Node) -> bool:
    value = node.value
    return value.__class__ is int or (value.__class__ is float and math.isfinite(value))


def _is_whole(node: Node) -> bool:
    value = node.value
    return value.__class__ is int or (value.__class__ is float and value.is_integer())


_TYPES: Mapping[str, Verdict] = {
    "string": _is_text,
    "number": _is_number,
    "integer": _is_whole,
    "boolean": lambda node: node.value.__class__ is bool,
    "null": lambda node: node.value is None,
    "array": lambda node: node.value.__class__ is list,
    "object": lambda node: node.value.__class__ is dict,
}


def _one_of(texts: frozenset[str]) -> Verdict:
    return lambda node: _text(node.value) in texts


def _at_least(least: float) -> Verdict:
    return lambda node: not _is_number(node) or node.value >= least


def _at_most(most: float) -> Verdict:
    return lambda node: not _is_number(node) or node.value <= most


def _matching(pattern: str) -> Verdict:
    matches: list[Callable[[str], bool]] = []  # compiled for the first text

    def verdict(node: Node) -> bool:
        text = _text(node.value)
        if text is None:
            return True
        if not matches:
            matches.append(_search(pattern))
        return matches[0](text)

    return verdict


def _search(pattern: str) -> Callable[[str], bool]:
    """Whether the pattern, of ECMA's kind, is found in a text; its `$` is the end and not a line's."""
    if pattern == "^x-":  # stands in nearly every object
        return lambda text: text.startswith("x-")
    ends = pattern.endswith("$") and not pattern.endswith("\\$")
    search = re.compile(f"{pattern[:-1]}\\Z" if ends else pattern).search

    def matches(text: str) -> bool:
        return search(text) is not None if len(text) <= _SHORT else _found_in_long(pattern, text)

    return matches


def _found_in_long(pattern: str, text: str) -> bool:
    import jsonschema_rs  # few files have such texts

    return jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid(text)
