"""`config --explain`: the canonical file with the origin of each value beside it."""

from collections.abc import Iterator
from typing import Any

from minicompose.model import Node
from minicompose.stackfile.origins import brought, explained
from minicompose.stackfile.printed import to_yaml
from minicompose.stackfile.yamltree import read_yaml

_SECTIONS = ("services", "networks", "volumes", "configs", "secrets", "models")
_WIDEST = 60  # a longer line does not push the origins of all others to the right
_DEFAULT = "default"


def explained_yaml(data: dict[str, Any], root: Node) -> str:
    """`data`, which `printed` made of the stack with the tree `root`, as YAML with a comment on each value.

    It is the same file to whatever reads it.
    """
    text = to_yaml(data)
    (document,) = read_yaml(text, "", _no_problem)
    origins = dict(_origins(document, root, depth=0))
    lines = text.splitlines()
    width = max((len(line) for line in lines if len(line) <= _WIDEST), default=0)
    said = [
        f"{line:<{width}}  # {origins[number]}" if number in origins else line
        for number, line in enumerate(lines, start=1)
    ]
    return "\n".join(said) + "\n"


def _no_problem(_problem: object) -> None:
    """The text is our own."""


def _origins(printed: Node, source: Node | None, depth: int) -> Iterator[tuple[int, str]]:
    """The lines of what was printed at `printed`, each with the origin of its value; `source` is None for defaults."""
    inside = printed.value
    if not isinstance(inside, dict | list) or not inside:
        yield printed.pos.line if printed.key_pos is None else printed.key_pos.line, _one(source)
        return
    for key, child in inside.items() if isinstance(inside, dict) else enumerate(inside):
        below = _below(source, key)
        is_resource = depth == 1 and isinstance(child.value, dict) and bool(child.value)
        if is_resource and child.key_pos is not None:
            yield child.key_pos.line, brought(below) if below is not None else _DEFAULT
        yield from _origins(child, below, depth + 1)


def _one(source: Node | None) -> str:
    return explained(source) if source is not None else _DEFAULT


def _below(source: Node | None, key: str | int) -> Node | None:
    if source is None:
        return None
    inside = source.value
    if isinstance(inside, list):
        return inside[key] if isinstance(key, int) and key < len(inside) else None
    return inside.get(str(key).replace("$$", "$")) if isinstance(inside, dict) else None
