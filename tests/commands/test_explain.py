"""`explain`, on the engine in memory."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose.cli import main
from tests.fake_engine import Behaviour, FakeEngine

STACK = """
services:
  db:
    image: "db:1"
    command: sh -c "echo PASSWORD is hunter2-secret; sleep 1"
    environment: {DB_PASSWORD: hunter2-secret}
    healthcheck: {test: [CMD, "false"]}
  web: {image: "web:1", command: sleep 1, depends_on: {db: {condition: service_healthy}}}
  other: {image: "web:1", command: sleep 1}
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compose.yaml").write_text(STACK)
    with FakeEngine("db:1", "web:1") as engine:
        monkeypatch.setattr("minicompose.engine.connect.connect", lambda *_: engine)
        yield engine


def run(*words: str, code: int = 0) -> None:
    assert main([*words]) == code


Printed = pytest.CaptureFixture[str]


def test_the_cause_is_told_with_its_last_lines_and_without_secrets(engine: FakeEngine, capsys: Printed) -> None:
    run("-p", "shop", "-f", "compose.yaml", "--progress", "quiet", "up", "-d", code=1)
    engine.become("shop-db-1", "unhealthy", "no route to hunter2-secret")
    capsys.readouterr()

    run("-p", "shop", "-f", "compose.yaml", "explain", "web")

    told = capsys.readouterr().out.splitlines()
    assert told[:2] == ["web (shop-web-1): created, and not started", "  it waits until db is healthy"]
    assert told[2].startswith("    db (shop-db-1): runs and is unhealthy")
    assert told[5:] == [
        "        exit code 1: no route to ***",
        "      the last that it printed:",
        "        | PASSWORD is ***",
    ]


def test_labels_tell_where_there_is_no_stack_file(engine: FakeEngine, capsys: Printed, tmp_path: Path) -> None:
    run("-p", "shop", "-f", "compose.yaml", "--progress", "quiet", "up", "-d", code=1)
    (tmp_path / "compose.yaml").unlink()
    capsys.readouterr()

    run("-p", "shop", "explain", "--format", "json", "web")

    told = json.loads(capsys.readouterr().out)
    assert (told["project"], told["service"], told["condition"], told["well"]) == ("shop", "web", "created", False)
    assert told["waits_for"][0]["by"]["causes"][0]["kind"] == "Unhealthy"


def test_an_unknown_service_is_wrong_usage_and_names_the_near_one(engine: FakeEngine, capsys: Printed) -> None:
    run("-p", "shop", "-f", "compose.yaml", "explain", "wbe", code=2)

    assert 'did you mean "web"?' in capsys.readouterr().err


def test_an_image_that_the_registry_does_not_have_is_told_so(engine: FakeEngine, capsys: Printed) -> None:
    engine.remove_image("web:1")

    run("-p", "shop", "-f", "compose.yaml", "explain", "other")

    assert "  the engine has no image web:1: manifest unknown" in capsys.readouterr().out


def test_a_secret_file_that_is_missing_keeps_nothing_from_being_explained(
    engine: FakeEngine, capsys: Printed, tmp_path: Path
) -> None:
    stack = STACK.replace("  other: {", "  other: {secrets: [s], ") + "secrets: {s: {file: gone.txt}}\n"
    (tmp_path / "compose.yaml").write_text(stack)

    run("-p", "shop", "-f", "compose.yaml", "explain", "other")

    assert "nothing is in its way" in capsys.readouterr().out


def test_a_service_that_does_well_is_one_line(engine: FakeEngine, capsys: Printed) -> None:
    engine.script("db", Behaviour(health=("healthy",)))
    run("-p", "shop", "-f", "compose.yaml", "--progress", "quiet", "up", "-d")

    run("-p", "shop", "-f", "compose.yaml", "explain")

    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "db (shop-db-1)",
        "web (shop-web-1)",
        "other (shop-other-1)",
    ]
