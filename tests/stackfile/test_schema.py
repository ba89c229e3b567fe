"""The schema: complete, described, and in step with the table of fields."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_never

import jsonschema
import msgspec
import pytest

from minicompose.diagnostic import Diagnostic
from minicompose.fields import STACK_FILE, Choice, Form, Kind, Many, Pairs, Record, Scalar, Table, Words
from minicompose.stackfile.schema import plain, schema_file, validate
from minicompose.stackfile.units import print_scalar
from minicompose.stackfile.yamltree import read_yaml

# As it is in the file, with the expressions that an editor sees.
SCHEMA: dict[str, Any] = msgspec.json.decode(Path(schema_file()).read_bytes())

# Every attribute of the Compose Specification, by its path: `[]` is a list's entry, `*` a free name.
SPECIFIED = Path(__file__).with_name("specification_attributes.txt").read_text().splitlines()

# What the specification allows beside the table of fields, because it is rewritten on the way.
REWRITTEN = [f"{section}.*.external.name" for section in ("configs", "networks", "secrets", "volumes")]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].removeprefix("#/$defs/")
    found: dict[str, Any] = SCHEMA["$defs"][name]
    return found


def described(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every attribute of the schema, by its path."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield from described(resolved(schema), path)
    for branch in schema.get("anyOf", ()):
        yield from described(branch, path)
    yield from described(schema.get("items"), f"{path}[]")
    yield from described(schema.get("additionalProperties"), f"{path}.*")
    for name, below in schema.get("properties", {}).items():
        here = f"{path}.{name}".removeprefix(".")
        yield here, below
        yield from described(below, here)


def demanded(schema: Any, path: str = "") -> Iterator[str]:
    """The attributes without which the mapping around them is refused, by their paths."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield from demanded(resolved(schema), path)
    for branch in schema.get("anyOf", ()):
        yield from demanded(branch, path)
    yield from demanded(schema.get("items"), f"{path}[]")
    yield from demanded(schema.get("additionalProperties"), f"{path}.*")
    yield from (f"{path}.{name}".removeprefix(".") for name in schema.get("required", ()))
    for name, below in schema.get("properties", {}).items():
        yield from demanded(below, f"{path}.{name}".removeprefix("."))


def required(form: Form, path: str = "") -> Iterator[str]:
    """The same of the table of fields."""
    match form:
        case Record():
            for field in form.fields:
                here = f"{path}.{field.name}".removeprefix(".")
                yield from [here] if field.required else []
                yield from required(field.form, here)
        case Many():
            yield from required(form.item, f"{path}[]")
        case Table():
            yield from required(form.item, f"{path}.*")


def declared(form: Form, path: str = "") -> Iterator[tuple[str, Form]]:
    """Every attribute of the table of fields, by its path."""
    match form:
        case Record():
            for field in form.fields:
                here = f"{path}.{field.name}".removeprefix(".")
                yield here, field.form
                yield from declared(field.form, here)
        case Many():
            yield from declared(form.item, f"{path}[]")
        case Table():
            yield from declared(form.item, f"{path}.*")
        case Scalar() | Words() | Pairs() | Choice():
            return
        case _:
            assert_never(form)  # type: ignore[arg-type]


IN_SCHEMA = dict(described(SCHEMA))
IN_FIELDS = dict(declared(STACK_FILE))


def problems(text: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    [root] = read_yaml(text, "stack.yaml", found.append)
    validate(root, found.append)
    return found


def test_it_is_a_json_schema_of_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_reference_leads_somewhere_and_every_definition_is_used() -> None:
    text = Path(schema_file()).read_text()

    used = {part.partition('"')[0] for part in text.split('"#/$defs/')[1:]}

    assert used == set(SCHEMA["$defs"])


@pytest.mark.parametrize("path", IN_SCHEMA)
def test_an_attribute_is_titled_and_described(path: str) -> None:
    attribute = IN_SCHEMA[path]

    assert attribute["title"][:1].isupper()
    assert len(attribute["description"]) > 10
    assert attribute["description"].endswith(".")


@pytest.mark.parametrize("name", SCHEMA["$defs"])
def test_a_shared_shape_is_titled_and_described(name: str) -> None:
    assert SCHEMA["$defs"][name]["title"]
    assert SCHEMA["$defs"][name]["description"].endswith(".")


@pytest.mark.parametrize("path", [path for path, attribute in IN_SCHEMA.items() if "examples" in attribute])
def test_an_example_is_valid(path: str) -> None:
    attribute = {**IN_SCHEMA[path], "$defs": SCHEMA["$defs"]}
    validator = jsonschema.Draft202012Validator(attribute)

    assert [example for example in attribute["examples"] if not validator.is_valid(example)] == []


@pytest.mark.parametrize("path", [path for path, attribute in IN_SCHEMA.items() if "default" in attribute])
def test_a_default_is_valid_and_is_the_one_described(path: str) -> None:
    attribute = {**IN_SCHEMA[path], "$defs": SCHEMA["$defs"]}
    default = attribute["default"]

    assert jsonschema.Draft202012Validator(attribute).is_valid(default)
    assert f"Default: {print_scalar(default)}" in attribute["description"]


def test_what_the_specification_deprecates_is_marked_and_says_what_to_do() -> None:
    deprecated = {path: each["description"] for path, each in IN_SCHEMA.items() if each.get("deprecated")}

    assert sorted(deprecated) == sorted([*REWRITTEN, "version"])
    assert all("removed" in text or "instead" in text for text in deprecated.values())


@pytest.mark.parametrize("name", [name for name, shape in SCHEMA["$defs"].items() if "examples" in shape])
def test_an_example_of_a_shared_shape_is_valid(name: str) -> None:
    shape = {**SCHEMA["$defs"][name], "$defs": SCHEMA["$defs"]}
    validator = jsonschema.Draft202012Validator(shape)

    assert [example for example in shape["examples"] if not validator.is_valid(example)] == []


def test_every_attribute_of_the_specification_is_there() -> None:
    assert sorted(set(SPECIFIED) - IN_SCHEMA.keys()) == []


def test_nothing_is_there_that_the_specification_does_not_have() -> None:
    assert sorted(IN_SCHEMA.keys() - set(SPECIFIED)) == []


def test_every_field_of_the_table_is_there() -> None:
    assert sorted(IN_FIELDS.keys() - IN_SCHEMA.keys()) == []


def test_every_attribute_is_a_field_of_the_table() -> None:
    anything = tuple(path for path, form in IN_FIELDS.items() if _holds_anything(form))
    inside = {
        path for path in IN_SCHEMA if path.startswith(tuple(f"{each}{sign}" for each in anything for sign in ".["))
    }

    assert sorted(IN_SCHEMA.keys() - IN_FIELDS.keys() - inside) == REWRITTEN


def _holds_anything(form: Form) -> bool:
    item = form.item if isinstance(form, Many) else form
    return isinstance(item, Scalar) and item.kind is Kind.ANY


def test_what_a_mapping_needs_is_what_the_table_says() -> None:
    demands = {path for path in demanded(SCHEMA) if path in IN_FIELDS}

    # A request for devices is the same record as in `gpus`, where nothing is needed.
    assert demands - set(required(STACK_FILE)) == {"services.*.deploy.resources.reservations.devices[].capabilities"}
    assert set(required(STACK_FILE)) - demands == set()


@pytest.mark.parametrize(
    ("path", "form"), [(path, form) for path, form in IN_FIELDS.items() if isinstance(form, Choice)]
)
def test_the_words_to_choose_from_are_those_of_the_table(path: str, form: Choice) -> None:
    branches = IN_SCHEMA[path]["anyOf"]

    words = {word for branch in branches for word in branch.get("enum", ())}

    assert words == set(form.words)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('cpus: "1.5", init: "true", scale: "2", pids_limit: "9"', id="text for numbers and booleans"),
        pytest.param("command: , entrypoint: ", id="null commands"),
        pytest.param("networks: {lan: }", id="null for a network"),
        pytest.param("deploy: , develop: ", id="null for deploy and develop"),
        pytest.param("environment: {A: 1, B: true, C: , D: 1.5}", id="scalars that are printed"),
        pytest.param("extra_hosts: {a: [1.2.3.4, 1.2.3.5], b: '::1'}", id="several addresses of a host"),
        pytest.param("x-note: [1]", id="extensions"),
        pytest.param("deploy: {resources: {x-note: 1}, x-note: 1}", id="extensions anywhere"),
        pytest.param("expose: [80, '81'], ports: [80, '81:81', {target: 82}]", id="ports as numbers"),
        pytest.param("pull_policy: every_1d12h, restart: 'on-failure:3'", id="words with a value in them"),
        pytest.param("restart: ''", id="an empty restart, as an unset variable makes it"),
        pytest.param("mem_limit: .inf", id="numbers that JSON does not have"),
    ],
)
def test_what_the_specification_allows_is_allowed(text: str) -> None:
    assert problems(f"services: {{web: {{image: web, {text}}}}}\n") == []


def test_names_of_services_may_begin_with_x() -> None:
    assert problems("services: {x-web: {image: web}}\n") == []


def test_an_expression_is_for_editors_only() -> None:
    text = "services: {web: {image: web, restart: '$${POLICY}'}}\n"

    assert jsonschema.Draft202012Validator(SCHEMA).is_valid({"services": {"web": {"restart": "${POLICY}"}}})
    assert [problem.path for problem in problems(text.replace("$$", "$"))] == ["services.web.restart"]


def test_a_sound_file_needs_no_explaining() -> None:
    code = """
        import sys
        from minicompose.stackfile.schema import validate
        from minicompose.stackfile.yamltree import read_yaml
        [root] = read_yaml("services: {web: {image: web}}", "stack.yaml", print)
        validate(root, print)
        print(*sorted({"jsonschema", "difflib"} & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", _unindented(code)], capture_output=True, text=True, check=True)

    assert done.stdout == "\n"


def _unindented(code: str) -> str:
    return "\n".join(line.strip() for line in code.splitlines())


def test_the_plain_tree_is_the_tree_without_places() -> None:
    [root] = read_yaml("a: [1, x, {b: , c: 1.5}]\n", "stack.yaml", print)

    assert plain(root) == {"a": [1, "x", {"b": None, "c": 1.5}]}
