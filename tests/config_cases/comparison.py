"""When two outputs of `config` are the same: as data, but for differences that are none.

README.md lists those; `normalised` removes them from both sides.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import yaml

Data = dict[str, Any]

_RESOURCES = ("networks", "volumes", "secrets", "configs")


def parsed(kind: str, text: str) -> Any:
    """An output as data, by what the case says it is."""
    match kind:
        case "json":
            return json.loads(text)
        case "yaml":
            return yaml.safe_load(text)
        case "lines":
            return sorted(line.rstrip() for line in text.splitlines() if line.strip())
        case _:
            return text


def differences(kind: str, expected: Any, got: Any) -> list[str]:
    """What is missing from `got`, too much in it, or different, path by path."""
    if kind in ("json", "yaml"):
        expected, got = normalised(expected, kind), normalised(got, kind)
    return list(_differences(expected, got, ""))


def normalised(document: Any, kind: str) -> Any:
    """A copy of a `config` document without what may differ."""
    document = json.loads(json.dumps(document))
    if kind == "json":
        document = _without_extensions(document, top=True)
        document.pop("models", None)
    _drop_empty(document, *_RESOURCES, "models")
    for section in _RESOURCES:
        for name, resource in (document.get(section) or {}).items():
            document[section][name] = resource = resource or {}
            _drop_empty(resource, "ipam", "driver_opts", "labels")
    for service in document.get("services", {}).values():
        _normalise_service(service)
    return document


def _normalise_service(service: Data) -> None:
    for key in ("command", "entrypoint"):
        if service.get(key, ()) is None:  # an empty list says something else
            del service[key]
    service["networks"] = {name: network or {} for name, network in (service.get("networks") or {}).items()}
    _drop_empty(service, "environment", "labels", "depends_on", "networks")
    _in(service, "deploy", lambda deploy: _drop_empty(deploy, "resources", "placement"))
    _in(service, "build", _normalise_build)
    _in(service, "develop", _normalise_develop)
    _in(service, "extra_hosts", list.sort)
    for mount in service.get("volumes", ()):
        _drop_empty(mount, "volume", "bind", "tmpfs", "image")
    for rules in service.get("blkio_config", {}).values():
        if isinstance(rules, list):
            rules[:] = [{key.lower(): value for key, value in rule.items()} for rule in rules]


def _normalise_build(build: Data) -> None:
    _in(build, "ssh", list.sort)
    _in(build, "extra_hosts", list.sort)
    _drop_empty(build, "args", "labels")


def _normalise_develop(develop: Data) -> None:
    for rule in develop.get("watch", ()):
        _in(rule, "exec", lambda hook: _drop_empty(hook, "command"))
        _drop_empty(rule, "exec")


def _in(mapping: Data, key: str, change: Callable[[Any], None]) -> None:
    if mapping.get(key):
        change(mapping[key])


def _drop_empty(mapping: Data, *keys: str) -> None:
    for key in keys:
        if mapping.get(key, 0) in (None, {}):
            del mapping[key]


def _without_extensions(value: Any, *, top: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _without_extensions(below) for key, below in value.items() if top or not key.startswith("x-")}
    if isinstance(value, list):
        return [_without_extensions(below) for below in value]
    return value


def _differences(expected: Any, got: Any, path: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in sorted(expected.keys() | got.keys()):
            yield from _entry_differences(expected, got, key, f"{path}.{key}" if path else key)
    elif isinstance(expected, list) and isinstance(got, list):
        theirs, ours = dict(enumerate(expected)), dict(enumerate(got))
        for index in range(max(len(expected), len(got))):
            yield from _entry_differences(theirs, ours, index, f"{path}[{index}]")
    elif not _same(expected, got):
        yield f"differs: {path}: expected {json.dumps(expected)}, got {json.dumps(got)}"


def _entry_differences(expected: dict[Any, Any], got: dict[Any, Any], key: Any, path: str) -> Iterator[str]:
    if key not in got:
        yield f"missing: {path} = {json.dumps(expected[key])}"
    elif key not in expected:
        yield f"too much: {path} = {json.dumps(got[key])}"
    else:
        yield from _differences(expected[key], got[key], path)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float) and bool not in (type(one), type(other)):
        return math.isclose(one, other, rel_tol=1e-6)
    return type(one) is type(other) and bool(one == other)
