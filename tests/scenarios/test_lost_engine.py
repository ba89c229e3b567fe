"""An engine that is not there, or goes away half-way."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.cable import Cable
from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  db:
    image: busybox:test
    init: true
    command: sleep 600
    healthcheck: {test: test -e /ready, interval: 300ms, retries: 1000}
  web: {image: busybox:test, init: true, command: sleep 600, depends_on: {db: {condition: service_healthy}}}
"""


@pytest.fixture
def cable() -> Iterator[Cable]:
    path = Path(f"/tmp/minicompose-cable-{os.getpid()}.sock")  # a socket's path must be short
    path.unlink(missing_ok=True)
    cable = Cable(path)
    yield cable
    cable.cut()
    path.unlink(missing_ok=True)


@pytest.mark.parametrize("words", [("up", "-d"), ("down",), ("ps",), ("logs",), ("plan",)])
def test_an_engine_that_does_not_run_is_said_in_one_message(stage: Stage, words: tuple[str, ...]) -> None:
    stage.write(STACK)

    done = stage.run(*words, environment={"DOCKER_HOST": f"unix://{stage.directory}/nothing.sock"})

    assert done.code == 3
    assert done.out == ""
    assert done.err.count("minicompose:") == 1
    assert "nothing.sock" in done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every socket")
def test_a_socket_without_rights_is_said(stage: Stage) -> None:
    stage.write(STACK)
    path = stage.directory / "closed.sock"
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind(str(path))
        closed.listen()
        path.chmod(0)

        done = stage.run("ps", environment={"DOCKER_HOST": f"unix://{path}"})

    assert done.code == 3
    assert "permission" in done.err


def test_an_engine_that_goes_away_during_a_wait_ends_it(stage: Stage, cable: Cable) -> None:
    stage.write(STACK)
    with stage.start("up", "-d", "--wait", environment={"DOCKER_HOST": cable.address}) as up:
        up.until("db-1: waiting until healthy")
        cable.cut()

        done = up.end(within=45)

    assert done.code in (1, 3)
    assert "engine" in done.out
    assert "Traceback" not in done.out
    assert "bug" not in done.out


def test_what_a_lost_engine_left_is_completed_by_the_next_up(stage: Stage, cable: Cable) -> None:
    stage.write(STACK)
    with stage.start("up", "-d", "--wait", environment={"DOCKER_HOST": cable.address}) as up:
        up.until("db-1: waiting until healthy")
        cable.cut()
        up.end(within=45)
    db = stage.ids()["db-1"]
    stage.good("exec", "-T", "db", "touch", "/ready")

    stage.good("up", "-d", "--wait")

    assert stage.states() == {"db-1": "running", "web-1": "running"}
    assert stage.ids()["db-1"] == db
