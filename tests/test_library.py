"""minicompose as a library: the page in docs/ is true, and the package costs nothing until it is used."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

import minicompose

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
FILE = re.compile(r"```yaml title=(\S+)\n(.*?)```", re.DOTALL)


def test_the_page_on_the_library_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGE.read_text("utf-8")
    for name, text in FILE.findall(page):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    examples = doctest.DocTestParser().get_doctest(page, {}, "library.md", str(PAGE), 0)

    told: list[str] = []
    result = doctest.DocTestRunner().run(examples, out=told.append)

    assert result.attempted > 10
    assert result.failed == 0, "".join(told)


def test_a_stack_is_found_as_the_command_finds_it(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: a, profiles: [p]}, x: {image: '${X}'}}")
    (tmp_path / "settings.env").write_text("X=y\n")
    (tmp_path / "below").mkdir()

    stack = minicompose.load_stack(
        directory=tmp_path / "below",
        project_name="shop",
        profiles=["p"],
        env_files=[tmp_path / "settings.env"],
        environment={},
    )

    assert (stack.name, stack.directory) == ("shop", str(tmp_path))
    assert [(service.name, service.image) for service in stack.services.values()] == [("web", "a"), ("x", "y")]


def test_every_public_name_is_there() -> None:
    assert [name for name in minicompose.__all__ if not hasattr(minicompose, name)] == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="load_stck"):
        minicompose.load_stck  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    listing = "import sys, minicompose; print([name for name in sys.modules if name.startswith('minicompose.')])"

    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
