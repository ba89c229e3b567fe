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
services:
  db: {<<: *service, healthcheck: {test: "true", interval: 1s}}
  api: {<<: *service, depends_on: {db: {condition: service_healthy}}}
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


@pytest.mark.parametrize("moment", ["db-1: waiting until ready", "api-1: waiting until ready"])
def test_what_an_engine_leaves_that_is_stopped_in_the_middle_is_completed_by_the_next_up(
    engine: OwnEngine, stage: Stage, moment: str
) -> None:
    stage.write(STACK.replace("VERSION", "1"))
    stage.good("up", "-d", "--wait")
    stage.write(STACK.replace("VERSION", "2"))
    with stage.start("up", "-d", "--wait") as up:
        up.until(moment)
        engine.stop()
        done = up.end()
    assert done.code in (1, 3), done.out
    assert "Traceback" not in done.out

    engine.start()
    stage.good("up", "-d", "--wait")

    assert stage.states() == ALL
    assert all("V=2" in stage.inspect(name)["Config"]["Env"] for name in ALL)
    assert "nothing to do" in stage.good("plan").out
