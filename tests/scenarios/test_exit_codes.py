"""An attached `up` that ends when a container does."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

JOB = """
services:
  tests: {{image: busybox:test, init: true, command: [sh, -c, "{script}"], depends_on: [db]}}
  db: {{image: busybox:test, init: true, command: sleep 600}}
"""


def test_all_is_stopped_when_a_container_exits(stage: Stage) -> None:
    stage.write(JOB.format(script="exit 0"))

    done = stage.run("up", "--abort-on-container-exit")

    assert done.code == 0
    assert stage.states() == {"db-1": "exited", "tests-1": "exited"}


def test_the_exit_code_of_the_first_to_exit_is_given_on(stage: Stage) -> None:
    stage.write(JOB.format(script="exit 9"))

    assert stage.run("up", "--abort-on-container-exit").code == 9


def test_the_exit_code_of_the_named_service_is_given_on(stage: Stage) -> None:
    stage.write(JOB.format(script="exit 42"))

    assert stage.run("up", "--exit-code-from", "tests").code == 42


def test_a_named_service_that_is_stopped_because_another_ended_gives_143(stage: Stage) -> None:
    stage.write(JOB.format(script="exit 0"))

    assert stage.run("up", "--exit-code-from", "db").code == 143


def test_a_named_service_that_does_not_stop_gives_137(stage: Stage) -> None:
    stage.write("""
services:
  tests: {image: busybox:test, init: true, command: "true", depends_on: [deaf]}
  deaf:
    image: busybox:test
    command: [sh, -c, "trap '' TERM; while :; do sleep 1; done"]
    stop_grace_period: 1s
""")

    assert stage.run("up", "--exit-code-from", "deaf").code == 137


def test_a_success_is_no_failure_to_abort_on(stage: Stage) -> None:
    stage.write("""
services:
  seed: {image: busybox:test, init: true, command: "true"}
  tests: {image: busybox:test, init: true, command: [sh, -c, "echo tested; exit 3"], depends_on:
    {seed: {condition: service_completed_successfully}}}
""")

    done = stage.run("up", "--abort-on-container-failure")

    assert done.code == 3
    assert "tested" in done.out


@pytest.mark.parametrize("words", [("--attach", "short"), ("--no-attach", "long"), ()])
def test_an_attached_up_goes_on_until_what_it_does_not_show_has_ended_too(words: tuple[str, ...], stage: Stage) -> None:
    stage.write("""
services:
  short: {image: busybox:test, command: echo short}
  long: {image: busybox:test, init: true, command: [sh, -c, "sleep 2; echo long"], attach: false}
""")

    done = stage.run("up", *words)

    assert stage.states() == {"long-1": "exited", "short-1": "exited"}
    assert done.out.splitlines() == ["short-1  | short", "short-1 exited with code 0", "long-1 exited with code 0"]
