"""Paths in a tree as people write them, and back: `services.web.ports[0]`."""

import itertools

from minicompose.model import Node, Path
from minicompose.regex import regex

_END = regex(r"[.\[]|\Z")  # of a step
_MOST_ENDS = 2000  # as many as a path can have whose steps are no longer than keys may be


def path_text(path: Path) -> str:
    """A path as messages show it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def steps_of(root: Node, text: str) -> Path:
    """The path that `text` writes; keys may hold dots and brackets, so `root` is asked which there are."""
    steps: list[str | int] = []
    node: Node | None = root
    rest = text
    while rest:
        step, rest = _first(node.value if node is not None else None, rest)
        steps.append(step)
        node = child(node, step) if node is not None else None
    return tuple(steps)


def node_at(root: Node, path: Path) -> Node:
    """The node of `root` at `path`, or the last one on the way to it."""
    node = root
    for step in path:
        below = child(node, step)
        if below is None:
            break
        node = below
    return node


def child(node: Node, step: str | int) -> Node | None:
    """What stands at the key or index `step` of `node`."""
    inside = node.value
    if isinstance(inside, list):
        return inside[step] if isinstance(step, int) and step < len(inside) else None
    return inside.get(step) if isinstance(inside, dict) else None


def _first(value: object, text: str) -> tuple[str | int, str]:
    """The first step of `text` into `value`, and the rest."""
    index, bracket, after = text.removeprefix("[").partition("]")
    if text.startswith("[") and bracket and index.isdecimal():
        return int(index), after.removeprefix(".")
    keys = value if isinstance(value, dict) else ()
    ends = [match.start() for match in itertools.islice(_END.finditer(text), _MOST_ENDS)] if keys else []
    known = next((text[:end] for end in reversed(ends) if end and text[:end] in keys), None)
    step = known or text.partition(".")[0]
    return step, text[len(step) :].removeprefix(".")
