"""Which files make the stack, the project's directory, and the variables known before any is read.

The order is the reference's: the environment, `.env`, COMPOSE_FILE, the search through the parents,
and the `.env` beside what that search found.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.errors import StackFileError, UsageError
from minicompose.model import SourcePos
from minicompose.stackfile.dotenv import parse_dotenv, places_of
from minicompose.stackfile.filenames import FILE_NAMES, override_names
from minicompose.stackfile.names import checked_name
from minicompose.stackfile.problems import Problems
from minicompose.stackfile.textfile import read_standard_input, read_text, shown_path

Report = Callable[[Diagnostic], None]

STDIN = "-"
_TRUE = ("1", "t", "true")
_FALSE = ("0", "f", "false")


class LoadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look for a stack and what to know while reading it.

    `files` are the paths of `-f`, "-" for standard input; `profiles` None is "not said", so that
    COMPOSE_PROFILES counts; `services` are the arguments that name services, whose profiles they enable.
    Relative paths are relative to `working_directory`, which is absolute.

    What only some commands need: `contents` reads those of configs and secrets as well, for what creates
    containers, and `build_secrets` those of secrets that builds use, for what builds alone. For printing,
    `normalise` False adds nothing that is implied, `resolve_paths` False leaves paths relative,
    `resolve_environment` False reads no `env_file` and looks no variable of a service up, and `consistency` False
    does not ask whether the parts fit together.

    `separator` stands in names of containers and images between project, service and number.
    """

    working_directory: str
    environment: Mapping[str, str]
    files: tuple[str, ...] = ()
    project_directory: str | None = None
    project_name: str | None = None
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] | None = None
    services: tuple[str, ...] = ()
    contents: bool = True
    build_secrets: bool = False
    normalise: bool = True
    resolve_paths: bool = True
    resolve_environment: bool = True
    consistency: bool = True
    separator: str = "-"
    read_stdin: Callable[[], bytes] = read_standard_input


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """Where a project lives. Nothing but `.env` files has been read for it.

    `files` are absolute, "-" kept, and empty where there is none. `name` is what `-p` or
    COMPOSE_PROJECT_NAME says, None where the files or the directory decide.
    `variables` are the environment's and the `.env` files', `places` where the latter are set. `problems`
    are errors and warnings met so far, `texts` the texts they point into.
    """

    files: tuple[str, ...]
    directory: str
    name: str | None
    name_source: str | None
    working_directory: str
    variables: dict[str, str]
    places: dict[str, SourcePos] = {}
    profiles: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    texts: dict[str, str] = {}


def locate(request: LoadRequest) -> Location:
    """Find the stack files and the project directory of `request`.

    Raises `UsageError` for a project name that cannot be one, an `--env-file` that is not there, a
    project directory that is none and a path that is not UTF-8.
    """
    return _Search(request).location()


class _Search:
    def __init__(self, request: LoadRequest) -> None:
        self.request = request
        self.working_directory = request.working_directory
        self.variables = dict(request.environment)
        self.variables.setdefault("PWD", request.working_directory)
        self.texts: dict[str, str] = {}
        self.problems = Problems(self.texts)
        self.places: dict[str, SourcePos] = {}
        self.env_files_read: set[str] = set()

    def location(self) -> Location:
        request = self.request
        if request.project_directory and _is_file(Path(self._absolute(request.project_directory))):
            raise UsageError(f"the project directory {request.project_directory} is a file")
        files = tuple(self._absolute(name) for name in request.files)
        self._read_env_files(self._directory(files))
        files = files or self._files_of_environment() or self._search(self._directory(()))
        directory = self._directory(files)
        self._read_env_files(directory)
        for path in (directory, *files):
            _check_is_utf8(path)
        name, source = self._name()
        profiles = request.profiles
        if profiles is None:
            profiles = _split(self.variables.get("COMPOSE_PROFILES", ""), ",")
        return Location(
            files=files,
            directory=directory,
            name=name,
            name_source=source,
            working_directory=self.working_directory,
            variables=self.variables,
            places=self.places,
            profiles=profiles,
            problems=tuple(self.problems.in_order()),
            texts=self.texts,
        )

    def report(self, problem: Diagnostic) -> None:
        self.problems.take(problem)
        if self.problems.are_enough:
            raise StackFileError(self.problems.in_order(), self.texts)

    def _absolute(self, path: str) -> str:
        return path if path == STDIN else os.path.normpath(Path(self.working_directory, path))

    def _directory(self, files: tuple[str, ...]) -> str:
        if self.request.project_directory:
            return self._absolute(self.request.project_directory)
        first = next((file for file in files if file != STDIN), None)
        return str(Path(first).parent) if first is not None else self.working_directory

    def _files_of_environment(self) -> tuple[str, ...]:
        separator = self.variables.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
        return tuple(self._absolute(name) for name in _split(self.variables.get("COMPOSE_FILE", ""), separator))

    def _search(self, start: str) -> tuple[str, ...]:
        """The first stack file of `start` or the nearest parent that has one, and its override file."""
        for directory in (Path(start), *Path(start).parents):
            if found := _existing(directory, FILE_NAMES):
                overrides = _existing(directory, override_names(found[0].name))
                self._warn_of_others(found)
                self._warn_of_others(overrides)
                return tuple(str(path) for path in (found[0], *overrides[:1]))
        return ()

    def _warn_of_others(self, found: list[Path]) -> None:
        if len(found) > 1:
            names = [path.name for path in found]
            self.report(
                Diagnostic(
                    severity="warning",
                    pos=None,
                    summary=f"{names[0]} is used, and not {', '.join(names[1:])} beside it",
                    hint="name the files that you want with -f",
                )
            )

    # ---- variables ----

    def _read_env_files(self, directory: str) -> None:
        """Add what the env files say and the environment does not; none is read twice."""
        added: dict[str, str] = {}
        for path, required in self._env_files(directory):
            if path in self.env_files_read or not (required or _is_file(Path(path))):
                continue
            if required and not Path(path).exists():
                hint = "a path of --env-file is relative to the current directory"
                raise UsageError(f"there is no env file {path}", hint)
            self.env_files_read.add(path)
            shown = shown_path(path, self.working_directory)
            text = read_text(path, shown, self.report)
            if text is None:
                continue
            self.texts[shown] = text
            added |= parse_dotenv(text, shown, self.variables.get, self.report, added)
            places = places_of(text, shown)
            self.places |= {name: place for name, place in places.items() if name not in self.variables}
        if self._is_without_env_file(added):
            added = {name: value for name, value in added.items() if name.startswith("COMPOSE_")}
        self.variables = added | self.variables

    def _named_env_files(self) -> tuple[str, ...]:
        return self.request.env_files or _split(self.request.environment.get("COMPOSE_ENV_FILES", ""), ",")

    def _env_files(self, directory: str) -> list[tuple[str, bool]]:
        """Paths of the env files, and whether each must be there."""
        if named := self._named_env_files():
            return [(self._absolute(name), True) for name in named]
        return [] if self._is_without_env_file(self.variables) else [(str(Path(directory, ".env")), False)]

    def _is_without_env_file(self, variables: Mapping[str, str]) -> bool:
        """Whether `variables` turn `.env` off; one that does so itself still sets those of the program."""
        said = variables.get("COMPOSE_DISABLE_ENV_FILE", "")
        if said.lower() not in ("", *_TRUE, *_FALSE):
            raise UsageError(f'COMPOSE_DISABLE_ENV_FILE must be true or false, and not "{said}"')
        return said.lower() in _TRUE and not self._named_env_files()

    def _name(self) -> tuple[str | None, str | None]:
        if self.request.project_name:
            return checked_name(self.request.project_name), "option"
        if said := self.variables.get("COMPOSE_PROJECT_NAME"):
            return checked_name(said), "environment"
        return None, None


def _check_is_utf8(path: str) -> None:
    """Raise UsageError for a path that no engine and no JSON can hold."""
    if not path.isascii() and (shown := os.fsencode(path).decode("utf-8", "backslashreplace")) != path:
        raise UsageError(f"the path {shown} is not UTF-8", "engines take no other: the files must lie elsewhere")


def _existing(directory: Path, names: tuple[str, ...]) -> list[Path]:
    return [path for name in names if _exists(path := directory / name)]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a directory that may not be entered
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a directory that may not be entered
        return False


def _split(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())
