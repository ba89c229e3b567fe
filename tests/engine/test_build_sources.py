"""What an image is built from has to be there, and is looked for before anything is created."""

from pathlib import Path
from typing import Any

import pytest

from minicompose.engine.lacks.builds import missing_for_build
from minicompose.model import Build

DOCKERFILE = """\
# FROM nothing AS comment
FROM --platform=linux/amd64 busybox AS Tools
RUN true && \\
    true
from busybox \\
  as web
FROM web
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def _lacks(context: Path, **fields: Any) -> list[tuple[tuple[str | int, ...], str]]:
    build = Build(**{"context": str(context), "dockerfile": "Dockerfile", **fields})
    return [(lack.path, f"{lack.why} ({lack.hint})" if lack.hint else lack.why) for lack in missing_for_build(build)]


def test_a_context_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert _lacks(tmp_path / "none") == [(("context",), f"the directory {tmp_path}/none is not there")]


def test_a_context_that_is_a_file_is_told(context: Path) -> None:
    ((path, why),) = _lacks(context / "Dockerfile")

    assert (path, why.endswith("Dockerfile is a file: a build needs a directory")) == (("context",), True)


def test_a_dockerfile_that_is_not_there_is_told_with_those_that_are(context: Path) -> None:
    (context / "web.Dockerfile").touch()

    assert _lacks(context, dockerfile="Dockerfil") == [
        (("dockerfile",), f"there is no Dockerfile {context}/Dockerfil (there are: Dockerfile, web.Dockerfile)")
    ]


@pytest.mark.parametrize("target", ["tools", "TOOLS", "web", "0", "2"])
def test_a_stage_is_found_by_its_name_or_number(context: Path, target: str) -> None:
    assert _lacks(context, target=target) == []


@pytest.mark.parametrize(
    ("target", "hint"),
    [("tool", 'did you mean "Tools"?'), ("comment", "there are: Tools, web"), ("3", "there are: Tools, web")],
)
def test_a_stage_that_is_not_there_is_told(context: Path, target: str, hint: str) -> None:
    assert _lacks(context, target=target) == [(("target",), f'the Dockerfile has no stage "{target}" ({hint})')]


def test_stages_are_looked_for_in_a_dockerfile_of_the_stack_file(tmp_path: Path) -> None:
    inline = {"dockerfile": None, "dockerfile_inline": "FROM busybox AS one"}

    assert _lacks(tmp_path, target="one", **inline) == []
    assert [path for path, _ in _lacks(tmp_path, target="two", **inline)] == [("target",)]


def test_nothing_is_known_of_what_the_engine_fetches() -> None:
    assert list(missing_for_build(Build(context="https://example.org/shop.git#main", target="x"))) == []
