"""Hooks around a container's life: after its start, before its stop, and what a failing one means."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

HOOKED = """
services:
  db:
    image: busybox:test
    init: true
    command: [sh, -c, "while [ ! -e /ready ]; do sleep 0.1; done; echo VERSION; exec sleep 600"]
    environment: {GREETING: hello}
    volumes: ["./told:/told"]
    post_start:
      - {command: [sh, -c, "echo $$GREETING $$NAME from $$PWD; echo set up >> /told/log; touch /ready; FIRST"],
         working_dir: /etc, environment: {NAME: hook}}
    pre_stop:
      - {command: [sh, -c, "echo shut down >> /told/log; LAST"]}
  web:
    image: busybox:test
    init: true
    command: [sh, -c, "echo web sees $$(cat /told/log); exec sleep 600"]
    volumes: ["./told:/told"]
    depends_on: [db]
"""


def stack(version: str = "1", *, first: str = "true", last: str = "true") -> str:
    return HOOKED.replace("VERSION", version).replace("FIRST", first).replace("LAST", last)


def told(stage: Stage) -> list[str]:
    """What the hooks have written."""
    return (stage.directory / "told" / "log").read_text().splitlines()


def test_a_container_is_set_up_before_its_dependents_start_and_takes_leave_before_it_goes(stage: Stage) -> None:
    stage.write(stack())

    up = stage.good("up", "-d")

    assert f"container {stage.project}-db-1: | hello hook from /etc" in up.err
    assert stage.printed("web") == "web sees set up\n"

    stage.good("down", "-t", "1")

    assert told(stage) == ["set up", "shut down"]


def test_a_stack_goes_with_its_hooks_without_its_file(stage: Stage) -> None:
    stage.write(stack())
    stage.good("up", "-d")
    (stage.directory / "compose.yaml").unlink()

    stage.good("down", "-t", "1")

    assert told(stage) == ["set up", "shut down"]


def test_a_failing_hook_ends_up_with_its_code_and_output_and_its_container_is_set_up_by_the_next(stage: Stage) -> None:
    stage.write(stack(first="exit 9"))

    up = stage.run("up", "-d")

    assert up.code == 1
    assert "its post_start hook exited with code 9" in up.err
    assert "    | hello hook from /etc" in up.err
    assert stage.states() == {"db-1": "exited", "web-1": "created"}

    stage.write(stack())
    stage.good("up", "-d")

    assert stage.states() == {"db-1": "running", "web-1": "running"}
    assert told(stage) == ["set up", "set up"]


def test_a_successor_that_cannot_be_set_up_leaves_the_old_one_running_and_set_up(stage: Stage) -> None:
    stage.write(stack())
    stage.good("up", "-d")
    before = stage.ids()
    stage.write(stack("2", first="exit 9"))

    up = stage.run("up", "-d")

    assert up.code == 1
    assert stage.ids() == before
    assert stage.states() == {"db-1": "running", "web-1": "running"}
    assert told(stage) == ["set up", "shut down", "set up", "set up"]  # the old one, its end, the new one, the old one


def test_a_container_whose_leave_fails_is_not_stopped(stage: Stage) -> None:
    stage.write(stack(last="exit 7"))
    stage.good("up", "-d")

    down = stage.run("down", "-t", "1")

    assert down.code == 1
    assert "its pre_stop hook exited with code 7" in down.err
    assert stage.states() == {"db-1": "running"}


def test_ctrl_c_of_an_attached_up_runs_hooks_before_it_stops(stage: Stage) -> None:
    stage.write(stack())
    with stage.start("up") as up:
        up.until("web sees")
        up.interrupt()
        done = up.end()

    assert done.code == 130
    assert told(stage) == ["set up", "shut down"]
    assert stage.states() == {"db-1": "exited", "web-1": "exited"}
