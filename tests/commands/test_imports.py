"""Heavy imports stand only where they are used: what each verb loads, whole process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import json, sys
from minicompose.cli import main
code = main(sys.argv[1:])
tops = {name.partition(".")[0] for name in sys.modules}
found = {name for name in tops if "site-packages" in str(getattr(sys.modules.get(name), "__file__", None))}
heavy = {"asyncio", "http.client", "ssl", "email", "tarfile", "tempfile", "difflib", "unittest", "subprocess"}
heavy |= {"logging", "urllib.request", "gettext", "platform", "socket", "selectors"}
heavy |= {"inspect", "ast", "dataclasses", "hashlib", "shutil", "locale", "yaml.constructor", "yaml.reader"}
heavy |= {"minicompose.stackfile." + name for name in ("extend", "include", "origins", "outline", "shapes")}
heavy |= {"minicompose.stackfile.yamlerrors"}
heavy |= {"minicompose.engine." + name for name in ("creating", "http_images", "opening", "streams")}
heavy |= {"minicompose.execution.run", "minicompose.execution.waits", "minicompose.commands.obstacles"}
heavy |= {"minicompose.engine.lacks." + name for name in ("builds", "drivers", "host", "version")}
heavy |= {name for name in sys.modules if name.startswith(("minicompose.history.", "minicompose.diagnosis."))}
sys.stderr.write(json.dumps({"code": code, "packages": sorted(found), "heavy": sorted(heavy & set(sys.modules))}))
"""
STACK = """
services:
  db: {image: "busybox:test", init: true, command: [sleep, "1000"]}
  web: {image: "busybox:test", init: true, command: [sleep, "1000"], depends_on: [db], ports: ["80"]}
"""


def loaded(directory: Path, *words: str) -> dict[str, object]:
    """What one command line loads: packages from outside the standard library, and modules that few need."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stderr.splitlines()[-1])
    assert found.pop("code") == 0, done.stderr
    found["packages"] = [name for name in found["packages"] if not name.startswith("_") and name != "sitecustomize"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text(STACK)
    return tmp_path


@pytest.mark.parametrize("words", [["version"], ["--version"], ["version", "--short"]])
def test_version_loads_the_standard_library_alone(stack: Path, words: list[str]) -> None:
    assert loaded(stack, *words) == {"packages": [], "heavy": []}


def test_checking_a_stack_file_loads_a_parser_and_values(stack: Path) -> None:
    found = loaded(stack, "config", "-q")

    assert found == {"packages": ["msgspec"], "heavy": []}


def test_the_history_of_a_named_project_loads_values_alone(stack: Path) -> None:
    found = loaded(stack, "-p", "shop", "history")

    assert found["packages"] == ["msgspec"]


@pytest.mark.engine
@pytest.mark.parametrize("words", [["ps"], ["ps", "--format", "json"], ["images"], ["port", "web", "80"], ["top"]])
def test_looking_loads_no_more_than_loading_does(stack: Path, real_project: str, words: list[str]) -> None:
    loaded(stack, "-p", real_project, "up", "-d")

    asked_for = ["minicompose.engine.http_images"] if words == ["images"] else []
    assert loaded(stack, "-p", real_project, *words) == {"packages": ["msgspec"], "heavy": asked_for}


@pytest.mark.engine
def test_an_up_with_nothing_to_do_loads_no_more_packages(stack: Path, real_project: str) -> None:
    loaded(stack, "-p", real_project, "up", "-d")

    found = loaded(stack, "-p", real_project, "up", "-d")

    assert found == {"packages": ["msgspec"], "heavy": []}
