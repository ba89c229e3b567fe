"""The names that stack files declare, read quickly: nothing is checked, and a file may be half written.

It is no second reader of the file language. Which files they are goes by the rules of `stackfile.files`; of what is
in them only the names of services and profiles are looked at, and which files they include.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from minicompose.regex import regex
from minicompose.stackfile.filenames import FILE_NAMES, override_names

_MOST_FILES = 50
_MOST_PARSED = 500_000  # bytes; of larger files only lines are looked at

_SETTING = regex(r"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)
_VARIABLE = regex(r"\$(?:(\w+)|\{(\w+)(?::?-([^{}]*))?\})")
_KEY = regex(r"""([ \t]*)["']?([A-Za-z0-9][\w.-]*)["']?[ \t]*:(?:[ \t]+(.*))?$""")


class Names:
    """`services` with their images, `profiles`; both in the order in which they are found."""

    def __init__(self) -> None:
        self.services: dict[str, str] = {}
        self.profiles: dict[str, None] = {}


def read_names(said: Mapping[str, Sequence[str]], environment: Mapping[str, str], directory: str) -> Names:
    """The names in the files that a command would read in `directory`; `said` are the values of options by their names.

    What cannot be read is left out.
    """
    names = Names()
    variables = dict(environment)
    files = _files(said, variables, directory)
    read: set[str] = set()
    while files and len(read) < _MOST_FILES:
        file = files.pop(0)
        if file not in read and os.path.isfile(file):  # noqa: PTH113 (as fast as can be)
            read.add(file)
            files += _take(file, names, variables)
    return names


def _files(said: Mapping[str, Sequence[str]], variables: dict[str, str], directory: str) -> list[str]:
    named = said.get("--file", ())
    if named:
        return [_path(directory, name) for name in named]
    project = _path(directory, *said.get("--project-directory", ())[-1:])
    for name in said.get("--env-file", ()) or _split(variables.get("COMPOSE_ENV_FILES", ""), ",") or (".env",):
        base = project if name == ".env" else directory
        for key, value in _SETTING.findall(_text(_path(base, name))):
            variables.setdefault(key, _unquoted(value))
    separator = variables.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
    if named := _split(variables.get("COMPOSE_FILE", ""), separator):
        return [_path(directory, name) for name in named]
    return _search(project)


def _search(directory: str) -> list[str]:
    while True:
        for name in FILE_NAMES:
            if os.path.exists(file := f"{directory}/{name}"):  # noqa: PTH110 (as above)
                overrides = [f"{directory}/{each}" for each in override_names(name)]
                return [file, *[each for each in overrides if os.path.exists(each)][:1]]  # noqa: PTH110
        above = os.path.dirname(directory)  # noqa: PTH120
        if above == directory:
            return []
        directory = above


def _take(file: str, names: Names, variables: Mapping[str, str]) -> list[str]:
    """Add what `file` declares to `names`; the files that it includes."""
    text = _text(file)
    root = _parsed(text)
    if root is None:
        _take_lines(text, names)
        return []
    for name, service in _pairs(root.get("services")):
        about = dict(_pairs(service))
        names.services.setdefault(name, _scalar(about.get("image")))
        names.profiles.update(dict.fromkeys(_scalars(about.get("profiles"))))
    folder = os.path.dirname(file)  # noqa: PTH120
    return [_path(folder, _replaced(name, variables)) for name in _included(root.get("include"))]


def _included(node: Any) -> Iterator[str]:
    for entry in node.value if isinstance(getattr(node, "value", None), list) else ():
        about = dict(_pairs(entry))
        yield from _scalars(about["path"]) if "path" in about else _scalars(entry)


def _parsed(text: str) -> dict[str, Any] | None:
    """The top of the file's tree, by its keys; None where it cannot be parsed."""
    if len(text) > _MOST_PARSED:
        return None
    import yaml  # not where there is no file

    try:
        return dict(_pairs(yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))))
    except (yaml.YAMLError, RecursionError):  # the latter where there is no C parser
        return None


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    """The keys and values of a mapping, those that `<<` brings too; nothing where `node` is none."""
    for key, value in node.value if getattr(node, "id", "") == "mapping" else ():
        if key.value == "<<":
            for base in value.value if value.id == "sequence" else (value,):
                yield from _pairs(base)
        elif isinstance(key.value, str):
            yield key.value, value


def _scalar(node: Any) -> str:
    return node.value if getattr(node, "id", "") == "scalar" else ""


def _scalars(node: Any) -> list[str]:
    nodes = node.value if getattr(node, "id", "") == "sequence" else [node]
    return [text for each in nodes if (text := _scalar(each))]


def _take_lines(text: str, names: Names) -> None:
    """What lines alone tell of a file in the middle of being written: keys below `services`, and their profiles."""
    path: list[tuple[int, str]] = []
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip())
        found = _KEY.match(line)
        if found is None:
            if path[:1] == [(0, "services")] and path[-1][1] == "profiles" and line.lstrip().startswith("- "):
                names.profiles[_unquoted(line.strip()[2:])] = None
            continue
        _, key, value = found.groups()
        while path and path[-1][0] >= depth:
            path.pop()
        path.append((depth, key))
        if path[0] != (0, "services"):
            continue
        if len(path) == 2:
            names.services.setdefault(key, "")
        elif len(path) == 3 and key == "image":
            names.services[path[1][1]] = _unquoted(value or "")
        elif len(path) == 3 and key == "profiles" and value:
            names.profiles.update(dict.fromkeys(_unquoted(each) for each in _split(value.strip(" []"), ",")))


def _text(file: str) -> str:
    try:
        if os.path.isfile(file):  # noqa: PTH113 (as above)
            with open(file, encoding="utf-8", errors="replace") as stream:  # noqa: PTH123
                return stream.read()
    except OSError:
        pass  # what may not be read is not there
    return ""


def _path(directory: str, name: str = "") -> str:
    return os.path.normpath(os.path.join(directory, os.path.expanduser(name)))  # noqa: PTH118, PTH111


def _replaced(text: str, variables: Mapping[str, str]) -> str:
    """With the plain variables in the path of an included file replaced."""
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2]) or found[3] or "", text)


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _split(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]
