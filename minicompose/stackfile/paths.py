"""The paths of a canonical tree, made absolute against the project directory."""

import os.path
from collections.abc import Callable

from minicompose.model import Node
from minicompose.stackfile.short import is_windows_path

_Change = Callable[[Node], Node]


def absolute_paths(root: Node, directory: str, home: str) -> Node:
    """`root` with every path that the specification reads relative to the project made absolute.

    `home` is what `~` stands for; empty where it is not known, and `~` is then left alone.
    """

    def path(node: Node) -> Node:
        return _text(node, absolute(node.value, directory, home))

    def context(node: Node) -> Node:
        return node if is_remote(node.value) else path(node)

    def bind(node: Node) -> Node:
        return change_at(node, ("source",), path) if node.value["type"].value == "bind" else node

    def local_bind(node: Node) -> Node:
        return change_at(node, ("driver_opts", "device"), path) if _binds_a_directory(node) else node

    places: tuple[tuple[tuple[str, ...], _Change], ...] = (
        (("build", "context"), context),
        (("build", "additional_contexts", "*"), context),
        (("env_file", "*", "path"), path),
        (("label_file", "*"), path),
        (("volumes", "*"), bind),
        (("develop", "watch", "*", "path"), path),
    )

    def service(node: Node) -> Node:
        for steps, change in places:
            if isinstance(node.value, dict) and steps[0] in node.value:
                node = change_at(node, steps, change)
        return node

    root = change_at(root, ("services", "*"), service)
    root = change_at(root, ("volumes", "*"), local_bind)
    root = change_at(root, ("configs", "*", "file"), path)
    return change_at(root, ("secrets", "*", "file"), path)


def absolute(path: str, directory: str, home: str) -> str:
    """`path` as seen from `directory`; `..` is resolved by its text, not by what is there."""
    if home and (path == "~" or path.startswith(("~/", "~\\"))):
        return os.path.normpath(home + path[1:])
    if not path or path.startswith(("/", "~")) or is_windows_path(path):
        return path
    return os.path.normpath(os.path.join(directory, path))  # noqa: PTH118 (pathlib is on no fast path)


def is_remote(context: str) -> bool:
    """Whether a build context is a URL, a repository or another service, and so no path."""
    return "://" in context or context.startswith(("git@", "github.com/", "service:"))


def change_at(node: Node, steps: tuple[str, ...], change: _Change) -> Node:
    """`node` with `change` applied at the path `steps`, where "*" is every entry; the rest is shared."""
    if not steps:
        return change(node)
    first, rest = steps[0], steps[1:]
    inside = node.value
    if isinstance(inside, list) and first == "*":
        done = [change_at(child, rest, change) for child in inside]
        same = all(new is old for new, old in zip(done, inside, strict=True))
        return node if same else node.holding(done)
    if not isinstance(inside, dict):
        return node
    wanted = inside if first == "*" else {first: inside[first]} if first in inside else {}
    changes = {key: change_at(child, rest, change) for key, child in wanted.items()}
    if all(changes[key] is inside[key] for key in changes):
        return node
    return node.holding(inside | changes)


def _binds_a_directory(volume: Node) -> bool:
    """Whether the local driver is asked for a bind, whose device is then a path."""
    if not isinstance(volume.value, dict):
        return False
    driver, options = volume.value.get("driver"), volume.value.get("driver_opts")
    if options is None or (driver is not None and driver.value != "local"):
        return False
    mount = options.value.get("o")
    return mount is not None and "bind" in mount.value.split(",")


def _text(node: Node, text: str) -> Node:
    return node if text == node.value else node.holding(text)
