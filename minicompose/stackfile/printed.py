"""What `config` prints: the canonical stack as plain data, ready to be read as a stack file again."""

from typing import Any

import msgspec

from minicompose.fields import STACK_FILE, Form, Many, Record, Table
from minicompose.model import (
    Build,
    DeviceRate,
    DeviceWeight,
    Duration,
    FileMode,
    Node,
    Service,
    Stack,
    TmpfsOptions,
    UpdateConfig,
    encode_value,
)
from minicompose.stackfile.build import plain
from minicompose.stackfile.scalars import resolve

_SECTIONS = ("networks", "volumes", "configs", "secrets", "models")

# Attributes of which false, zero or empty is not the same as nothing said.
_SAID_THOUGH_EMPTY = frozenset(
    (
        "attach",
        "command",
        "count",
        "enable_ipv4",
        "enable_ipv6",
        "entrypoint",
        "hard",
        "init",
        "max_attempts",
        "parallelism",
        "replicas",
        "required",
        "retries",
        "scale",
        "soft",
    )
)
# Attributes that are not part of the stack file.
_NEVER = frozenset({"extensions", "sealed"})


def printed(stack: Stack, *, env_files: bool = False) -> dict[str, Any]:
    """The enabled services of `stack` and its resources as JSON data, every `$` doubled.

    Loading it gives the same stack. Contents of configs and secrets are never among it, but for
    those written in the stack file itself. With `env_files` the services name the files that their
    variables are still to be read from.
    """
    data: dict[str, Any] = {"name": stack.name}
    data["services"] = {name: _service(service) for name, service in stack.services.items()}
    for section in _SECTIONS:
        resources = getattr(stack, section)
        if resources:
            data[section] = {name: _written(each) for name, each in resources.items()}
    if env_files and stack.root is not None:
        for name, service in data["services"].items():
            service |= _env_files(stack.root.value["services"].value[name])
    if stack.root is not None:
        _add_extensions(data, stack.root, STACK_FILE)
    doubled: dict[str, Any] = _doubled(data)
    return doubled


def _env_files(service: Node) -> dict[str, Any]:
    """The `env_file` of a service, if it has one."""
    if "env_file" not in service.value:
        return {}
    return {"env_file": [{"required": True} | plain(entry) for entry in service.value["env_file"].value]}


def _service(service: Service) -> dict[str, Any]:
    data: dict[str, Any] = _written(service)
    del data["name"]
    for attribute in ("cpu_rt_period", "cpu_rt_runtime"):
        duration = getattr(service, attribute)
        if duration == 0:
            del data[attribute]
        elif duration is not None and duration % 1000 == 0:
            data[attribute] = duration // 1000
    return data


def _add_extensions(data: Any, node: Node, form: Form) -> None:
    """Put into `data`, which was made from the tree `node`, what the tree says in `x-*` attributes."""
    match form:
        case Record() if isinstance(data, dict) and isinstance(node.value, dict):
            data |= {key: plain(inside) for key, inside in node.value.items() if key.startswith("x-")}
            for field in form.fields:
                if field.name in data and field.name in node.value:
                    _add_extensions(data[field.name], node.value[field.name], field.form)
        case Table() if isinstance(data, dict) and isinstance(node.value, dict):
            for key in data.keys() & node.value.keys():
                _add_extensions(data[key], node.value[key], form.item)
        case Many() if isinstance(data, list) and isinstance(node.value, list):
            for entry, inside in zip(data, node.value, strict=False):
                _add_extensions(entry, inside, form.item)
        case _:
            pass


def _written(value: Any) -> Any:
    """A value as it is written in a stack file."""
    if isinstance(value, msgspec.Struct):
        return {
            name: _attribute(value, name, inside)
            for name in value.__struct_fields__
            if (inside := getattr(value, name)) is not None and _is_said(value, name, inside)
        }
    if isinstance(value, list | tuple):
        return [_written(inside) for inside in value]
    if isinstance(value, dict):
        return {key: _written(inside) for key, inside in value.items()}
    if type(value) in (str, int, float, bool, type(None)):
        return value
    return encode_value(value)


def _attribute(owner: msgspec.Struct, name: str, value: Any) -> Any:
    if isinstance(owner, Build) and name == "ssh":
        return [key if path is None else f"{key}={path}" for key, path in value.items()]
    if isinstance(owner, TmpfsOptions) and isinstance(value, FileMode):
        return int(value)  # the one mode that the specification wants as a number
    return _written(value)


def _is_said(owner: msgspec.Struct, name: str, value: Any) -> bool:
    if name in _NEVER:
        return False
    if isinstance(owner, DeviceRate | DeviceWeight) or isinstance(value, FileMode):
        return bool(value) or not isinstance(owner, TmpfsOptions)
    if isinstance(value, Duration):
        return bool(value) or not isinstance(owner, UpdateConfig)
    return bool(value) or isinstance(value, msgspec.Struct) or name in _SAID_THOUGH_EMPTY


def _doubled(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$", "$$") if "$" in value else value
    if isinstance(value, dict):
        return {_doubled(key): _doubled(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_doubled(inside) for inside in value]
    return value


def to_yaml(data: dict[str, Any]) -> str:
    """`data` as YAML that people read: block style, keys in their order, strings quoted where they must be."""
    import yaml  # only what prints YAML pays for its dumper

    class Dumper(yaml.SafeDumper):
        """Lists are indented below their key, and every value is written out where it is used."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
            super().increase_indent(flow, False)

        def ignore_aliases(self, _data: Any) -> bool:
            return True

    Dumper.add_representer(str, _represent_text)
    text: str = yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100_000)
    return text


def _represent_text(dumper: Any, text: str) -> Any:
    """Several lines as a block; quotes where our reader, or one of YAML 1.1, sees another kind of value."""
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    is_word = isinstance(resolve(text), str) and text.lower() not in ("y", "n")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_word else '"')
