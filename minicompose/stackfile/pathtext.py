"""Paths in a tree as people write them, and back: `services.web.ports[0]`."""

import itertools
import re

from minicompose.model import Node, Path

_END = re.compile(r"[.\[]|\Z")  # of a step
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
    value, rest = root.value, text
    while rest:
        step, rest = _first(value, rest)
        steps.append(step)
        value = _below(value, step)
    return tuple(steps)


def node_at(root: Node, path: Path) -> Node:
    """The node of `root` at `path`, or the last one on the way to it."""
    node = root
    for step in path:
        inside = dict(enumerate(node.value)) if isinstance(node.value, list) else node.value
        if not isinstance(inside, dict) or step not in inside:
            break
        node = inside[step]
    return node


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


def _below(value: object, step: str | int) -> object:
    if isinstance(value, dict) and step in value:
        return value[step].value
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step].value
    return None
