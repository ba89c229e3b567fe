"""The paths of a tree, made absolute against the directory that they refer to."""

import os.path
from collections.abc import Callable

from minicompose.fields import PAIRS, VARIABLES, Form, Short
from minicompose.model import Node
from minicompose.stackfile import short
from minicompose.stackfile.expressions import is_hidden

_Change = Callable[[Node], Node]


def absolute_paths(root: Node, directory: str, home: str) -> Node:
    """`root` with every path that the specification reads relative to the project made absolute.

    The tree may hold short forms; those with a path in them are long in the result. `home` is what `~`
    stands for; empty where it is not known, and `~` is then a name like any other.
    """

    def path(node: Node) -> Node:
        return node.holding(absolute(node.value, directory, home)) if isinstance(node.value, str) else node

    def context(node: Node) -> Node:
        return path(node) if isinstance(node.value, str) and not is_remote(node.value) else node

    def build(node: Node) -> Node:
        if not isinstance(node.value, dict):
            return context(node)
        node = change_at(change_at(node, ("context",), context), ("additional_contexts",), contexts)
        return change_at(node, ("ssh",), keys)

    def contexts(node: Node) -> Node:
        return change_at(_long(node, PAIRS), ("*",), context)

    def keys(node: Node) -> Node:
        return change_at(_long(node, VARIABLES), ("*",), path)

    def env_file(node: Node) -> Node:
        return change_at(node, ("path",), path) if isinstance(node.value, dict) else path(node)

    def each(change: _Change) -> _Change:
        """For a list, or for one entry that stands for a list."""
        return lambda node: change_at(node, ("*",), change) if isinstance(node.value, list) else change(node)

    def mount(node: Node) -> Node:
        long = _long_mount(node)
        if long is None:
            return node
        bind = change_at(long, ("source",), path)
        return bind if isinstance(node.value, dict) or not _has_hidden_options(node) else _still_short(node, long, bind)

    places: tuple[tuple[str, _Change], ...] = (
        ("build", build),
        ("env_file", each(env_file)),
        ("label_file", each(path)),
        ("volumes", each(mount)),
        ("develop", lambda node: change_at(node, ("watch", "*", "path"), path)),
    )

    def service(node: Node) -> Node:
        for attribute, change in places:
            if isinstance(node.value, dict) and attribute in node.value:
                node = change_at(node, (attribute,), change)
        return node

    def local_bind(node: Node) -> Node:
        return change_at(node, ("driver_opts", "device"), path) if _binds_a_directory(node) else node

    root = change_at(root, ("services", "*"), service)
    root = change_at(root, ("volumes", "*"), local_bind)
    root = change_at(root, ("configs", "*", "file"), path)
    return change_at(root, ("secrets", "*", "file"), path)


def _long_mount(node: Node) -> Node | None:
    """A bind, its short form made long. None for what is no bind or cannot be read; what is wrong is said later."""
    if isinstance(node.value, str):
        try:
            (node,) = short.ENTRIES[Short.MOUNT](node, lambda *_remark: None)
        except short.BadValue:
            return None
    return node if _is(node, "type", "bind") else None


def _has_hidden_options(node: Node) -> bool:
    """Whether an expression stands for options of the short form: they would be lost in the long one."""
    return node.value.count(":") > 1 and is_hidden(node.value.rpartition(":")[2])


def _still_short(node: Node, long: Node, bind: Node) -> Node:
    """The short form `node` with the source that `bind` has."""
    source = long.value["source"].value
    return node.holding(bind.value["source"].value + node.value[len(source) :])


def _long(node: Node, form: Form) -> Node:
    try:
        return short.long_form(node, form)
    except short.BadValue:
        return node


def _is(node: Node, attribute: str, word: str) -> bool:
    """Whether `node` is a mapping whose `attribute` is `word`."""
    return isinstance(node.value, dict) and attribute in node.value and node.value[attribute].value == word


def absolute(path: str, directory: str, home: str) -> str:
    """`path` as seen from `directory`; `..` is resolved by its text, not by what is there.

    `~name` is `~/name`, as in the reference, and no user's home directory.
    """
    if home and path.startswith("~"):
        path, directory = path[1:].lstrip("/\\"), os.path.join(directory, home)  # noqa: PTH118 (see below)
    elif not path or path.startswith("/") or short.is_windows_path(path):
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
    """Whether the local driver is asked, by its name, for a bind and nothing else: its device is then a path.

    In other cases the reference takes the device as it is written.
    """
    return _is(volume, "driver", "local") and _is(volume.value.get("driver_opts", volume), "o", "bind")
