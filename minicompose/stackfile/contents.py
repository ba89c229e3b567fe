"""What the files beside the stack file hold: variables and labels of services, contents of configs.

Only what enabled services use is read.
"""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from minicompose.diagnostic import Diagnostic
from minicompose.lines import Lines
from minicompose.model import Config, Node, Sealed, Service, SourcePos, Stack, Variables
from minicompose.regex import regex
from minicompose.stackfile.dotenv import parse_dotenv, parse_raw, places_of
from minicompose.stackfile.pathtext import path_text
from minicompose.stackfile.scope import looked_up
from minicompose.stackfile.textfile import MOST_BYTES, read_text, read_without_waiting

Report = Callable[[Diagnostic], None]
Shown = Callable[[str], str]
MOST_SEALED = 64 * 1024 * 1024  # bytes of all files of configs and secrets
# A path as it is written, in quotes or plain.
_QUOTED = regex(r"""["']([^"']*)["']""")
_PLAIN = regex(r"([^\s,\[\]{}]*)")
_Lookup = Callable[[str], str | None]
_Answer = tuple[str | None, str | None]  # what is known outside, and what earlier files say

MOST_GIVEN = 2_000_000  # variables and labels of services that files give, where services do not share them
MOST_GROWN = 64 * 1024 * 1024  # characters of their values


def with_contents(
    stack: Stack,
    variables: Variables,
    report: Report,
    shown: Shown,
    texts: dict[str, str] | None = None,
    *,
    located: Callable[[str], str] = str,
    environment: bool = True,
) -> Stack:
    """`stack` with the variables and labels that `env_file` and `label_file` give its services.

    Those without a value take it from `variables`. `shown` turns an absolute path into the name
    that messages use, and `texts` receives the text of each file by that name. A variable's place
    in `Stack.root` is its line in that file. `located` makes a path absolute that has been left
    relative. Without `environment` only labels are read.
    """
    reader = _FilesOfServices(variables, report, shown, {} if texts is None else texts, located, environment)
    root = stack.root
    if root is None or "services" not in root.value:
        return stack
    nodes = dict(root.value["services"].value)
    services: dict[str, Service] = {}
    try:
        for name, service in stack.services.items():
            services[name], nodes[name] = reader.completed(service, nodes[name])
    except _TooMuch:
        return stack
    section = root.value["services"].holding(nodes)
    return replace(stack, services=services, root=root.holding(root.value | {"services": section}))


def sealed(stack: Stack, variables: Variables, report: Report) -> Stack:
    """`stack` with the contents of the configs and secrets that its services use.

    Commands that create containers need them; one that cannot be read is an error at its place.
    """
    configs = {grant.source for service in stack.services.values() for grant in service.configs or ()}
    secrets = {grant.source for service in stack.services.values() for grant in service.secrets or ()}
    contents = _Contents()
    return replace(
        stack,
        configs={key: _sealed(stack, "configs", key, configs, variables, contents, report) for key in stack.configs},
        secrets={key: _sealed(stack, "secrets", key, secrets, variables, contents, report) for key in stack.secrets},
    )


def sealed_for_builds(stack: Stack, variables: Variables) -> Stack:
    """`stack` with the contents of the secrets that its builds use, as far as they can be had.

    One that cannot is said by whoever builds: an image that is there needs none.
    """
    builds = [service.build for service in stack.services.values() if service.build is not None]
    used = {grant.source for build in builds for grant in build.secrets or () if grant.source in stack.secrets}
    contents = _Contents()
    found = dict(stack.secrets)
    for key in used:
        secret = found[key]
        if secret.sealed is None and not secret.external:
            with contextlib.suppress(OSError, LookupError):
                content = _content(secret, _seen_by(stack, "secrets", key, variables).values, contents)
                found[key] = secret if content is None else replace(secret, sealed=Sealed(content))
    return replace(stack, secrets=found) if used else stack


class _Contents:
    """What files of configs and secrets hold, each read once."""

    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}
        self.size = 0

    def of(self, path: str) -> bytes:
        """Raises `OSError` for what cannot be read, is too large, or makes all of them too large."""
        if path not in self.found:
            content = read_without_waiting(path)
            self.size += len(content)
            if len(content) > MOST_BYTES:
                raise OSError(None, f"it is larger than {MOST_BYTES // 1024 // 1024} MB")
            if self.size > MOST_SEALED:
                raise OSError(None, f"with it, configs and secrets are larger than {MOST_SEALED // 1024 // 1024} MB")
            self.found[path] = content
        return self.found[path]


def _sealed(
    stack: Stack,
    section: str,
    key: str,
    used: set[str],
    variables: Variables,
    contents: _Contents,
    report: Report,
) -> Config:
    config = stack.configs[key] if section == "configs" else stack.secrets[key]
    if key not in used or config.external or (config.file is not None and _is_mounted(Path(config.file))):
        return config
    try:
        content = _content(config, _seen_by(stack, section, key, variables).values, contents)
    except (OSError, LookupError) as error:
        attribute = "file" if config.file is not None else "environment"
        path = (section, key, attribute)
        node = _find(stack.root, path)
        pos = node.pos if node is not None else None
        summary = _why(error, config)
        report(Diagnostic(severity="error", pos=pos, path=path_text(path), summary=summary))
        return config
    return config if content is None else replace(config, sealed=Sealed(content))


def _is_mounted(file: Path) -> bool:
    """Whether it can be given to a container, and not read here: a directory, or a file that is not for us to read."""
    return file.is_dir() or (file.is_file() and not os.access(file, os.R_OK))


def _seen_by(stack: Stack, section: str, key: str, variables: Variables) -> Variables:
    """The variables that a config or secret is made from: one of an included project has its own."""
    node = _find(stack.root, (section, key, "environment"))
    own = node.origin.variables if node is not None and node.origin is not None else None
    return own or variables


def _content(config: Config, lookup: Mapping[str, str], contents: _Contents) -> bytes | None:
    if config.content is not None:
        return config.content.encode()
    if config.environment is not None:
        return lookup[config.environment].encode()
    if config.file is None:
        return None
    file = Path(config.file)
    if file.exists() and not file.is_file():
        raise OSError(None, "it is neither a file nor a directory")
    return contents.of(config.file)


def _why(error: Exception, config: Config) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no file {config.file}"
    if isinstance(error, OSError):
        why = error.strerror or str(error)
        return f"{config.file} cannot be read: {why[:1].lower()}{why[1:]}"
    return f"the variable {config.environment} is not set"


class _Read(msgspec.Struct, frozen=True):
    """A file that was read once: its text, if any, the places of its variables, what was said of it."""

    text: str | None
    places: dict[str, SourcePos]
    problems: tuple[Diagnostic, ...]


class _Parsed(msgspec.Struct, frozen=True):
    """What a file sets where names of elsewhere have the values of `asked`; it holds for all who answer the same.

    `values` are those of `found`.
    """

    asked: dict[str, _Answer]
    found: dict[str, Node]
    values: dict[str, str]

    def holds(self, answer: Callable[[str], _Answer]) -> bool:
        return all(answer(name) == value for name, value in self.asked.items())


class _TooMuch(Exception):
    """What files give is more than is taken; that has been reported."""


class _FilesOfServices:
    def __init__(
        self,
        variables: Variables,
        report: Report,
        shown: Shown,
        texts: dict[str, str],
        located: Callable[[str], str],
        environment: bool,
    ) -> None:
        self.variables = variables
        self.lookup = variables.values
        self.report = report
        self.shown = shown
        self.texts = texts
        self.located = located
        self.environment = environment
        self.read: dict[str, _Read] = {}
        self.parsed: dict[tuple[str, str], _Parsed] = {}  # by file and format, what was found last
        self.shared: dict[int, _Parsed] = {}  # the same by the identity of what was found
        self.given = 0
        self.grown = 0

    def completed(self, service: Service, node: Node) -> tuple[Service, Node]:
        """The service and its node with their variables and labels complete."""
        inside = node.value
        if not ("environment" in inside or "env_file" in inside or "label_file" in inside):
            return service, node
        read = {"environment": self._environment(inside, service.name)} if self.environment else {}
        read["labels"] = self._labels(inside, service.name)
        changed = {
            name: entries
            for name, entries in read.items()
            if entries is not inside.get(name) and (entries.value or name in inside)
        }
        if not changed:
            return service, node
        values = {name: self._plain(table.value) for name, table in changed.items()}
        return replace(service, **values), node.holding(inside | changed)

    def _plain(self, table: dict[str, Node]) -> dict[str, Any]:
        """The values of `table`; those of what a file gives alone are the same for all its services."""
        parsed = self.shared.get(id(table))
        return {key: entry.value for key, entry in table.items()} if parsed is None else parsed.values

    def _environment(self, inside: dict[str, Node], service: str) -> Node:
        """The variables of the files, under those of `environment`; a null there asks outside."""
        said = inside.get("environment")
        written: dict[str, Node] = said.value if said is not None else {}
        bare = [name for name, node in written.items() if node.value is None and name in self.lookup]
        own = written | {name: looked_up(written[name], name, self.variables) for name in bare}
        found: dict[str, Node] = {}

        def look_up(name: str) -> str | None:
            if name in self.lookup:
                return self.lookup[name]
            return own[name].value if name in own else None

        for index, entry in enumerate(_items(inside, "env_file")):
            path = ("services", service, "env_file", index)
            found = self._united(found, self._env_file(entry, path, look_up, found), entry, path)
        if said is not None and not bare and not found:
            return said
        place = said or inside.get("env_file") or Node({}, SourcePos("", 0, 0))
        return place.holding(self._united(found, own, place, ("services", service, "env_file")))

    def _united(
        self, one: dict[str, Node], other: dict[str, Node], place: Node, path: tuple[str | int, ...]
    ) -> dict[str, Node]:
        """`other` over `one`; where one of them says nothing, the other itself, which services then share."""
        if not one or not other:
            return one or other
        self.given += len(one) + len(other)
        if self.given > MOST_GIVEN:
            summary = f"what files give to the services comes to more than {MOST_GIVEN:,} variables and labels"
            self._complain(place, path, summary)
            raise _TooMuch
        return one | other

    def _env_file(
        self, entry: Node, path: tuple[str | int, ...], look_up: _Lookup, earlier: dict[str, Node]
    ) -> dict[str, Node]:
        options = entry.value
        if "path" not in options:
            return {}  # the schema has said so
        required = "required" not in options or options["required"].value
        form = options["format"].value if "format" in options else ""
        if form not in ("", "raw"):
            summary = f'"{form}" is not a format: the only one is raw'
            self._complain(options["format"], (*path, "format"), summary)
            return {}
        return self._variables(options["path"], (*path, "path"), required, form, look_up, earlier)

    def _labels(self, inside: dict[str, Node], service: str) -> Node:
        """The labels of the files, under those of `labels`."""
        found: dict[str, Node] = {}

        def look_up(name: str) -> str | None:
            return found[name].value if name in found else None

        for index, entry in enumerate(_items(inside, "label_file")):
            path = ("services", service, "label_file", index)
            found = self._united(found, self._variables(entry, path, True, "", look_up, {}), entry, path)
        said = inside.get("labels")
        if said is not None and not found:
            return said
        place = said or inside.get("label_file") or Node({}, SourcePos("", 0, 0))
        own = said.value if said is not None else {}
        return place.holding(self._united(found, own, place, ("services", service, "label_file")))

    def _variables(
        self,
        node: Node,
        path: tuple[str | int, ...],
        required: bool,
        form: str,
        look_up: _Lookup,
        earlier: dict[str, Node],
    ) -> dict[str, Node]:
        """What the file at the path `node` sets, each at its line; `form` is "raw" or "".

        Its lines come over those of `earlier` files, and what `look_up` knows over both.
        """
        file = self.located(node.value)
        if not required and not Path(file).exists():
            return {}
        known = self.parsed.get((file, form))

        def answer(name: str) -> _Answer:
            return look_up(name), earlier[name].value if name in earlier else None

        if known is not None and known.holds(answer):
            return known.found

        def placed(problem: Diagnostic) -> None:
            if problem.pos is None:
                self._complain(node, path, problem.summary, problem.hint)
            else:
                self.report(problem)

        read = self._file(file)
        for problem in read.problems:
            placed(problem)
        if read.text is None:
            return {}
        asked: dict[str, _Answer] = {}

        def asking(name: str) -> str | None:
            asked[name] = answer(name)
            return asked[name][0]

        said = {name: entry.value for name, entry in earlier.items()}
        parse = parse_raw if form == "raw" else functools.partial(parse_dotenv, earlier=said)
        values = parse(read.text, self.shown(file), asking, placed)
        self.grown += sum(map(len, values.values()))
        if self.grown > MOST_GROWN:
            self._complain(node, path, f"the values of such files grow beyond {MOST_GROWN:,} characters")
            raise _TooMuch
        found = {
            name: Node(value, read.places.get(name, node.pos), read.places.get(name)) for name, value in values.items()
        }
        if known is not None:
            del self.shared[id(known.found)]
        self.parsed[file, form] = self.shared[id(found)] = _Parsed(asked, found, values)
        return found

    def _file(self, file: str) -> _Read:
        """The file at an absolute path, which is read once, whoever names it."""
        if file not in self.read:
            shown = self.shown(file)
            problems: list[Diagnostic] = []
            text = read_text(file, shown, problems.append)
            if text is not None:
                self.texts[shown] = text
            places = places_of(text, shown) if text is not None else {}
            self.read[file] = _Read(text, places, tuple(problems))
        return self.read[file]

    def _complain(self, node: Node, path: tuple[str | int, ...], summary: str, hint: str = "") -> None:
        length = _written(node, self.texts)
        self.report(
            Diagnostic(severity="error", pos=node.pos, path=path_text(path), summary=summary, hint=hint, length=length)
        )


def _written(node: Node, texts: Mapping[str, str]) -> int:
    """How many characters the path `node`, which has been made absolute, has where it is written."""
    if not isinstance(node.value, str) or node.pos.file not in texts:
        return 1
    lines = Lines(texts[node.pos.file])
    rest = lines[node.pos.line][node.pos.column - 1 :] if node.pos.line <= len(lines) else ""
    found = _QUOTED.match(rest) or _PLAIN.match(rest)
    return max(len(found[1]), 1) if found is not None else 1


def _items(inside: dict[str, Node], name: str) -> Iterator[Node]:
    return iter(inside[name].value if name in inside else ())


def _find(root: Node | None, path: tuple[str, ...]) -> Node | None:
    node = root
    for step in path:
        if node is None or not isinstance(node.value, dict):
            return None
        node = node.value.get(step)
    return node
