"""What a failed `up` tells, on the engine in memory."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose.cli import main
from minicompose.errors import EngineFault
from tests.fake_engine import Behaviour, FakeEngine

STACK = """
services:
  db:
    image: "db:1"
    command: sh -c "echo PASSWORD is hunter2-secret; sleep 1"
    environment: {DB_PASSWORD: hunter2-secret, LEVEL: info}
    healthcheck: {test: [CMD, "true"]}
  web: {image: "web:1", command: sleep 1, depends_on: {db: {condition: service_healthy}}}
  other: {image: "web:1", command: sleep 1, depends_on: {db: {condition: service_healthy}}}
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compose.yaml").write_text(STACK)
    with FakeEngine("db:1", "web:1") as engine:
        monkeypatch.setattr("minicompose.engine.connect.connect", lambda *_: engine)
        yield engine


Printed = pytest.CaptureFixture[str]


def up(capfd: Printed, *words: str, progress: str = "plain") -> list[str]:
    """What an `up` told that failed."""
    assert main(["-p", "shop", "--progress", progress, "up", *(words or ("-d",))]) == 1
    return capfd.readouterr().err.splitlines()


def test_a_failed_step_is_explained_once_and_without_secrets(engine: FakeEngine, capfd: Printed) -> None:
    engine.script("db", Behaviour(health=("unhealthy",)))

    told = up(capfd)

    failed = told.index("container shop-db-1: failed: unhealthy")
    assert told[failed + 1 : failed + 4] == [
        "    its health check has failed once",
        "      exit code 1: it printed nothing",
        "    | PASSWORD is ***",
    ]
    assert "\n".join(told).count("health check has failed") == 1
    assert len([line for line in told if "not started, since container shop-db-1 did not" in line]) == 2


def test_a_first_creation_that_fails_is_left_and_says_how_to_look_and_how_to_remove_it(
    engine: FakeEngine, capfd: Printed
) -> None:
    engine.script("db", Behaviour(start_fails=EngineFault("no", status=500)))

    told = up(capfd)

    assert (
        "what was created is left as it is, to look at: `minicompose -p shop explain db` and "
        "`minicompose -p shop logs db` tell more, `minicompose -p shop down` removes it"
    ) in told
    assert engine.containers["shop-db-1"].state == "created"


def test_an_attached_up_says_the_same(engine: FakeEngine, capfd: Printed) -> None:
    engine.script("db", Behaviour(health=("unhealthy",)))

    told = up(capfd, "--no-color")

    assert any("its health check has failed" in line for line in told)
    assert any("`minicompose -p shop down` removes it" in line for line in told)


def test_a_replacement_that_fails_is_explained_before_it_is_put_back(
    engine: FakeEngine, capfd: Printed, tmp_path: Path
) -> None:
    assert main(["-p", "shop", "--progress", "quiet", "up", "-d"]) == 0
    old = engine.containers["shop-db-1"].id
    engine.script("db", Behaviour(exits=3, health=(), output=b"no disk at hunter2-secret\n"))
    (tmp_path / "compose.yaml").write_text(STACK.replace("LEVEL: info", "LEVEL: debug"))

    told = up(capfd)

    failed = next(index for index, line in enumerate(told) if ": failed: exited with code 3" in line)
    assert told[failed + 1] == "    | no disk at ***"
    assert not any("what was created" in line for line in told)
    assert engine.containers["shop-db-1"].id == old
    assert engine.called("start_container")[-1] == "start_container shop-db-1"


def test_programs_get_the_explanation_as_the_hint(engine: FakeEngine, capfd: Printed) -> None:
    engine.script("db", Behaviour(health=("unhealthy",)))

    told = [json.loads(line) for line in up(capfd, progress="json")]

    (failed,) = [each for each in told if each["event"] == "StepFailed"]
    assert failed["hint"].startswith("its health check has failed once\n")
    assert failed["output"] == "PASSWORD is ***"
