"""What is wrong with a tree that the schema refuses, in words of the Compose Specification.

`jsonschema` finds the places; of a choice of forms only the one that was meant is spoken of.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jsonschema_rs
import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from minicompose.diagnostic import Diagnostic
from minicompose.errors import nearest
from minicompose.model import Node, Path, SourcePos
from minicompose.stackfile.attributes import Attributes, alike
from minicompose.stackfile.pathtext import path_text

Schema = dict[str, Any]

MOST_EXPLAINED = 200

# Shapes of text that the next stage reads. It knows better than a pattern what is wrong with one.
_READ_LATER = (
    *("boolean", "integer", "count", "number", "microseconds", "duration", "size", "memory", "mode"),
    *(
        "port",
        "port_number",
        "mount",
        "device",
        "address",
        "host_address",
        "variable",
        "valued_pair",
        "command_line",
        "probe",
    ),
)

_KINDS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with the value at `path`; `at_key` when it is the key that is wrong."""

    path: Path
    summary: str
    hint: str = ""
    at_key: bool = False


def explain(document: Any, root: Node, schema: Schema, report: Callable[[Diagnostic], None]) -> None:
    """Report what is wrong with `document`, which is `root` without its places; at most so many problems."""
    errors = _validator(schema).iter_errors(document)
    found = _Explainer(schema).problems(errors)
    for problem in itertools.islice(_once(found), MOST_EXPLAINED):
        report(_diagnostic(problem, root))


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    said: set[Problem] = set()
    for problem in problems:
        if problem not in said:
            said.add(problem)
            yield problem


def _validator(schema: Schema) -> Any:
    """The validator that explains, of entries without number only those that there is something to explain of."""
    entries = _Entries(schema)
    keywords = {"pattern": _matches, "items": entries.items, "additionalProperties": entries.additional}
    return extend(Draft202012Validator, keywords)(schema)  # type: ignore[no-untyped-call]


class _Entries:
    """Keywords for the entries of lists and tables: the Rust validator picks those that are wrong, so many at most."""

    def __init__(self, schema: Schema) -> None:
        self._definitions = schema["$defs"]
        self._accepting: dict[int, jsonschema_rs.Draft202012Validator] = {}  # by the identity of the entries' schema

    def items(self, validator: Any, wanted: Any, value: Any, schema: Schema) -> Iterator[ValidationError]:
        if isinstance(value, list):
            first = len(schema.get("prefixItems", ()))
            yield from self._wrong(validator, wanted, enumerate(value[first:], first))

    def additional(self, validator: Any, wanted: Any, value: Any, schema: Schema) -> Iterator[ValidationError]:
        if not isinstance(wanted, dict) or not isinstance(value, dict):
            yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, wanted, value, schema)
            return
        named, patterns = schema.get("properties", ()), "|".join(schema.get("patternProperties", ()))
        others = (key for key in value if key not in named and not (patterns and re.search(patterns, key)))
        yield from self._wrong(validator, wanted, ((key, value[key]) for key in others))

    def _wrong(
        self, validator: Any, wanted: Any, entries: Iterable[tuple[str | int, Any]]
    ) -> Iterator[ValidationError]:
        accepting = self._accepting.get(id(wanted))
        if accepting is None:
            accepting = jsonschema_rs.Draft202012Validator({"$defs": self._definitions, **wanted})
            self._accepting[id(wanted)] = accepting
        refused = ((key, value) for key, value in entries if not accepting.is_valid(value))
        for key, value in itertools.islice(refused, MOST_EXPLAINED):
            yield from validator.descend(value, wanted, path=key)


@functools.cache
def _compiled(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern})


def _matches(_validator: Any, pattern: str, value: Any, _schema: Schema) -> Iterator[ValidationError]:
    """`pattern` as the Rust validator reads it, which needs no stack for a text of a million characters, either."""
    if isinstance(value, str) and not _compiled(pattern).is_valid(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _diagnostic(problem: Problem, root: Node) -> Diagnostic:
    pos, length = _place(root, problem)
    return Diagnostic(
        severity="error",
        pos=pos,
        length=length,
        path=path_text(problem.path),
        summary=problem.summary,
        hint=problem.hint,
    )


def _place(root: Node, problem: Problem) -> tuple[SourcePos, int]:
    """Where the caret goes, and how long it is. A value that is not there is shown by its key."""
    node = root
    for step in problem.path:
        node = node.value[step]
    if node.key_pos is not None and (problem.at_key or node.value is None):
        return node.key_pos, max(1, len(str(problem.path[-1])))
    if node.value is None or isinstance(node.value, dict | list):
        return node.pos, 1
    text = _text(node.value)
    return node.pos, 1 if "\n" in text else max(1, len(text))


class _Explainer:
    """Turns the validator's errors into problems."""

    def __init__(self, schema: Schema) -> None:
        self.definitions: dict[str, Any] = schema["$defs"]
        self.shared = {id(shape) for shape in self.definitions.values()}
        self.read_later = {id(self.definitions[name]) for name in _READ_LATER}
        self.attributes = Attributes(schema)

    def problems(self, errors: Iterable[ValidationError]) -> Iterator[Problem]:
        for error in errors:
            yield from self.of(error)

    def of(self, error: ValidationError) -> Iterator[Problem]:
        path: Path = tuple(error.absolute_path)
        value: Any = error.instance
        wanted: Any = error.validator_value
        schema: Any = error.schema
        if isinstance(value, str) and id(schema) in self.read_later:
            return
        match error.validator:
            case "anyOf":
                yield from self.of_choice(error, wanted, value, path)
            case "additionalProperties":
                yield from self.unknown(schema, value, path)
            case "required":
                for name in wanted:
                    if name not in value:
                        yield Problem(path=path, summary=f'"{name}" is missing', hint=self.words_hint(schema, name))
            case "minimum":
                yield Problem(path=path, summary=f"must be at least {wanted}, not {value}")
            case "maximum":
                yield Problem(path=path, summary=f"must be at most {wanted}, not {value}")
            case "pattern":  # of `propertyNames`: in values patterns are always one choice of several
                summary = f"a name here may only have {schema['title']}" if value else "a name is empty"
                fitting = re.sub(r"[^a-zA-Z0-9._-]+", "-", value).strip("-")
                hint = f'did you mean "{fitting}"?' if fitting else ""
                yield Problem(path=(*path, value), summary=summary, hint=hint, at_key=True)
            case _:
                yield self.wrong_kind(schema, value, path)

    # ---- choices ----

    def of_choice(self, error: ValidationError, branches: list[Any], value: Any, path: Path) -> Iterator[Problem]:
        """What is wrong inside of the form that was meant; or that it is none of the forms."""
        kind = _kind(value)
        branches = [self.resolved(branch) for branch in branches]
        meant = [index for index, branch in enumerate(branches) if kind in self.kinds(branch)]
        inside = [one for one in error.context or () if one.schema_path[0] in meant]
        if self.is_broken_entry(error.schema, value, path):
            yield self.wrong_kind({"type": "string"}, value, path)
        elif not meant:
            yield self.wrong_kind(error.schema, value, path)
        elif any("enum" in branches[index] or "pattern" in branches[index] for index in meant):
            yield self.wrong_word(branches, value, path)
        else:
            yield from self.problems(inside)

    def is_broken_entry(self, schema: Any, value: Any, path: Path) -> bool:
        """Whether a space after a colon made a mapping of a list's entry: `- data: /srv`."""
        if not (isinstance(value, dict) and len(value) == 1 and path and isinstance(path[-1], int)):
            return False
        return "string" in self.kinds(schema) and not self.attributes.has(path, *value)

    def wrong_word(self, branches: list[Schema], word: str, path: Path) -> Problem:
        words = [each for branch in branches for each in branch.get("enum", ())]
        patterns = [branch["title"] for branch in branches if "pattern" in branch]
        others = [self.expected(branch) for branch in branches if self.kinds(branch) - {"string"}]
        allowed = _alternatives([*(f'"{each}"' for each in words), *patterns, *others])
        near = _meant(word.lower(), words)
        summary = f"must be {'one of ' if len(words) > 1 else ''}{allowed}, not {_quoted(word)}"
        return Problem(path=path, summary=summary, hint=f'did you mean "{near}"?' if near else "")

    # ---- attributes ----

    def unknown(self, schema: Schema, value: dict[str, Any], path: Path) -> Iterator[Problem]:
        for name in value:
            if name not in schema["properties"] and not name.startswith("x-"):
                hint = self.attributes.hint(path, name) or self.attributes.lone_service(path, value[name])
                yield Problem(path=(*path, name), summary="unknown attribute", hint=hint, at_key=True)

    def words_hint(self, schema: Schema, name: str) -> str:
        """Which words a missing attribute may have, where there are only a few."""
        words = self.words(schema.get("properties", {}).get(name, {}))
        return f"it is one of {', '.join(words)}" if words else ""

    # ---- kinds ----

    def wrong_kind(self, schema: Any, value: Any, path: Path) -> Problem:
        summary = f"expected {self.expected(schema)}, got {_shown(value)}"
        return Problem(path=path, summary=summary, hint=self.kind_hint(schema, value, path))

    def kind_hint(self, schema: Any, value: Any, path: Path) -> str:
        """What was probably meant by a value of the wrong kind."""
        if missing := self.attributes.missing_service(path):
            return missing
        kinds = self.kinds(schema)
        if path == ("version",):
            return "it means nothing any more: leave it out"
        match value:
            case None if len(path) == 2 and path[0] == "services":
                return "give it an image or a build"
            case None:
                return "leave it out, or give it a value"
            case False if "string" in kinds and "no" in self.words(schema):
                return 'did you mean "no"?'
            case list() if "object" in kinds:
                return self.names_hint(schema, value) or self.only_list_hint(schema)
            case dict() if "array" in kinds and value and all(self.attributes.has((*path, 0), key) for key in value):
                return 'it is an entry of a list: put "- " before it'
            case dict() if self.is_list_of_text(schema) and len(value) == 1:
                [(name, below)] = value.items()
                scalar = below is not None and not isinstance(below, dict | list)
                return f'did you mean a list, ["{name}:{_text(below)}"]?' if scalar else ""
            case dict() if "string" in kinds and len(value) == 1 and path and isinstance(path[-1], int):
                return self.dashes_hint(value, path) or _entry_hint(
                    value, "=" if self.attributes.takes_pairs(path) else ":"
                )
            case str() if "array" in kinds and "string" not in kinds and re.match(r"-[^\s-]", value):
                return f'a space follows the dash of an entry: "- {value[1:]}"'
            case str() if "array" in kinds and "string" not in kinds:
                return f"did you mean a list, [{_quoted(value)}]?"
            case int() | float() if "array" in kinds and not kinds & {"object", "string"}:
                return f"did you mean a list, [{_quoted(value)}]?"
            case bool() if self.resolved(schema) is self.definitions["duration"]:
                return ""
            case int() | float() if self.resolved(schema) is self.definitions["duration"]:
                return f'did you mean "{value}s"?'
            case str() if "condition" in self.resolved(schema).get("properties", {}):
                return f"did you mean {{condition: {value}}}?"
            case str() if len(path) == 2 and path[0] == "services" and self.attributes.has(path, value.split(" ")[0]):
                return f'did you mean "{value.replace(" ", ": ", 1)}"?' if " " in value else f'did you mean "{value}:"?'
            case str() if kinds == {"object"} and (only := self.only_text(schema)):
                return f'did you mean it for "{only}"?'
            case str() | int() | float() if kinds == {"object", "null"}:
                return "leave the value out, or put attributes below the name"
            case float() if self.resolved(schema) is self.definitions["size"]:
                return f'give it a unit, as in "{value}g"'
            case int() | float() if "string" in kinds and not kinds & {"boolean", "integer"} and not self.words(schema):
                return f'put it in quotes: "{_text(value)}"'
            case _:
                return ""

    def only_list_hint(self, schema: Any) -> str:
        """For a list in place of a mapping of which one attribute is a list: `healthcheck: [CMD, true]`."""
        properties = self.resolved(schema).get("properties", {})
        lists = [name for name, below in properties.items() if self.kinds(below) & {"array", "object"} == {"array"}]
        return f'did you mean it for "{lists[0]}"?' if len(lists) == 1 else ""

    def names_hint(self, schema: Any, value: list[Any]) -> str:
        """For `- web:` where names are keys."""
        schema = self.resolved(schema)
        if not isinstance(schema.get("additionalProperties"), dict) or not value:
            return ""
        first = next(iter(value[0]), None) if isinstance(value[0], dict) else value[0]
        return f'names are keys here: write "{first}:" without the dash' if isinstance(first, str) else ""

    def dashes_hint(self, entry: dict[str, Any], path: Path) -> str:
        """For `- db: {condition: ...}` where either names are listed or a mapping has them as keys."""
        [(name, below)] = entry.items()
        place = (*path[:-1], name)
        if isinstance(below, dict) and below and all(self.attributes.has(place, key) for key in below):
            return f'only plain names are listed with dashes: write "{name}:" without one'
        return ""

    def is_list_of_text(self, schema: Any) -> bool:
        """Whether `schema` is a list of texts that have a colon in them."""
        branches = self.resolved(schema).get("items", {}).get("anyOf", ())
        parts = [self.definitions[name] for name in ("port", "mount", "device")]
        return any(self.resolved(branch) is part for branch in branches for part in parts)

    def only_text(self, schema: Any) -> str:
        """The attribute of a mapping that a lone text was meant for: `healthcheck: curl -f ...`."""
        properties = self.resolved(schema).get("properties", {})
        mixed = [name for name, below in properties.items() if self.kinds(below) >= {"string", "array"}]
        return mixed[0] if len(mixed) == 1 else ""

    def words(self, schema: Any) -> list[str]:
        """The words to choose from, where `schema` has a choice of words."""
        branches = [self.resolved(branch) for branch in self.resolved(schema).get("anyOf", ())]
        return [word for branch in branches for word in branch.get("enum", ())]

    def kinds(self, schema: Any) -> set[str]:
        """The kinds of value that `schema` has something to say of."""
        schema = self.resolved(schema)
        if "enum" in schema:
            return {"string"}
        if "anyOf" in schema:
            return {kind for branch in schema["anyOf"] for kind in self.kinds(branch)}
        said = schema.get("type", ())
        kinds = {said} if isinstance(said, str) else set(said)
        return kinds | {"integer"} if "number" in kinds else kinds

    def expected(self, schema: Any) -> str:
        """The kinds that `schema` wants, to follow the word "expected"."""
        schema = self.resolved(schema)
        if id(schema) in self.shared:
            return str(schema["title"])
        if "enum" in schema:
            return "one of " + _alternatives(f'"{word}"' for word in schema["enum"])
        if "pattern" in schema:
            return str(schema["title"])
        if "anyOf" in schema:
            return _alternatives(self.expected(branch) for branch in schema["anyOf"] if self.kinds(branch))
        said = schema["type"]
        kinds = [said] if isinstance(said, str) else [kind for kind in said if kind != "null"]
        return _alternatives(_KINDS[kind] for kind in kinds)

    def resolved(self, schema: Any) -> Schema:
        """The schema that a reference leads to; nothing may stand where `false` does."""
        if schema is False:
            return {}
        if "$ref" in schema:
            return self.resolved(self.definitions[schema["$ref"].rpartition("/")[2]])
        return schema  # type: ignore[no-any-return]


def _meant(word: str, words: list[str]) -> str | None:
    """The word that was meant: a very near one, or one of which it is a part."""
    near = nearest(word, words)
    return near if near and (word in near or near in word or alike(word, near) >= 0.7) else None


def _alternatives(phrases: Iterable[str]) -> str:
    *others, last = dict.fromkeys(phrases)
    return f"{', '.join(others)} or {last}" if others else last


def _entry_hint(entry: dict[str, Any], separator: str) -> str:
    """For `- NAME: VALUE` in a list of strings."""
    [(name, value)] = entry.items()
    if value is None or isinstance(value, dict | list):
        return "a colon at the end makes a mapping: put the entry in quotes"
    return f'did you mean "{name}{separator}{_text(value)}"?'


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _shown(value: Any) -> str:
    """A value, to follow the word "got"."""
    match _kind(value):
        case "string":
            return f"a string {_quoted(value)}"
        case "integer" | "number":
            return f"the number {_text(value)}"
        case "boolean":
            return _text(value)
        case kind:
            return _KINDS[kind]


def _quoted(value: Any) -> str:
    text = _text(value).replace("\n", "\\n")
    return f'"{text[:40]}..."' if len(text) > 43 else f'"{text}"'


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
