"""Ctrl-C: once to stop in order, twice to end at once."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

NEVER_HEALTHY = """
services:
  db:
    image: busybox:test
    init: true
    command: sleep 600
    healthcheck: {test: "exit 1", interval: 1h, start_period: 1h}
  web: {image: busybox:test, init: true, command: sleep 600, depends_on: {db: {condition: service_healthy}}}
"""
DEAF = """
services:
  web:
    image: busybox:test
    command: [sh, -c, "trap 'echo not listening' TERM; echo web is up; while :; do sleep 1; done"]
    stop_grace_period: 10m
"""


def test_ctrl_c_stops_what_an_attached_up_runs(stage: Stage) -> None:
    stage.write("""
services:
  web:
    image: busybox:test
    command: [sh, -c, "trap 'echo goodbye; exit 0' TERM; echo web is up; while :; do sleep 0.1; done"]
""")
    with stage.start("up") as up:
        up.until("web is up")
        up.interrupt()

        done = up.end()

    assert done.code == 130
    assert "goodbye" in done.out
    assert stage.states() == {"web-1": "exited"}


def test_a_second_ctrl_c_kills_what_does_not_stop(stage: Stage) -> None:
    stage.write(DEAF)
    with stage.start("up") as up:
        up.until("web is up")
        up.interrupt()
        up.until("not listening")
        up.interrupt()

        done = up.end(within=30)

    assert done.code == 130
    assert stage.states() == {"web-1": "exited"}


def test_ctrl_c_ends_a_wait_for_health_and_leaves_what_runs(stage: Stage) -> None:
    stage.write(NEVER_HEALTHY)
    with stage.start("up", "-d", "--wait") as up:
        up.until("db-1: waiting until healthy")
        up.interrupt()

        done = up.end(within=30)

    assert done.code == 130
    assert "Traceback" not in done.out
    assert stage.states()["db-1"] == "running"
    assert stage.states().get("web-1", "created") == "created"


def test_ctrl_c_in_the_middle_of_a_replacement_puts_the_old_container_back(stage: Stage) -> None:
    stack = """
services:
  web:
    image: busybox:test
    init: true
    command: sleep 600
    healthcheck: {test: TEST, interval: 300ms, retries: 1000}
"""
    stage.write(stack.replace("TEST", '"true"'))
    stage.good("up", "-d", "--wait")
    before = stage.ids()
    stage.write(stack.replace("TEST", '"false"'))
    with stage.start("up", "-d") as up:
        up.until("web-1: waiting until ready")
        up.interrupt()

        done = up.end(within=30)

    assert done.code == 130
    assert stage.ids() == before
    assert stage.states() == {"web-1": "running"}
