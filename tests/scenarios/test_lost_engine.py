"""An engine that is not there, or goes away half-way."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

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


class Cable:
    """A socket that leads to the engine's, until it is cut."""

    def __init__(self, path: Path) -> None:
        self.address = f"unix://{path}"
        self._engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        self._door.listen()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self) -> None:
        """End every connection, and let none begin."""
        with self._lock:
            ends, self._open = [self._door, *self._open], []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)
        for end in ends:
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._engine)
                with self._lock:
                    self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    thread = threading.Thread(target=_copy, args=(one, other), daemon=True)
                    self._threads.append(thread)
                    thread.start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


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
