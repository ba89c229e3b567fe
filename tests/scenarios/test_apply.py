"""A plan is kept, and is carried out or refused."""

from pathlib import Path

import pytest

from minicompose import labels
from tests.scenarios.stage import Done, Stage

pytestmark = pytest.mark.engine

ONE = """
services:
  db: {image: busybox:test, init: true, command: sleep 600, environment: {DB_PASSWORD: "${PASSWORD:-hunter2}"}}
  web:
    image: busybox:test
    init: true
    command: [sh, -c, "sleep 600", "--key=${API_KEY:-opensesame}", "${API_KEY}"]
    environment: {LEVEL: info}
    secrets: [pass]
secrets:
  pass: {environment: PASS}
"""
TWO = ONE.replace("info", "debug")
PASS = {"PASS": "swordfish", "PASSWORD": "correcthorse", "API_KEY": "batterystaple"}


def plan(stage: Stage, *words: str) -> Path:
    done = stage.run("plan", "-o", "kept.plan", *words, environment=PASS)
    assert done.code == 0, done.said
    return stage.directory / "kept.plan"


def apply(stage: Stage, *words: str, directory: Path | None = None) -> Done:
    file = str(stage.directory / "kept.plan")
    return stage.run("apply", "-d", *words, file, environment=PASS, directory=directory, named=False)


def brought_up(stage: Stage) -> None:
    stage.write(ONE)
    done = stage.run("up", "-d", environment=PASS)
    assert done.code == 0, done.said


def test_a_kept_plan_is_carried_out_from_another_directory(stage: Stage) -> None:
    brought_up(stage)
    before = stage.ids()
    stage.write(TWO)
    plan(stage, "--wait")

    done = apply(stage, directory=Path("/"))

    assert done.code == 0, done.said
    assert stage.ids()["db-1"] == before["db-1"]
    assert stage.ids()["web-1"] != before["web-1"]
    assert stage.good("exec", "-T", "web", "sh", "-c", "echo $LEVEL; cat /run/secrets/pass").out == "debug\nswordfish"
    assert len(stage.good("history", "-q").out.split()) == 2


def test_a_stack_file_that_changed_since_is_refused(stage: Stage) -> None:
    brought_up(stage)
    stage.write(TWO)
    plan(stage)
    stage.write(ONE.replace("info", "warn"))
    before = stage.ids()

    done = apply(stage)

    assert done.code == 1
    assert 'service web: environment.LEVEL: "debug" -> "warn"   compose.yaml:8:19' in done.err
    assert stage.ids() == before


def test_a_container_that_was_stopped_since_is_refused(stage: Stage) -> None:
    brought_up(stage)
    stage.write(TWO)
    plan(stage)
    stage.engine.stop_container(f"{stage.project}-db-1", 0)
    before = stage.ids()

    done = apply(stage)

    assert done.code == 1
    assert f"container {stage.project}-db-1 was running, and has exited with " in done.err
    assert stage.ids() == before
    assert stage.states()["db-1"] == "exited"


def test_a_secret_is_nowhere_in_a_plan_or_in_what_a_container_is_known_by(stage: Stage) -> None:
    brought_up(stage)
    for container in stage.observe().containers:
        assert not [secret for secret in PASS.values() if secret in container.labels[labels.SPEC]]
    assert stage.inspect("web-1")["Config"]["Cmd"][-1] == PASS["API_KEY"]
    stage.write(TWO.replace("sleep 600", "sleep 601"))

    text = plan(stage).read_text()

    for shown in (
        text,
        stage.run("plan", environment=PASS).said,
        stage.run("plan", "--format", "json", environment=PASS).said,
    ):
        assert not [secret for secret in PASS.values() if secret in shown]
    assert (stage.directory / "kept.plan").stat().st_mode & 0o077 == 0
