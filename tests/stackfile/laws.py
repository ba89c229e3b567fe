"""What holds of every project directory, whatever stands in its files."""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from minicompose.diagnostic import Diagnostic
from minicompose.errors import StackFileError, UsageError
from minicompose.lines import Lines
from minicompose.model import Stack
from minicompose.output.diagnostics import diagnostics_json, render_diagnostics
from minicompose.stackfile import LoadRequest, load_stack
from minicompose.stackfile.printed import printed, to_yaml

_UNSHOWN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control codes, changes of direction, line breaks

STACK_FILES = ("compose.yaml", "override.yaml")  # those that are read without being named by another


def is_read_or_refused(directory: Path) -> bool:
    """Whether the project's stack could be loaded; that everything said about it can be shown is asserted."""
    files = tuple(name for name in STACK_FILES if (directory / name).exists())
    try:
        loaded = load_stack(_request(directory, files))
    except UsageError:
        return False
    except StackFileError as refused:
        assert any(problem.severity == "error" for problem in refused.diagnostics)
        can_be_shown(refused.diagnostics, refused.texts)
        return False
    assert all(problem.severity == "warning" for problem in loaded.warnings)
    can_be_shown(loaded.warnings, loaded.texts)
    is_printed_for_good(loaded.stack, directory)
    return True


def can_be_shown(problems: Iterable[Diagnostic], texts: Mapping[str, str]) -> None:
    """Every problem has its place inside of its file or none, and can be printed on a terminal and as JSON."""
    problems = list(problems)
    lines = {name: Lines(text) for name, text in texts.items()}
    for problem in problems:
        assert problem.summary
        assert problem.length >= 1
        if problem.pos is not None and problem.pos.file in lines:
            inside = lines[problem.pos.file]
            assert 1 <= problem.pos.line <= len(inside), problem
            assert 1 <= problem.pos.column <= len(inside[problem.pos.line]) + 1, problem
    render_diagnostics(problems, texts, color=True)
    shown = render_diagnostics(problems, texts, color=False)
    assert not [char for char in shown if char != "\n" and unicodedata.category(char) in _UNSHOWN], repr(shown)
    json.dumps(diagnostics_json(problems))


def is_printed_for_good(stack: Stack, directory: Path) -> None:
    """What `config` prints for the stack is a stack file for which it prints the same."""
    said = printed(stack)
    for text in (to_yaml(said), json.dumps(said)):
        file = directory / "printed.yaml"
        file.write_text(text)
        again = load_stack(_request(directory, (file.name,)))
        assert differences(said, _keys_read_as_written(printed(again.stack))) == []


def _keys_read_as_written(value: Any) -> Any:
    """`value` with a dollar sign for each pair in keys: printed doubled, they are read as they are."""
    if isinstance(value, dict):
        return {key.replace("$$", "$"): _keys_read_as_written(below) for key, below in value.items()}
    return [_keys_read_as_written(below) for below in value] if isinstance(value, list) else value


def differences(one: Any, other: Any, at: str = "") -> list[str]:
    """Where two values of plain data differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [found for key in one for found in differences(one[key], other[key], f"{at}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for index, pair in pairs for found in differences(*pair, f"{at}[{index}]")]
    return [] if type(one) is type(other) and one == other else [f"{at}: {one!r} != {other!r}"]


def _request(directory: Path, files: tuple[str, ...]) -> LoadRequest:
    return LoadRequest(
        working_directory=str(directory),
        environment={"HOME": str(directory), "TAG": "v1", "EMPTY": ""},
        files=files,
        project_name="fuzz",
        profiles=("*",),
    )
