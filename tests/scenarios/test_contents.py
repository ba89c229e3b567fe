"""Secrets and configs arrive in the container, and a changed one replaces it."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  web:
    image: busybox:test
    init: true
    command: sleep 600
    secrets: [password, {source: token, target: api_token, mode: 0400, uid: "1000"}]
    configs: [{source: settings, target: /etc/web/settings.ini, mode: 0440}]
  db: {image: busybox:test, init: true, command: sleep 600}
secrets:
  password: {file: ./password.txt}
  token: {environment: TOKEN}
configs:
  settings: {content: "level = info\\n"}
"""
TOKEN = {"TOKEN": "from the environment"}


@pytest.fixture
def written(stage: Stage) -> Stage:
    (stage.directory / "password.txt").write_text("hunter2\n")
    stage.write(STACK)
    return stage


def read(stage: Stage, path: str) -> str:
    done = stage.run("exec", "-T", "web", "cat", path, environment=TOKEN)
    assert done.code == 0, done.said
    return done.out


def up(stage: Stage) -> None:
    done = stage.run("up", "-d", environment=TOKEN)
    assert done.code == 0, done.said


def test_secrets_and_configs_arrive_with_their_content(written: Stage) -> None:
    up(written)

    assert read(written, "/run/secrets/password") == "hunter2\n"
    assert read(written, "/run/secrets/api_token") == "from the environment"
    assert read(written, "/etc/web/settings.ini") == "level = info\n"


def test_secrets_and_configs_arrive_with_their_mode_and_owner(written: Stage) -> None:
    up(written)

    asked = ("stat", "-c", "%a %u", "/run/secrets/api_token", "/etc/web/settings.ini")
    done = written.run("exec", "-T", "web", *asked, environment=TOKEN)
    assert done.out.splitlines() == ["400 1000", "440 0"]


def test_the_content_of_a_secret_is_on_no_label(written: Stage) -> None:
    up(written)

    labels = str(written.inspect("web-1")["Config"])
    assert "hunter2" not in labels
    assert "from the environment" not in labels


def test_a_changed_config_replaces_the_container_that_has_it_and_no_other(written: Stage) -> None:
    up(written)
    before = written.ids()
    written.write(STACK.replace("level = info", "level = debug"))

    up(written)

    now = written.ids()
    assert now["web-1"] != before["web-1"]
    assert now["db-1"] == before["db-1"]
    assert read(written, "/etc/web/settings.ini") == "level = debug\n"


def test_the_changed_file_of_a_secret_is_seen(written: Stage) -> None:
    up(written)
    before = written.ids()
    (written.directory / "password.txt").write_text("correct horse\n")

    up(written)

    assert read(written, "/run/secrets/password") == "correct horse\n"
    assert written.ids()["db-1"] == before["db-1"]
