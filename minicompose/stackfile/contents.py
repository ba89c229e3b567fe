"""What the files beside the stack file hold: variables and labels of services, contents of configs.

Only what enabled services use is read.
"""

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from minicompose.diagnostic import Diagnostic
from minicompose.model import Config, Node, Sealed, Service, SourcePos, Stack, Variables
from minicompose.stackfile.dotenv import parse_dotenv, parse_raw, places_of
from minicompose.stackfile.pathtext import path_text
from minicompose.stackfile.scope import looked_up
from minicompose.stackfile.textfile import MOST_BYTES, read_text

Report = Callable[[Diagnostic], None]
Shown = Callable[[str], str]


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
    for name, service in stack.services.items():
        services[name], nodes[name] = reader.completed(service, nodes[name])
    section = root.value["services"].holding(nodes)
    return replace(stack, services=services, root=root.holding(root.value | {"services": section}))


def sealed(stack: Stack, variables: Variables, report: Report) -> Stack:
    """`stack` with the contents of the configs and secrets that its services use.

    Commands that create containers need them; one that cannot be read is an error at its place.
    """
    configs = {grant.source for service in stack.services.values() for grant in service.configs or ()}
    secrets = {grant.source for service in stack.services.values() for grant in service.secrets or ()}
    return replace(
        stack,
        configs={key: _sealed(stack, "configs", key, configs, variables, report) for key in stack.configs},
        secrets={key: _sealed(stack, "secrets", key, secrets, variables, report) for key in stack.secrets},
    )


def _sealed(stack: Stack, section: str, key: str, used: set[str], variables: Variables, report: Report) -> Config:
    config = stack.configs[key] if section == "configs" else stack.secrets[key]
    if key not in used or config.external or (config.file is not None and _is_mounted(Path(config.file))):
        return config
    try:
        content = _content(config, _seen_by(stack, section, key, variables).values)
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


def _content(config: Config, lookup: Mapping[str, str]) -> bytes | None:
    if config.content is not None:
        return config.content.encode()
    if config.environment is not None:
        return lookup[config.environment].encode()
    if config.file is None:
        return None
    file = Path(config.file)
    if file.exists() and not file.is_file():
        raise OSError(None, "it is neither a file nor a directory")
    if file.exists() and file.stat().st_size > MOST_BYTES:
        raise OSError(None, f"it is larger than {MOST_BYTES // 1024 // 1024} MB")
    return file.read_bytes()


def _why(error: Exception, config: Config) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no file {config.file}"
    if isinstance(error, OSError):
        return f"{config.file} cannot be read: {(error.strerror or str(error)).lower()}"
    return f"the variable {config.environment} is not set"


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
        values = {name: {key: entry.value for key, entry in table.value.items()} for name, table in changed.items()}
        return replace(service, **values), node.holding(inside | changed)

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
            earlier = {name: node.value for name, node in found.items()}
            found |= self._env_file(entry, ("services", service, "env_file", index), look_up, earlier)
        if said is not None and not bare and not found:
            return said
        place = said or inside.get("env_file") or Node({}, SourcePos("", 0, 0))
        return place.holding(found | own)

    def _env_file(
        self, entry: Node, path: tuple[str | int, ...], look_up: Callable[[str], str | None], earlier: dict[str, str]
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
        parse = parse_raw if form == "raw" else functools.partial(parse_dotenv, earlier=earlier)
        return self._variables(options["path"], (*path, "path"), required, parse, look_up)

    def _labels(self, inside: dict[str, Node], service: str) -> Node:
        """The labels of the files, under those of `labels`."""
        found: dict[str, Node] = {}

        def look_up(name: str) -> str | None:
            return found[name].value if name in found else None

        for index, entry in enumerate(_items(inside, "label_file")):
            path = ("services", service, "label_file", index)
            found |= self._variables(entry, path, True, parse_dotenv, look_up)
        said = inside.get("labels")
        if said is not None and not found:
            return said
        place = said or inside.get("label_file") or Node({}, SourcePos("", 0, 0))
        return place.holding(found | (said.value if said is not None else {}))

    def _variables(
        self,
        node: Node,
        path: tuple[str | int, ...],
        required: bool,
        parse: Callable[[str, str, Callable[[str], str | None], Report], dict[str, str]],
        look_up: Callable[[str], str | None],
    ) -> dict[str, Node]:
        """What the file at the path `node` sets, each at its line."""
        file = self.located(node.value)
        if not required and not Path(file).exists():
            return {}
        shown = self.shown(file)

        def placed(problem: Diagnostic) -> None:
            if problem.pos is None:
                self._complain(node, path, problem.summary, problem.hint)
            else:
                self.report(problem)

        text = read_text(file, shown, placed)
        if text is None:
            return {}
        self.texts[shown] = text
        places = places_of(text, shown)
        found = parse(text, shown, look_up, placed)
        return {name: Node(value, places.get(name, node.pos), places.get(name)) for name, value in found.items()}

    def _complain(self, node: Node, path: tuple[str | int, ...], summary: str, hint: str = "") -> None:
        length = max(len(str(node.value)), 1)
        self.report(
            Diagnostic(severity="error", pos=node.pos, path=path_text(path), summary=summary, hint=hint, length=length)
        )


def _items(inside: dict[str, Node], name: str) -> Iterator[Node]:
    return iter(inside[name].value if name in inside else ())


def _find(root: Node | None, path: tuple[str, ...]) -> Node | None:
    node = root
    for step in path:
        if node is None or not isinstance(node.value, dict):
            return None
        node = node.value.get(step)
    return node
