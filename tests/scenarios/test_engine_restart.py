"""An engine that is stopped in the middle of an update, and started again."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose.engine.api import Api
from minicompose.engine.connect import find_endpoint, open_transport
from tests.scenarios.own_engine import OwnEngine
from tests.scenarios.stage import Stage

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("own engine")]

STACK = """
x-service: &service
  image: busybox:test
  init: true
  command: sleep 600
  network_mode: none
  environment: {V: "VERSION"}
  volumes: ["./gates:/gates:ro"]
x-often: &often {interval: 200ms, retries: 1000}
services:
  db: {<<: *service, healthcheck: {test: "test -e /gates/db-$$V", <<: *often}}
  api:
    <<: *service
    healthcheck: {test: "test -e /gates/api-$$V", <<: *often}
    depends_on: {db: {condition: service_healthy}}
  web: {<<: *service, depends_on: [api], scale: 2}
"""
ALL = {"api-1": "running", "db-1": "running", "web-1": "running", "web-2": "running"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngine]:
    engine = OwnEngine(tmp_path_factory.mktemp("engine"))
    engine.start()
    try:
        engine.add_test_image()
        yield engine
    finally:
        engine.stop()


@pytest.fixture
def stage(engine: OwnEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """On that engine; what is on it goes with it."""
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    api = Api(open_transport(find_endpoint(engine.address, None, {})))
    with engine.connected() as connected:
        stage = Stage(tmp_path, f"mctest{uuid.uuid4().hex[:10]}", connected, api)
        yield stage
        stage.run("down", "-v", "-t", "0")
    api.transport.close()


@pytest.mark.parametrize("held", ["db", "api"])
def test_what_an_engine_leaves_that_is_stopped_in_the_middle_is_completed_by_the_next_up(
    engine: OwnEngine, stage: Stage, held: str
) -> None:
    gates = stage.directory / "gates"
    gates.mkdir()
    for name in ("db-1", "api-1", "db-2", "api-2"):
        (gates / name).touch()
    stage.write(STACK.replace("VERSION", "1"))
    stage.good("up", "-d", "--wait")
    stage.write(STACK.replace("VERSION", "2"))
    # It cannot come to its end before the engine does.
    (gates / f"{held}-2").unlink()
    with stage.start("up", "-d", "--wait") as up:
        up.until(f"{held}-1: waiting until ready")
        engine.stop()
        done = up.end()
    assert done.code in (1, 3), done.out
    assert "Traceback" not in done.out

    (gates / f"{held}-2").touch()
    engine.start()
    stage.good("up", "-d", "--wait")

    assert stage.states() == ALL
    assert all("V=2" in stage.inspect(name)["Config"]["Env"] for name in ALL)
    assert "nothing to do" in stage.good("plan").out
