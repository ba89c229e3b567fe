"""`include`: other projects' services and resources, added to the file that names them.

An included project has its own directory and `.env`; variables of the including one win.
"""

import functools
import os.path
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from minicompose.diagnostic import Diagnostic
from minicompose.digests import sha256
from minicompose.model import Node, Origin, Variables
from minicompose.stackfile.build import build_stack
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.dotenv import parse_dotenv, places_of
from minicompose.stackfile.merge import OVERRIDE, RESET
from minicompose.stackfile.paths import absolute, change_at
from minicompose.stackfile.pathtext import path_text
from minicompose.stackfile.scope import Scope, looked_up
from minicompose.stackfile.sizes import Sizes
from minicompose.stackfile.sources import Sources
from minicompose.stackfile.textfile import read_text

Report = Callable[[Diagnostic], None]

MOST_DEEP = 50  # files, each included by the one before
MOST_INCLUDED = 1000  # entries that are followed
MOST_BROUGHT = 450_000  # values that included projects hold, all together
MOST_SEEN = 500_000  # variables that included projects see, where they are not those of the one that includes them
MOST_COMPARED = 10_000  # definitions that say something else than another of the same name, and may mean the same

# Reads the sum of some files in a scope; the files that led to them come last.
Tree = Callable[[tuple[str, ...], Scope, tuple[str, ...]], Node | None]

_SECTIONS = ("services", "networks", "volumes", "configs", "secrets", "models")


class _Entry(msgspec.Struct, frozen=True):
    """One entry of `include`: `files` and `env_files` are texts, a `project_directory` of None is not said."""

    node: Node
    path: str
    files: tuple[Node, ...]
    env_files: tuple[Node, ...]
    project_directory: Node | None


class Including:
    """Follows the `include` of documents. The same project in the same variables is read once."""

    def __init__(self, sources: Sources, report: Report, tree: Tree) -> None:
        self._sources = sources
        self._report = report
        self._tree = tree
        self._followed = 0
        self._brought = 0
        self._seen = 0
        self._compared = 0
        self._is_full = False  # no more entries are followed, and why has been said
        self._done: dict[tuple[object, ...], Node | None] = {}

    def complete(self, document: Node, scope: Scope, chain: tuple[str, ...]) -> Node:
        """`document` with what it includes; `chain` are the files that led to it, itself the last."""
        include = document.value.get("include")
        if include is None or not isinstance(include.value, list):
            return document
        include = self._sources.named(include, scope.variables, ("include",))
        for index, node in enumerate(include.value):
            entry = _entry(node, f"include[{index}]")
            if entry is not None:
                document = self._with(document, entry, scope, chain)
        return document

    def _with(self, document: Node, entry: _Entry, scope: Scope, chain: tuple[str, ...]) -> Node:
        """`document` with the resources of one entry."""
        if self._is_full:
            return document
        files = tuple(absolute(node.value, scope.directory, scope.home) for node in entry.files)
        self._followed += 1
        if self._followed > MOST_INCLUDED:
            return self._with_no_more(document, entry, f"more than {MOST_INCLUDED:,} projects are included")
        if len(chain) > MOST_DEEP:
            self._error(entry.node, entry.path, f"files include each other more than {MOST_DEEP} deep")
            return document
        again = next((file for file in files if file in chain), None)
        if again is not None:
            shown = [self._sources.shown(file) for file in (*chain[chain.index(again) :], again)]
            self._error(entry.node, entry.path, f"the files include each other in a circle: {' -> '.join(shown)}")
            return document
        own = entry.project_directory
        directory = os.path.dirname(files[0]) if own is None else absolute(own.value, scope.directory, scope.home)  # noqa: PTH120
        variables = self._variables(entry, scope, directory)
        if self._seen > MOST_SEEN:
            summary = f"included projects have more than {MOST_SEEN:,} variables of their own"
            return self._with_no_more(document, entry, summary)
        root = self._read(files, scope, scope.inside(directory, variables), chain, entry)
        if self._brought > MOST_BROUGHT:
            return self._with_no_more(document, entry, f"what is included comes to more than {MOST_BROUGHT:,} values")
        if root is not None:
            document = self._added(document, root, entry, scope)
        if self._compared > MOST_COMPARED:
            summary = f"more than {MOST_COMPARED:,} services and resources are included in several ways"
            return self._with_no_more(document, entry, summary)
        return document

    def _with_no_more(self, document: Node, entry: _Entry, why: str) -> Node:
        """`document` as it is. What is not included cannot be judged."""
        if not self._is_full:
            self._is_full = self._sources.unread = True
            self._error(entry.node, entry.path, why)
        return document

    def _read(
        self, files: tuple[str, ...], outer: Scope, scope: Scope, chain: tuple[str, ...], entry: _Entry
    ) -> Node | None:
        """The tree of the included files, as it is seen from `outer`, with the variables that only they see."""
        known = (files, outer.directory, scope.directory, _digest(scope.variables))
        if known not in self._done:
            for file, node in zip(files, entry.files, strict=True):
                self._sources.documents(file, node, entry.path)
            root = self._tree(files, scope, chain)
            if root is not None:
                self._brought += Sizes().of(root)[0]
            if self._brought > MOST_BROUGHT:
                return None
            self._done[known] = root and outer.seen_from_here(
                _closed(root, self._sources.written(scope.variables)), scope.directory
            )
        return self._done[known]

    def _variables(self, entry: _Entry, scope: Scope, directory: str) -> Variables:
        """Those of the including project, over what the entry's env files or the directory's `.env` set."""
        outer = scope.variables
        files = [(absolute(node.value, scope.directory, scope.home), node) for node in entry.env_files]
        own = os.path.join(directory, ".env")  # noqa: PTH118 (pathlib is on no fast path)
        if not files and os.path.isfile(own):  # noqa: PTH113
            files = [(own, entry.node)]
        values: dict[str, str] = {}
        places = dict(outer.places)
        for path, node in files:
            shown = self._sources.shown(path)
            text = read_text(path, shown, functools.partial(self._unreadable, node, entry))
            if text is None:
                continue
            self._sources.texts[shown] = text
            self._seen += len(values.keys() | outer.values.keys())
            if self._seen > MOST_SEEN:
                break
            values |= parse_dotenv(text, shown, outer.values.get, self._report, values)
            places |= {name: place for name, place in places_of(text, shown).items() if name not in outer.values}
        self._seen += len(values)
        return Variables(values | outer.values, places) if values else outer

    def _added(self, document: Node, root: Node, entry: _Entry, scope: Scope) -> Node:
        added: dict[str, Node] = {}
        for name in _SECTIONS:
            theirs = root.value.get(name)
            if theirs is None or not isinstance(theirs.value, dict) or not theirs.value:
                continue
            own = document.value.get(name)
            if own is not None and not isinstance(own.value, dict | None):
                continue  # the schema complains of it
            inside = dict(own.value or {}) if own is not None else {}
            for key, node in theirs.value.items():
                if key not in inside:
                    inside[key] = _brought(node, entry)
                elif inside[key].tag == RESET:  # what earlier files say of it is gone before it is brought
                    inside[key] = replace(_brought(node, entry), tag=OVERRIDE)
                elif not self._alike(name, key, inside[key], node, scope):
                    self._conflict(name, key, inside[key], node, entry)
            added[name] = Node(inside, theirs.pos, theirs.key_pos) if own is None else own.holding(inside)
        return document.holding(document.value | added) if added else document

    def _alike(self, section: str, key: str, one: Node, other: Node, scope: Scope) -> bool:
        """Whether two definitions of a service or resource come to the same, seen from `scope`."""
        if _same(one, other):
            return True
        self._compared += 1
        if self._compared > MOST_COMPARED:
            return True  # it is said that there are too many
        return _meaning(section, key, one, scope) == _meaning(section, key, other, scope)

    # ---- problems ----

    def _conflict(self, section: str, key: str, own: Node, theirs: Node, entry: _Entry) -> None:
        what, where = section.removesuffix("s"), theirs.key_pos or theirs.pos
        self._report(
            Diagnostic(
                severity="error",
                pos=own.key_pos or own.pos,
                summary=f"this {what} conflicts with the one at {where}, which {entry.node.pos} includes",
                path=path_text((section, key)),
                hint="change what is included in an override file, not in the file that includes it",
                length=len(key),
            )
        )

    def _unreadable(self, node: Node, entry: _Entry, problem: Diagnostic) -> None:
        if problem.pos is None:
            self._error(node, entry.path, problem.summary, problem.hint)
        else:
            self._report(problem)

    def _error(self, node: Node, path: str, summary: str, hint: str = "") -> None:
        length = len(node.value) if isinstance(node.value, str) else 1
        self._report(
            Diagnostic(severity="error", pos=node.pos, summary=summary, path=path, hint=hint, length=length or 1)
        )


def _entry(node: Node, path: str) -> _Entry | None:
    """An entry in its long form; None for one of another shape, which the schema refuses."""
    if isinstance(node.value, str):
        return _Entry(node, path, (node,), (), None)
    if not isinstance(node.value, dict):
        return None
    inside = node.value
    files = _texts(inside.get("path"))
    env_files = _texts(inside.get("env_file"))
    directory = inside.get("project_directory")
    if not files or (directory is not None and not isinstance(directory.value, str)):
        return None
    return _Entry(node, path, files, env_files, directory if directory is not None and directory.value else None)


def _texts(node: Node | None) -> tuple[Node, ...]:
    """A text, or the texts of a list."""
    if node is None:
        return ()
    nodes = node.value if isinstance(node.value, list) else [node]
    return tuple(each for each in nodes if isinstance(each.value, str))


def _digest(variables: Variables) -> bytes:
    """What stands for all names and values."""
    return sha256(msgspec.msgpack.encode(sorted(variables.values.items()))).digest()


def _brought(node: Node, entry: _Entry) -> Node:
    bases = node.origin.bases if node.origin is not None else ()
    return Node(node.value, node.pos, node.key_pos, node.tag, Origin(bases=bases, include=entry.node.pos))


def _same(one: Node, other: Node) -> bool:
    """Whether the same is written in both: 1 is not true, and the order of keys is of no importance."""
    a, b = one.value, other.value
    if a is b:
        return True
    if a.__class__ is not b.__class__ or (isinstance(a, dict | list) and len(a) != len(b)):
        return False
    if isinstance(a, dict):
        return all(key in b and _same(inside, b[key]) for key, inside in a.items())
    if isinstance(a, list):
        return all(_same(*pair) for pair in zip(a, b, strict=True))
    return bool(a == b)


def _meaning(section: str, key: str, node: Node, scope: Scope) -> object:
    """What a definition comes to, whatever form it has: with its own defaults, and nothing that it implies."""
    stack = build_stack(
        canonical(Node({section: Node({key: node}, node.pos)}, node.pos), _nothing),
        name="",
        directory=scope.directory,
        variables=scope.variables,
        report=_nothing,
        profiles=("*",),
        normalise=False,
    )
    return getattr(stack, section).get(key)


def _nothing(_problem: Diagnostic) -> None:
    """What is wrong with a definition is said of the sum."""


def _closed(root: Node, seen: Variables) -> Node:
    """`root` with what only the included project knows: that its builds lie with it, and its own variables.

    A variable without a value in `environment` gets it here. Only in a mapping that nothing was merged
    with it does not: as with the reference, that asks for a variable of the project that includes all
    others. A config or secret that is made from a variable remembers where to look.
    """

    def with_context(node: Node) -> Node:
        if not isinstance(node.value, dict) or "context" in node.value:
            return node
        context = Node(".", node.pos, node.key_pos, origin=Origin(implied=True))
        return node.holding(node.value | {"context": context})

    def filled(node: Node) -> Node:
        if isinstance(node.value, list):
            return node.holding([_assigned(item, seen) for item in node.value])
        if isinstance(node.value, dict) and node.origin is not None and node.origin.over is not None:
            return node.holding({name: _with_value(item, name, seen) for name, item in node.value.items()})
        return node

    def remembering(node: Node) -> Node:
        return Node(node.value, node.pos, node.key_pos, node.tag, Origin(variables=seen))

    root = change_at(root, ("services", "*", "build"), with_context)
    root = change_at(root, ("services", "*", "environment"), filled)
    root = change_at(root, ("configs", "*", "environment"), remembering)
    return change_at(root, ("secrets", "*", "environment"), remembering)


def _assigned(item: Node, seen: Variables) -> Node:
    """`NAME` of a list as `NAME=value`, if the variable is set."""
    name = item.value
    if not isinstance(name, str) or name not in seen.values:
        return item
    found = looked_up(item, name, seen)
    return found.holding(f"{name}={found.value}")


def _with_value(node: Node, name: str, seen: Variables) -> Node:
    return looked_up(node, name, seen) if node.value is None and name in seen.values else node
