"""What minicompose makes, docker compose sees and takes down, and the other way round."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.scenarios.stage import PATIENCE, ROOT, Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  db: {image: busybox:test, init: true, command: sleep 600, volumes: [data:/data]}
  web: {image: busybox:test, init: true, command: sleep 600, depends_on: [db]}
volumes: {data: {}}
"""
Reference = Callable[..., str]


@pytest.fixture(scope="session")
def reference_binary() -> str:
    """The path of docker compose, fetched once even when two workers ask for it."""
    cache = ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    with (cache / "reference.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fetched = subprocess.run(
            [ROOT / "scripts" / "reference-compose"],
            env=os.environ | {"VENV": sys.prefix},
            capture_output=True,
            text=True,
            check=True,
        )
    return fetched.stdout.strip()


@pytest.fixture
def reference(reference_binary: str, stage: Stage) -> Reference:
    """Run docker compose on the stage's project; what it printed."""

    def run(*words: str) -> str:
        done = subprocess.run(
            [reference_binary, "-p", stage.project, *words],
            cwd=stage.directory,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_docker_compose_sees_what_minicompose_runs(stage: Stage, reference: Reference) -> None:
    stage.write(STACK)
    stage.good("up", "-d")

    listed = [json.loads(line) for line in reference("ps", "--format", "json").splitlines()]

    assert {each["Name"]: (each["Service"], each["State"]) for each in listed} == {
        f"{stage.project}-db-1": ("db", "running"),
        f"{stage.project}-web-1": ("web", "running"),
    }


def test_docker_compose_takes_down_what_minicompose_runs(stage: Stage, reference: Reference) -> None:
    stage.write(STACK)
    stage.good("up", "-d")

    reference("down", "-v")

    assert stage.containers() == {}
    assert stage.networks() == []
    assert stage.volumes() == []


def test_minicompose_sees_what_docker_compose_runs(stage: Stage, reference: Reference) -> None:
    stage.write(STACK)
    reference("up", "-d")

    listed = [json.loads(line) for line in stage.good("ps", "--format", "json").out.splitlines()]

    assert {each["Name"]: each["State"] for each in listed} == {
        f"{stage.project}-db-1": "running",
        f"{stage.project}-web-1": "running",
    }


def test_minicompose_takes_down_what_docker_compose_runs(stage: Stage, reference: Reference) -> None:
    stage.write(STACK)
    reference("up", "-d")

    stage.good("down", "-v")

    assert stage.containers() == {}
    assert stage.networks() == []
    assert stage.volumes() == []


def test_minicompose_takes_over_what_docker_compose_runs_with_its_data(stage: Stage, reference: Reference) -> None:
    stage.write(STACK)
    reference("up", "-d")
    stage.good("exec", "-T", "db", "sh", "-c", "echo precious > /data/file")

    stage.good("up", "-d")

    assert stage.states() == {"db-1": "running", "web-1": "running"}
    assert stage.good("exec", "-T", "db", "cat", "/data/file").out == "precious\n"
    assert "nothing to do" in stage.good("plan").out


def test_what_docker_compose_runs_is_of_the_directory_where_it_was_brought_up(
    stage: Stage, reference: Reference
) -> None:
    home, elsewhere = (stage.directory / owner / stage.project for owner in ("ann", "bob"))
    for directory in (home, elsewhere):
        directory.mkdir(parents=True)
        (directory / "compose.yaml").write_text(STACK)
    reference("-f", str(home / "compose.yaml"), "up", "-d")

    refused = stage.run("down", directory=elsewhere, named=False)
    taken_down = stage.run("down", directory=home, named=False)

    assert refused.code == 2
    assert f"are from another directory, {home}, and not from {elsewhere}" in refused.err
    assert (taken_down.code, stage.states()) == (0, {})
