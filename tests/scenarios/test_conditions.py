"""What `up` waits for, and how it says that the wait was in vain."""

import time

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine


def test_a_dependent_starts_after_a_job_has_completed(stage: Stage) -> None:
    stage.write("""
services:
  migrate:
    image: busybox:test
    init: true
    command: [sh, -c, "sleep 1; echo migrated > /data/done"]
    volumes: [data:/data]
  web:
    image: busybox:test
    init: true
    command: [sh, -c, "cat /data/done; exec sleep 600"]
    volumes: [data:/data]
    depends_on: {migrate: {condition: service_completed_successfully}}
volumes: {data: {}}
""")

    stage.good("up", "-d", "--wait")

    assert "migrated" in stage.printed("web")


def test_waiting_for_a_job_that_succeeds_succeeds(stage: Stage) -> None:
    stage.write("""
services:
  job: {image: busybox:test, init: true, command: [sh, -c, "sleep 1; echo done"]}
""")

    done = stage.run("up", "-d", "--wait")

    assert done.code == 0, done.said


def test_a_job_that_fails_starts_no_dependents_and_shows_its_last_lines(stage: Stage) -> None:
    stage.write("""
services:
  migrate: {image: busybox:test, init: true, command: [sh, -c, "echo table users is locked; exit 7"]}
  web:
    image: busybox:test
    init: true
    command: sleep 600
    depends_on: {migrate: {condition: service_completed_successfully}}
""")

    done = stage.run("up", "-d")

    assert done.code == 1
    assert "7" in done.err.split("migrate-1", 1)[1]
    assert "table users is locked" in done.err
    assert stage.states().get("web-1", "created") == "created"


def test_a_failing_health_check_is_shown_with_its_output(stage: Stage) -> None:
    stage.write("""
services:
  db:
    image: busybox:test
    init: true
    command: sleep 600
    healthcheck: {test: "echo no route to the disk; exit 1", interval: 200ms, retries: 2}
  web: {image: busybox:test, init: true, command: sleep 600, depends_on: {db: {condition: service_healthy}}}
""")

    done = stage.run("up", "-d")

    assert done.code == 1
    assert "db-1" in done.err
    assert "no route to the disk" in done.err
    assert stage.states().get("web-1", "created") == "created"


def test_a_wait_ends_when_its_time_is_over(stage: Stage) -> None:
    stage.write("""
services:
  db:
    image: busybox:test
    init: true
    command: sleep 600
    healthcheck: {test: "exit 1", interval: 1h, start_period: 1h}
""")

    begun = time.monotonic()
    done = stage.run("up", "-d", "--wait", "--wait-timeout", "1")

    assert done.code == 1
    assert time.monotonic() - begun < 20
    assert "db-1" in done.err
    assert stage.states()["db-1"] == "running"
