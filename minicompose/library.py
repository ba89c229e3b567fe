"""Stack files for programs: `from minicompose import load_stack`."""

import os
from collections.abc import Callable, Iterable, Mapping

import yaml  # noqa: F401 (whole, for the program around us may use it as well: see `stackfile/libyaml.py`)

from minicompose.diagnostic import Diagnostic
from minicompose.model import Stack
from minicompose.stackfile.files import LoadRequest
from minicompose.stackfile.load import load_stack as load

# A path as programs have them: text, or a `pathlib.Path`.
AnyPath = str | os.PathLike[str]


def load_stack(
    *files: AnyPath,
    directory: AnyPath | None = None,
    project_name: str | None = None,
    project_directory: AnyPath | None = None,
    profiles: Iterable[str] | None = None,
    env_files: Iterable[AnyPath] = (),
    environment: Mapping[str, str] | None = None,
    on_warning: Callable[[Diagnostic], object] | None = None,
) -> Stack:
    """The stack that stack files declare, canonical: what `minicompose config` prints, as values.

    `files` are read in their order, later ones over earlier ones; with none, COMPOSE_FILE and the usual
    names in `directory` (the current one unless said) and its parents count. `project_name`,
    `project_directory`, `profiles` and `env_files` are what the options of those names are on the
    command line; None is "not said". Expressions see `environment`, which is that of the process unless
    given, and `.env`. `on_warning` is called with each warning.

    Raises `StackFileError` with all problems of all files, each a `Diagnostic` with its place, and
    `UsageError` when there is no file or the project's name cannot be one. Only files are read: nothing
    is asked of an engine.
    """
    loaded = load(
        LoadRequest(
            working_directory=os.path.abspath(os.fspath(directory or ".")),  # noqa: PTH100 (`..` stays as it is said)
            environment=dict(os.environ) if environment is None else environment,
            files=tuple(os.fspath(file) for file in files),
            project_directory=None if project_directory is None else os.fspath(project_directory),
            project_name=project_name,
            env_files=tuple(os.fspath(file) for file in env_files),
            profiles=None if profiles is None else tuple(profiles),
            contents=False,
        )
    )
    if on_warning is not None:
        for warning in loaded.warnings:
            on_warning(warning)
    return loaded.stack
