"""The schema, which editors read, and the loader accept the same files, as far as shapes go."""

import copy
import random
import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from minicompose.diagnostic import Diagnostic
from minicompose.fields import STACK_FILE, Form, Many, Record, Table
from minicompose.model import Node, SourcePos
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.pathtext import steps_of
from minicompose.stackfile.schema import plain, schema, validate
from minicompose.stackfile.verdict import Verdicts
from tests.stackfile.documents import Documents, spoilt

SCHEMA = schema()
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
VERDICTS = Verdicts(SCHEMA)
DOCUMENTS = Documents(SCHEMA)
SERVICE = SCHEMA["$defs"]["service"]["properties"]

seeded = settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


def refusals(form: Form) -> set[str]:
    """What is said of attributes that cannot be carried out."""
    match form:
        case Record():
            own = {f"`{field.name}` {field.refused}" for field in form.fields if field.refused}
            return own.union(*(refusals(field.form) for field in form.fields))
        case Many() | Table():
            return refusals(form.item)
        case _:
            return set()


# What the loader refuses and the schema cannot: the whole list, each with an example.
BEYOND_THE_SCHEMA = {
    "ports are counted": (r"published ports do not match", {"ports": ["8000-8001:80-82"]}),
    "a range has a direction": (r"ends before it begins", {"ports": ["81-80"]}),
    "an IPv6 address has a grammar": (r"is not an IP address", {"ports": ["1:2::3::4:80:80"]}),
    "engines count with sixty-four bits": (r"is too large", {"pids_limit": "9999999999999999999"}),
}
CANNOT_BE_CARRIED_OUT = refusals(STACK_FILE)


def node_of(value: Any, key: SourcePos | None = None) -> Node:
    here = SourcePos("stack.yaml", 1, 1)
    if isinstance(value, dict):
        value = {name: node_of(below, here) for name, below in value.items()}
    elif isinstance(value, list):
        value = [node_of(below) for below in value]
    return Node(value, here, key)


def loaded(document: Any) -> list[str]:
    """What the loader finds wrong with the shapes in `document`."""
    root = node_of(document)
    found: list[Diagnostic] = []
    validate(root, found.append)
    canonical(root, found.append, {steps_of(root, problem.path) for problem in found})
    errors = [problem.summary for problem in found if problem.severity == "error"]
    return [summary for summary in errors if summary not in CANNOT_BE_CARRIED_OUT]


def only_beyond(errors: list[str]) -> bool:
    return all(any(re.search(words, error) for words, _ in BEYOND_THE_SCHEMA.values()) for error in errors)


def agree(document: Any) -> None:
    root = node_of(document)
    assert VERDICTS.accepts(root) == VALIDATOR.is_valid(plain(root)), document
    errors = loaded(document)
    if VALIDATOR.is_valid(document):
        assert only_beyond(errors), (document, errors)
    else:
        assert errors, document


@pytest.mark.parametrize("name", SERVICE)
@seeded
@given(data=st.data())
def test_an_attribute_is_accepted_or_refused_by_both(name: str, data: st.DataObject) -> None:
    document = {"services": {"web": {"image": "web", name: data.draw(DOCUMENTS.of(SERVICE[name]))}}}

    assert VALIDATOR.is_valid(document)
    agree(document)
    agree(data.draw(spoilt(copy.deepcopy(document))))


@pytest.mark.parametrize("section", [name for name in SCHEMA["properties"] if name != "services"])
@settings(seeded, max_examples=20)
@given(data=st.data())
def test_a_section_is_accepted_or_refused_by_both(section: str, data: st.DataObject) -> None:
    document = {section: data.draw(DOCUMENTS.of(SCHEMA["properties"][section]))}

    agree(document)
    agree(data.draw(spoilt(copy.deepcopy(document))))


@settings(seeded, max_examples=60)
@given(data=st.data())
def test_a_file_is_accepted_or_refused_by_both(data: st.DataObject) -> None:
    document = data.draw(DOCUMENTS.of(SCHEMA))

    agree(document)
    agree(data.draw(spoilt(copy.deepcopy(document) or {"name": "a"})))


# Where a text of each shape may stand in a service, and what such texts are made of.
TEXTS = {
    "boolean": ("init", ["true", "yes", "On", "n", "tru", " ", "\n", "1"]),
    "integer": ("pids_limit", ["0", "12", "-", "+", ".", " ", "e", "\u0665", "\n"]),
    "number": ("cpus", ["0", "12", "-", "+", ".", "e", "E", "_", " ", "\n"]),
    "microseconds": ("cpu_rt_period", ["0", "12", "-", "us", "ms", ".", " "]),
    "duration": ("stop_grace_period", ["0", "12", "-", "+", ".", "h", "m", "s", "ms", "us", "w", " ", "\n"]),
    "size": ("mem_limit", ["0", "12", "-", "+", ".", "e3", "k", "M", "gi", "b", "B", " ", "\n"]),
    "port": (
        "ports",
        ["0", "80", "65535", "65536", "9", "-", ":", ":", "/tcp", "/UDP", "/", "1.2.3.4", "[::1]", "[", " ", "\n"],
    ),
    "mount": ("volumes", ["a", "C", "/x", "\\x", ":", ":", "ro", ",", " ", "\n"]),
    "device": ("devices", ["/a", "b", ":", ":", "rw", "\n"]),
    "port_number": ("ports", ["0", "80", "6553", "5", "6", "+", "-", " ", "\n"]),
    "host_address": ("extra_hosts", ["a", "b", "=", ":", ",", "1.2.3.4", "[::1]", " ", "\n"]),
    "variable": ("environment", ["A", "=", " ", "\t", "\n", "b"]),
    "pair": ("labels", ["A", "=", " ", "\t", "\n", "b"]),
    "command_line": ("command", ["a", " ", "'", '"', "\\", "\n", "$"]),
}


@pytest.mark.parametrize("shape", TEXTS)
def test_a_text_is_accepted_or_refused_by_both(shape: str) -> None:
    """Nothing but the stage that reads such texts says what is wrong with one."""
    name, parts = TEXTS[shape]
    chance = random.Random(f"texts of {shape}")
    schema = SERVICE[name]
    many = DOCUMENTS.resolved(schema).get("type") == "array" or name in ("environment", "labels", "extra_hosts")

    for _ in range(500):
        text = "".join(chance.choices(parts, k=chance.randint(0, 6)))
        value: Any = {"target": text} if shape == "port_number" else text
        document = {"services": {"web": {"image": "web", name: [value] if many else value}}}
        errors: list[Diagnostic] = []
        canonical(node_of(document), errors.append)
        refused = [problem.summary for problem in errors if problem.severity == "error"]

        assert only_beyond(refused) if VALIDATOR.is_valid(document) else refused, (text, refused)
        assert VERDICTS.accepts(node_of(document)) == VALIDATOR.is_valid(document), text


@pytest.mark.parametrize(("words", "service"), BEYOND_THE_SCHEMA.values(), ids=BEYOND_THE_SCHEMA)
def test_what_only_the_loader_can_see(words: str, service: dict[str, Any]) -> None:
    document = {"services": {"web": {"image": "web", **service}}}

    assert VALIDATOR.is_valid(document)
    assert [re.search(words, error) is not None for error in loaded(document)] == [True]
