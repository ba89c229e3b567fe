"""What a stack has been is kept, told, and gone back to."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

ONE = """
services:
  db: {image: busybox:test, init: true, command: sleep 600, environment: {DB_PASSWORD: "${PASSWORD:-hunter2}"}}
  web:
    image: busybox:test
    init: true
    command: sleep 600
    environment: {LEVEL: info}
    configs: [{source: site, target: /etc/site.conf}]
configs:
  site: {content: "listen = 80\\n"}
"""
TWO = ONE.replace("info", "debug").replace("80", "81")


@pytest.fixture
def history(stage: Stage) -> Stage:
    """A stage that has been brought up, changed, and brought up again."""
    stage.write(ONE)
    stage.good("up", "-d")
    stage.write(TWO)
    stage.good("up", "-d")
    return stage


def revisions(stage: Stage) -> list[dict[str, Any]]:
    """The newest first."""
    return [json.loads(line) for line in stage.good("history", "--format", "json").out.splitlines()]


def level(stage: Stage) -> str:
    return stage.good("exec", "-T", "web", "sh", "-c", "echo $LEVEL; cat /etc/site.conf").out


def elsewhere(stage: Stage, *words: str) -> str:
    """Run a command that must succeed from a directory that has nothing to do with the project, which is gone."""
    if stage.directory.exists():
        shutil.rmtree(stage.directory)
    done = stage.run(*words, directory=Path("/"))
    assert done.code == 0, done.said
    return done.out


def test_what_changed_is_told_field_by_field(history: Stage) -> None:
    assert [(each["number"], each["present"]) for each in revisions(history)] == [(2, True), (1, False)]
    assert history.good("history", "diff", "1", "2").out == (
        "revision 1 -> revision 2\n"
        "~ service  web\n"
        '    environment.LEVEL: "info" -> "debug"\n'
        "~ config   site\n"
        '    content: "listen = 80\\n" -> "listen = 81\\n"\n'
    )


def test_a_rollback_brings_back_what_was_before_and_nothing_else_is_touched(history: Stage) -> None:
    before = history.ids()

    history.good("rollback", "-y")

    assert level(history) == "info\nlisten = 80\n"
    assert history.ids()["db-1"] == before["db-1"]
    assert [each["how"] for each in revisions(history)] == ["rollback to 1", "up", "up"]
    assert history.good("rollback", "1", "-y").err == "nothing to do: what runs is revision 1\n"


def test_it_needs_neither_the_directory_nor_the_stack_file(history: Stage) -> None:
    assert elsewhere(history, "history", "-q") == "2\n1\n"
    assert "LEVEL" in elsewhere(history, "history", "diff", "1", "2")

    elsewhere(history, "rollback", "-y")

    password = ("exec", "-T", "db", "sh", "-c", "echo $DB_PASSWORD")
    assert elsewhere(history, *password) == "hunter2\n"
    assert elsewhere(history, "exec", "-T", "web", "cat", "/etc/site.conf") == "listen = 80\n"


def test_a_changed_secret_is_asked_for_by_name_and_taken_from_the_environment(history: Stage) -> None:
    changed = history.run("up", "-d", environment={"PASSWORD": "another"})
    assert changed.code == 0, changed.said
    before = history.ids()

    refused = history.run("rollback", "-y", environment={"PASSWORD": "another"})

    assert refused.code == 1
    assert "environment.DB_PASSWORD of service db in revision 2 is not kept, and is different now" in refused.err
    assert history.ids() == before
    given = history.run("rollback", "-y", environment={"PASSWORD": "hunter2"})
    assert given.code == 0, given.said
    assert history.good("exec", "-T", "db", "sh", "-c", "echo $DB_PASSWORD").out == "hunter2\n"


@pytest.fixture
def tag(stage: Stage) -> Iterator[str]:
    """An image's name that can be moved."""
    stage.api.call("POST", "/images/busybox:test/tag", {"repo": stage.project, "tag": "1"})
    yield f"{stage.project}:1"
    stage.api.call("DELETE", f"/images/{stage.project}:1", {"force": "true"})


def test_the_very_image_that_ran_runs_again_though_its_tag_has_moved(stage: Stage, tag: str) -> None:
    stage.write(f"services: {{web: {{image: '{tag}', init: true, command: sleep 600}}}}")
    stage.good("up", "-d")
    then = stage.inspect("web-1")["Image"]
    moved = {"container": f"{stage.project}-web-1", "repo": stage.project, "tag": "1", "comment": "another one"}
    stage.api.post("/commit", {}, moved)
    stage.good("up", "-d")
    assert stage.inspect("web-1")["Image"] != then

    stage.good("rollback", "-y")

    assert stage.inspect("web-1")["Image"] == then
    assert revisions(stage)[0]["images"] == {"web": then}
