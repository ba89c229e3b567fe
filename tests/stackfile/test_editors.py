"""The page for editors: what it tells them to use is there, and fits what the loader looks for."""

import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from minicompose.stackfile import LoadRequest, load_stack
from minicompose.stackfile.filenames import FILE_NAMES
from minicompose.stackfile.schema import schema_file
from minicompose.stackfile.yamltree import read_yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/editors.md").read_text()
NAME = Path(schema_file()).name


def block(language: str) -> str:
    """The one block of the page in `language`."""
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert isinstance(found, str)
    return found


SETTINGS: dict[str, Any] = json.loads(block("json"))


def test_the_schema_is_where_the_package_looks_for_it() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]

    assert build["wheel"]["force-include"] == {f"schemas/{NAME}": f"minicompose/schemas/{NAME}"}
    assert "/schemas" in build["sdist"]["include"]


def test_the_command_prints_where_the_schema_is() -> None:
    words = block("sh").split()

    done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=True)

    assert words[0] == "python"
    assert Path(done.stdout.strip()).samefile(schema_file())


def test_the_line_for_one_file_is_a_comment_that_names_the_schema(tmp_path: Path) -> None:
    line = block("yaml")
    (tmp_path / "compose.yaml").write_text(line + "services: {web: {image: web}}\n")

    stack = load_stack(LoadRequest(working_directory=str(tmp_path), environment={})).stack

    assert re.fullmatch(rf"# yaml-language-server: \$schema=\S*{NAME}\n", line)
    assert list(stack.services) == ["web"]


@pytest.mark.parametrize("name", [*FILE_NAMES, *(name.replace(".", ".override.") for name in FILE_NAMES)])
def test_the_settings_take_every_file_that_is_looked_for(name: str) -> None:
    [(schema, patterns)] = SETTINGS["yaml.schemas"].items()

    assert Path(schema).name == NAME
    assert any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


@pytest.mark.parametrize(("kind", "value"), [("scalar", "a"), ("sequence", "[a]"), ("mapping", "{a: b}")])
@pytest.mark.parametrize("tag", ["!reset", "!override"])
def test_the_settings_know_the_tags_of_the_file_language(tag: str, kind: str, value: str) -> None:
    problems: list[Any] = []
    read_yaml(f"a: {tag} {value}\n", "stack.yaml", problems.append)

    assert problems == []
    assert f"{tag} {kind}" in SETTINGS["yaml.customTags"]
