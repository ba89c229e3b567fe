"""What tests of several files share: projects laid out in a directory, and loaded."""

from collections.abc import Mapping
from pathlib import Path

from minicompose.errors import StackFileError
from minicompose.model import Service, Stack
from minicompose.stackfile.files import LoadRequest
from minicompose.stackfile.load import Loaded, load_stack


def lay_out(directory: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def loaded(
    directory: Path,
    files: Mapping[str, str],
    others: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Loaded:
    """What `files`, each named with `-f`, come to in a `directory` that has the `others`, too."""
    lay_out(directory, {**files, **(others or {})})
    environment = {"HOME": "/home/me", **(variables or {})}
    return load_stack(LoadRequest(files=tuple(files), working_directory=str(directory), environment=environment))


def stack_in(
    directory: Path,
    files: Mapping[str, str],
    others: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Stack:
    return loaded(directory, files, others, variables).stack


def services_of(
    directory: Path,
    files: Mapping[str, str],
    others: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> dict[str, Service]:
    return stack_in(directory, files, others, variables).services


def problems_of(directory: Path, files: Mapping[str, str], others: Mapping[str, str] | None = None) -> list[str]:
    """Every error of a project that is wrong, as `file:line:column path: summary`."""
    try:
        loaded(directory, files, others)
    except StackFileError as error:
        found = [problem for problem in error.diagnostics if problem.severity == "error"]
        return [f"{f'{problem.pos} {problem.path}'.strip()}: {problem.summary}" for problem in found]
    raise AssertionError("nothing is wrong")
