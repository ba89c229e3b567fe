"""Documents as the schema describes them, and ones that went wrong in one place: hypothesis strategies.

Only what the schema of this project uses is understood; anything else is a `KeyError`, so that no part of
it goes untested unnoticed.
"""

from typing import Any

from hypothesis import strategies as st

Schema = Any
Strategy = st.SearchStrategy[Any]

_TEXT = st.text("abz09 .:/=-_+,@[]'\"\\\n%", max_size=8)
_NAMES = st.sampled_from(["a", "web", "data-1", "x-y"])
_INTEGERS = st.one_of(st.sampled_from([0, 1, -1, 80, 2**31, 2**63 - 1]), st.integers(-(2**64), 2**64))
_NUMBERS = _INTEGERS | st.floats(allow_nan=False, allow_infinity=False)
_SCALARS = st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXT)
_UNDERSTOOD = frozenset(
    (
        *("$ref", "additionalProperties", "anyOf", "const", "enum", "items", "maximum", "minimum", "pattern"),
        *("patternProperties", "prefixItems", "properties", "propertyNames", "required", "type"),
        *("$schema", "$id", "$comment", "$defs", "default", "deprecated", "description", "examples", "title"),
    )
)

ODD: Strategy = st.one_of(
    _SCALARS,
    st.sampled_from([[], {}, [None], [{}], ["a", "a"], {"a": None}, {"a": {}}, "yes", "80:80", "10s", "1.5", "0440"]),
    st.lists(_SCALARS, max_size=2),
    st.dictionaries(_NAMES, _SCALARS, max_size=2),
)
"""Values that hardly any place wants."""


class Documents:
    """What `schema` allows; a strategy for each part is made once."""

    def __init__(self, schema: Schema) -> None:
        self._definitions = schema["$defs"]
        self._made: dict[int, Strategy] = {}

    def of(self, schema: Schema) -> Strategy:
        if id(schema) not in self._made:
            self._made[id(schema)] = st.deferred(lambda: self._of(schema))
        return self._made[id(schema)]

    def resolved(self, schema: Schema) -> Schema:
        """`schema` with what its reference leads to; what it says itself comes first."""
        if isinstance(schema, bool) or "$ref" not in schema:
            return schema
        found = self.resolved(self._definitions[schema["$ref"].removeprefix("#/$defs/")])
        return found | schema if isinstance(found, dict) else found

    def _of(self, schema: Schema) -> Strategy:
        schema = self.resolved(schema)
        if isinstance(schema, bool):
            return _SCALARS if schema else st.nothing()  # an expression, where none may be left
        if not schema.keys() <= _UNDERSTOOD:
            raise KeyError(schema.keys() - _UNDERSTOOD)
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "anyOf" in schema:
            found = st.one_of([self.of(branch) for branch in schema["anyOf"] if self.resolved(branch) is not False])
        else:
            kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
            found = st.one_of([self._of_kind(kind, schema) for kind in kinds])
        bounded = "minimum" in schema or "maximum" in schema
        return found.filter(lambda value: _is_within(value, schema)) if bounded else found

    def _of_kind(self, kind: str, schema: Schema) -> Strategy:
        match kind:
            case "null":
                return st.none()
            case "boolean":
                return st.booleans()
            case "integer":
                return _INTEGERS
            case "number":
                return _NUMBERS
            case "string" if "pattern" in schema:
                return st.from_regex(schema["pattern"].replace("$", r"\Z"))
            case "string":
                return _TEXT
            case "array":
                return self._list(schema)
            case "object":
                return self._mapping(schema)
            case _:
                raise KeyError(kind)

    def _list(self, schema: Schema) -> Strategy:
        first = [self.of(item) for item in schema.get("prefixItems", ())]
        rest = st.lists(self.of(schema["items"]), max_size=2)
        return st.tuples(*first, rest).map(lambda parts: [*parts[:-1], *parts[-1]])

    def _mapping(self, schema: Schema) -> Strategy:
        if "properties" not in schema:
            names = self._of_kind("string", schema["propertyNames"]) if "propertyNames" in schema else _NAMES
            return st.dictionaries(names, self.of(schema["additionalProperties"]), max_size=2)
        return self._record(schema["properties"], schema.get("required", []))

    @st.composite
    @staticmethod
    def _drawn(draw: st.DrawFn, parts: dict[str, Strategy], required: list[str]) -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(sorted(parts)), max_size=3))
        return {name: draw(parts[name]) for name in dict.fromkeys([*required, *chosen])}

    def _record(self, properties: dict[str, Schema], required: list[str]) -> Strategy:
        parts = {name: self.of(below) for name, below in properties.items()} | {"x-note": _SCALARS}
        return self._drawn(parts, required)


def _is_within(value: Any, schema: Schema) -> bool:
    """Whether a number is within the bounds that `schema` has beside its choice of kinds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


@st.composite
def spoilt(draw: st.DrawFn, document: Any) -> Any:
    """`document` with one value replaced, left out or added."""
    here = document
    while True:
        steps = list(here) if isinstance(here, dict) else list(range(len(here)))
        below = [step for step in steps if isinstance(here[step], dict | list) and here[step]]
        if not below or draw(st.integers(0, 3)) == 0:
            break
        here = here[draw(st.sampled_from(below))]
    match draw(st.sampled_from(["replace", "replace", "leave out", "add"])):
        case "leave out" if steps:
            del here[draw(st.sampled_from(steps))]
        case "replace" if steps:
            here[draw(st.sampled_from(steps))] = draw(ODD)
        case _ if isinstance(here, dict):
            here[draw(st.sampled_from(["bogus", "x-more", "name", "image"]))] = draw(ODD)
        case _:
            here.append(draw(ODD))
    return document
