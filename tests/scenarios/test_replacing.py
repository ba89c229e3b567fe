"""A changed service is replaced; the container that works is not lost before its successor works."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

WORKING = """
services:
  db: {image: busybox:test, init: true, command: sleep 600}
  web: {image: busybox:test, init: true, command: [sh, -c, "echo VERSION; exec sleep 600"]}
"""
CHECKED = """
services:
  db: {image: busybox:test, init: true, command: sleep 600}
  web:
    image: busybox:test
    init: true
    command: [sh, -c, "echo VERSION; exec sleep 600"]
    healthcheck: {test: "true", interval: 1s, retries: 2}
"""


def test_up_twice_leaves_every_container_alone(stage: Stage) -> None:
    stage.write(WORKING)
    stage.good("up", "-d")
    before = stage.ids()

    stage.good("up", "-d")

    assert stage.ids() == before, stage.run("ps", "-a").out


def test_after_up_there_is_nothing_to_do(stage: Stage) -> None:
    stage.write(WORKING)
    stage.good("up", "-d")

    planned = stage.run("plan", "--detailed-exitcode")

    assert planned.code == 0
    assert "nothing to do" in planned.out


def test_a_changed_service_is_replaced_and_the_others_keep_their_containers(stage: Stage) -> None:
    stage.write(WORKING)
    stage.good("up", "-d")
    before = stage.ids()
    stage.write(WORKING.replace("VERSION", "version 2"))

    stage.good("up", "-d")

    now = stage.ids()
    assert now.keys() == before.keys()
    assert now["db-1"] == before["db-1"]
    assert now["web-1"] != before["web-1"]
    assert "version 2" in stage.printed("web")


def assert_the_old_one_runs(stage: Stage, before: dict[str, str]) -> None:
    assert stage.ids() == before, stage.run("ps", "-a").out
    assert stage.states() == {"db-1": "running", "web-1": "running"}


def test_when_the_new_version_crashes_the_old_container_runs_again(stage: Stage) -> None:
    stage.write(CHECKED)
    stage.good("up", "-d", "--wait")
    before = stage.ids()
    stage.write(CHECKED.replace("echo VERSION; exec sleep 600", "echo no such table; exit 5"))

    done = stage.run("up", "-d")

    assert done.code == 1
    assert "exited with code 5" in done.err
    assert "no such table" in done.err
    assert_the_old_one_runs(stage, before)


@pytest.mark.parametrize("restart", ["no", "always"])
def test_a_crash_at_the_start_is_seen_without_a_health_check(stage: Stage, restart: str) -> None:
    plain = WORKING.replace("  web: {", f'  web: {{restart: "{restart}", ')
    stage.write(plain)
    stage.good("up", "-d")
    before = stage.ids()
    stage.write(plain.replace("echo VERSION; exec sleep 600", "echo no such table; exit 5"))

    done = stage.run("up", "-d")

    assert done.code == 1
    assert "exited with code 5" in done.err
    assert "could not" not in done.err, done.err
    assert_the_old_one_runs(stage, before)


def test_when_the_new_version_is_not_healthy_the_old_container_runs_again(stage: Stage) -> None:
    stage.write(CHECKED)
    stage.good("up", "-d", "--wait")
    before = stage.ids()
    stage.write(CHECKED.replace('"true", interval: 1s', '"echo cannot connect; false", interval: 200ms'))

    done = stage.run("up", "-d")

    assert done.code == 1
    assert "cannot connect" in done.err
    assert_the_old_one_runs(stage, before)


def test_when_the_new_version_cannot_be_started_the_old_container_runs_again(stage: Stage) -> None:
    plain = WORKING.replace("  web: {image: busybox:test, init: true, ", "  web: {image: busybox:test, ")
    stage.write(plain)
    stage.good("up", "-d")
    before = stage.ids()
    stage.write(plain.replace('[sh, -c, "echo VERSION; exec sleep 600"]', "/no/such/program, stop_signal: KILL"))

    done = stage.run("up", "-d")

    assert done.code == 1
    assert "/no/such/program" in done.err
    assert_the_old_one_runs(stage, before)


def test_after_a_failed_replacement_a_repaired_file_is_brought_up(stage: Stage) -> None:
    stage.write(CHECKED)
    stage.good("up", "-d", "--wait")
    stage.write(CHECKED.replace("exec sleep 600", "exit 5"))
    assert stage.run("up", "-d").code == 1
    stage.write(CHECKED.replace("VERSION", "version 3"))

    stage.good("up", "-d")

    assert stage.states() == {"db-1": "running", "web-1": "running"}
    assert "version 3" in stage.printed("web")


SLOW = """
x-service: &service
  image: busybox:test
  init: true
  command: sleep 600
  environment: {V: "1"}
  healthcheck: {test: test -e /ready, interval: 300ms, retries: 1000}
services:
  db: {<<: *service}
  web: {<<: *service}
"""


@pytest.mark.parametrize("moment", ["web-1: waiting until ready", "db-1: waiting until ready"])
def test_an_up_that_was_killed_while_replacing_is_completed_by_the_next(stage: Stage, moment: str) -> None:
    stage.write(SLOW.replace("test -e /ready", '"true"'))
    stage.good("up", "-d", "--wait")
    stage.write(SLOW.replace('"1"', '"2"'))
    with stage.start("up", "-d", "--wait") as up:
        up.until(moment)
        up.kill()
    stage.write(SLOW.replace('"1"', '"2"').replace("test -e /ready", '"true"'))

    stage.good("up", "-d", "--wait")

    assert stage.states() == {"db-1": "running", "web-1": "running"}
    for name in ("db-1", "web-1"):
        assert "V=2" in stage.inspect(name)["Config"]["Env"]
    assert "nothing to do" in stage.good("plan").out
