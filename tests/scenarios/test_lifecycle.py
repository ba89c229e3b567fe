"""Stopping, starting and the like, as people and scripts do it."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  db:
    image: busybox:test
    init: true
    command: [sh, -c, "trap 'exit 3' TERM; sleep 600 & wait"]
    healthcheck: {test: [CMD, "true"], interval: 1s}
    post_start: [{command: [sh, -c, echo began >> /hooks]}]
    pre_stop: [{command: [sh, -c, echo ends >> /hooks]}]
  web:
    image: busybox:test
    init: true
    command: sleep 600
    depends_on: {db: {condition: service_healthy, restart: true}}
"""

LISTENING = """
services:
  db:
    image: busybox:test
    command: [sh, -c, "trap 'exit 9' USR1; touch /ready; sleep 600 & wait"]
    healthcheck: {test: [CMD, test, -f, /ready], interval: 1s}
"""


def order(stage: Stage, kind: str, since: str) -> list[str]:
    """The containers to which this happened, in order."""
    names = [event["Actor"]["Attributes"]["name"] for event in stage.events(kind, since)]
    return [name.removeprefix(f"{stage.project}-") for name in names]


def test_what_is_stopped_starts_again_in_the_order_of_what_needs_what(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    before, begun = stage.ids(), stage.now()

    stage.good("stop")
    assert set(stage.states().values()) == {"exited"}
    stage.good("start", "web")

    assert stage.ids() == before
    assert order(stage, "die", begun) == ["web-1", "db-1"]
    assert order(stage, "start", begun)[-2:] == ["db-1", "web-1"]
    assert stage.containers()["db-1"].health == "healthy"
    assert stage.good("exec", "-T", "db", "cat", "/hooks").out == "began\nends\nbegan\n"


def test_a_restart_takes_along_what_asks_for_it(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    begun = stage.now()

    stage.good("restart", "-t", "5", "db")

    assert order(stage, "restart", begun) == ["db-1", "web-1"]


def test_the_verbs_need_no_stack_file_when_the_project_is_named(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("create")
    (stage.directory / "compose.yaml").unlink()

    stage.good("start")
    stage.good("pause")
    assert set(stage.states().values()) == {"paused"}
    stage.good("unpause", "web")
    stage.good("restart", "web")
    stage.good("kill")
    stage.good("rm", "-f")

    assert stage.containers() == {}
    assert stage.networks() == [f"{stage.project}_default"]


def test_a_signal_reaches_the_program(stage: Stage) -> None:
    stage.write(LISTENING)
    stage.good("up", "-d", "--wait")

    with stage.start("wait", "db") as waiting:
        stage.good("kill", "-s", "USR1", "db")
        done = waiting.end()

    assert done.code == 9
    assert done.out == f'container "{stage.ids()["db-1"]}" exited with status code 9\n'


def test_a_signal_that_there_is_not_is_a_failure(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d", "db")

    done = stage.run("kill", "-s", "NOSUCH", "db")

    assert done.code == 1
    assert "invalid signal: nosuch" in done.err.lower()


def test_when_what_was_waited_for_ends_the_project_is_taken_down(stage: Stage) -> None:
    stage.write(STACK + '  tests: {image: "busybox:test", init: true, command: [sh, -c, exit 4], depends_on: [db]}\n')
    stage.good("up", "-d", "tests")

    done = stage.run("-f", "compose.yaml", "wait", "--down-project", "tests")

    assert done.code == 4
    assert stage.containers() == {}
    assert stage.networks() == []


def test_scale_changes_how_many_there_are(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("-f", "compose.yaml", "scale", "web=2")
    assert set(stage.states()) == {"db-1", "web-1", "web-2"}

    stage.good("-f", "compose.yaml", "scale", "--no-deps", "web=0")

    assert set(stage.states()) == {"db-1"}
