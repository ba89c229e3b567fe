"""From a canonical tree to the `Stack` that the rest of the program works with."""

import re
from collections.abc import Callable, Collection, Set
from typing import Any, TypeVar

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.model import (
    ByteSize,
    Config,
    Duration,
    FileMode,
    Model,
    Network,
    Node,
    Path,
    Service,
    Stack,
    Variables,
    Volume,
)
from minicompose.regex import regex
from minicompose.stackfile.normalise import completed, normalised
from minicompose.stackfile.paths import absolute_paths
from minicompose.stackfile.pathtext import path_text
from minicompose.stackfile.profiles import enabled_services
from minicompose.stackfile.scope import home_of

Report = Callable[[Diagnostic], None]

_Part = TypeVar("_Part", Service, Network, Volume, Config, Model)
_AT = regex(r"(.*?) - at `\$\.?([^`]*)`")


def build_stack(
    root: Node,
    *,
    name: str,
    directory: str,
    variables: Variables,
    report: Report,
    files: tuple[str, ...] = (),
    profiles: Collection[str] = (),
    named: Collection[str] = (),
    name_derived: bool = False,
    separator: str = "-",
    refused: Set[Path] = frozenset(),
    normalise: bool = True,
    resolve_paths: bool = True,
) -> Stack:
    """The stack that the canonical tree `root` declares, with everything that it implies.

    `directory` is the absolute project directory, `variables` are those of interpolation (the home
    directory among them), `profiles` the active ones, `named` the services that are asked for by name,
    with their profiles. `refused` holds the paths about which problems have been reported already.
    Without `normalise` nothing that is implied is added: no network, no dependency, no names for the
    engine; without `resolve_paths` relative paths stay. Only printing can do with either.
    """
    root = completed(root)
    if normalise:
        root = normalised(root, name, variables)
    if resolve_paths:
        root = absolute_paths(root, directory, home_of(variables.values))
    part = _Builder(root, report, refused)
    services = part.table("services", Service)
    enabled = enabled_services(services, profiles, named)
    return Stack(
        name=name,
        services={key: service for key, service in services.items() if key in enabled},
        disabled={key: service for key, service in services.items() if key not in enabled},
        networks=part.table("networks", Network),
        volumes=part.table("volumes", Volume),
        configs=part.table("configs", Config),
        secrets=part.table("secrets", Config),
        models=part.table("models", Model),
        extensions=_extensions(plain(root)) if any(key.startswith("x-") for key in root.value) else None,
        files=files,
        directory=directory,
        name_derived=name_derived,
        separator=separator,
        root=root,
    )


def plain(node: Node) -> Any:
    """The value of `node` without places."""
    value = node.value
    if type(value) is dict:
        return {key: plain(child) for key, child in value.items()}
    if type(value) is list:
        return [plain(child) for child in value]
    return value


class _Builder:
    """Turns the sections of a tree into tables of structs."""

    def __init__(self, root: Node, report: Report, refused: Set[Path]) -> None:
        self._root = root
        self._report = report
        self._refused = refused

    def table(self, section: str, kind: type[_Part]) -> dict[str, _Part]:
        node = self._root.value.get(section)
        entries = node.value.items() if node is not None and isinstance(node.value, dict) else ()
        return {key: self._part((section, key), child, kind) for key, child in entries}

    def _part(self, path: Path, node: Node, kind: type[_Part]) -> _Part:
        """One service or resource; an attribute that does not fit is reported and left out."""
        values = plain(node) or {}
        extensions = _extensions(values)
        if kind is Service:
            values["name"] = path[-1]
        if extensions:
            values["extensions"] = extensions
        while True:
            try:
                return msgspec.convert(values, kind, dec_hook=_own_scalar)
            except msgspec.ValidationError as error:
                attribute = self._complain(path, node, str(error))
                if attribute not in values:
                    raise
                del values[attribute]

    def _complain(self, path: Path, node: Node, message: str) -> str:
        """Report what msgspec found wrong; returns the attribute in which it is."""
        found = _AT.fullmatch(message)
        summary, inside = (found[1], found[2]) if found else (message, "")
        attribute = re.split(r"[.\[]", inside, maxsplit=1)[0]
        place = node.value.get(attribute, node) if isinstance(node.value, dict) else node
        here = (*path, attribute)
        if not any(_meet(here, other) for other in self._refused):
            text = f"{path_text(path)}.{inside}"
            self._report(Diagnostic(severity="error", pos=place.pos, summary=summary, path=text))
        return attribute


def _meet(one: Path, other: Path) -> bool:
    """Whether one of the paths lies below the other."""
    return all(a == b for a, b in zip(one, other, strict=False))


def _extensions(values: dict[str, Any]) -> dict[str, Any] | None:
    return {key: value for key, value in values.items() if key.startswith("x-")} or None


def _own_scalar(kind: type, value: Any) -> Any:
    """The `dec_hook` for our scalar types: the canonical tree already holds them."""
    if kind in (Duration, ByteSize, FileMode) and isinstance(value, int):
        return kind(value)
    raise ValueError(f"{value!r} is no {kind.__name__}")
