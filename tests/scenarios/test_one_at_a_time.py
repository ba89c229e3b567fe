"""Whoever changes a project does it alone, however many want to, and whoever dies of it."""

import signal
from contextlib import ExitStack

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

TWICE = 20
STACK = """
services:
  db: {image: busybox:test, init: true, command: sleep 600}
  web: {image: busybox:test, init: true, command: sleep 600, environment: {ROUND: "NUMBER"}}
"""
SLOW = """
services:
  web:
    image: busybox:test
    init: true
    command: sleep 600
    environment: {ROUND: "NUMBER"}
    healthcheck: {test: "exit 1", interval: 1h, start_period: 1h}
"""


def made_in(stage: Stage) -> str:
    """The round in which web's container was made."""
    (said,) = (each for each in stage.inspect("web-1")["Config"]["Env"] if each.startswith("ROUND="))
    return str(said).removeprefix("ROUND=")


def test_two_at_once_twenty_times_end_in_one_right_state(stage: Stage) -> None:
    for number in range(TWICE):
        stage.write(STACK.replace("NUMBER", str(number)))
        with ExitStack() as both:
            ups = [both.enter_context(stage.start("up", "-d")) for _ in range(2)]

            ends = [up.end() for up in ups]

        assert [end.code for end in ends] == [0, 0], "".join(end.out for end in ends)
        assert stage.states() == {"db-1": "running", "web-1": "running"}
        assert made_in(stage) == str(number)


def test_when_the_one_that_changes_it_is_killed_the_next_goes_on(stage: Stage) -> None:
    stage.write(STACK.replace("NUMBER", "1"))
    stage.good("up", "-d")
    stage.write(SLOW.replace("NUMBER", "2"))
    with stage.start("up", "-d", "--wait", "web") as first:
        first.until("web-1: waiting until")
        stage.write(STACK.replace("NUMBER", "3"))
        with stage.start("up", "-d") as second:
            second.until("waiting for project")

            first.kill()
            done = second.end()

    assert done.code == 0, done.out
    assert f"by `minicompose up` (process {first.pid} of " in done.out
    assert stage.states() == {"db-1": "running", "web-1": "running"}
    assert made_in(stage) == "3"


def test_ctrl_c_ends_the_wait_and_no_wait_does_not_begin_it(stage: Stage) -> None:
    stage.write(SLOW.replace("NUMBER", "1"))
    with stage.start("up", "-d", "--wait") as first:
        first.until("web-1: waiting until")
        with stage.start("down") as second:
            second.until("waiting for project")
            second.interrupt()
            assert second.end().code == 128 + signal.SIGINT

        refused = stage.run("down", "--no-wait")

    assert (refused.code, refused.out) == (1, "")
    assert "is being changed by `minicompose up`" in refused.err
    assert stage.states() == {"web-1": "running"}


def test_an_attached_up_lets_others_have_what_it_shows(stage: Stage) -> None:
    stage.write("services: {web: {image: busybox:test, init: true, command: [sh, -c, 'echo it is up; sleep 600']}}")
    with stage.start("up") as up:
        up.until("it is up")

        stage.good("down", "--no-wait")

        assert "waiting" not in up.end().out
    assert stage.states() == {}
