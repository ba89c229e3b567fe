"""Services start when what they need is ready, and stop before it does."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine


def moment(stage: Stage, container: str, what: str) -> str:
    """`StartedAt` or `FinishedAt`: RFC 3339 in UTC with nine digits, so that text compares as time does."""
    text = stage.inspect(container)["State"][what]
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<9}"


def test_a_dependent_starts_after_its_dependency_is_healthy(stage: Stage) -> None:
    stage.write("""
services:
  db:
    image: busybox:test
    init: true
    command: [sh, -c, "sleep 1.5; touch /ready; exec sleep 600"]
    healthcheck: {test: test -e /ready, interval: 300ms, retries: 100}
  web:
    image: busybox:test
    init: true
    command: sleep 600
    depends_on: {db: {condition: service_healthy}}
""")

    stage.good("up", "-d")

    checks = stage.inspect("db-1")["State"]["Health"]["Log"]
    first_success = min(check["End"] for check in checks if check["ExitCode"] == 0)
    assert moment(stage, "web-1", "StartedAt")[:26] > first_success[:26]


def test_an_independent_service_is_not_held_back_by_one_that_waits(stage: Stage) -> None:
    stage.write("""
services:
  db:
    image: busybox:test
    init: true
    command: sleep 600
    volumes: [".:/gate:ro"]
    healthcheck: {test: test -e /gate/ready, interval: 200ms, retries: 1000}
  web: {image: busybox:test, init: true, command: sleep 600, depends_on: {db: {condition: service_healthy}}}
  alone: {image: busybox:test, init: true, command: sleep 600}
""")

    with stage.start("up", "-d") as up:
        up.until("alone-1: started")
        states = stage.states()
        assert states["alone-1"] == "running"
        assert states.get("web-1", "created") == "created"
        (stage.directory / "ready").touch()

        assert up.end().code == 0
    assert stage.states()["web-1"] == "running"


def test_an_attached_up_stops_dependents_before_what_they_need(stage: Stage) -> None:
    stage.write("""
services:
  db: {image: busybox:test, init: true, command: [sh, -c, "echo db is up; exec sleep 600"]}
  backend: {image: busybox:test, init: true, command: sleep 600, depends_on: [db]}
  web: {image: busybox:test, init: true, command: [sh, -c, "echo web is up; exec sleep 600"], depends_on: [backend]}
""")
    with stage.start("up") as up:
        up.until("web is up")
        up.interrupt()
        up.end()

    ends = {name: moment(stage, f"{name}-1", "FinishedAt") for name in ("db", "backend", "web")}

    assert ends["web"] < ends["backend"] < ends["db"]


def test_down_removes_dependents_before_what_they_need(stage: Stage) -> None:
    stage.write("""
services:
  db: {image: busybox:test, init: true, command: sleep 600}
  backend: {image: busybox:test, init: true, command: sleep 600, depends_on: [db]}
  web: {image: busybox:test, init: true, command: sleep 600, depends_on: [backend]}
""")
    stage.good("up", "-d")
    since = stage.now()

    stage.good("down")

    died = [event["Actor"]["Attributes"]["com.docker.compose.service"] for event in stage.events("die", since)]
    assert died == ["web", "backend", "db"]
