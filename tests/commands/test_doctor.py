"""`doctor`, and what `up` refuses for the same reasons, on the engine in memory."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose import labels
from minicompose.cli import main
from minicompose.planning.plan import ContainerSpec
from tests.fake_engine import FakeEngine
from tests.stack_of import stack_of

GOOD = "services:\n  web: {image: 'web:1', command: sleep 1, ports: ['8080:80']}\n"
Printed = pytest.CaptureFixture[str]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compose.yaml").write_text(GOOD)
    with FakeEngine("web:1") as engine:
        monkeypatch.setattr("minicompose.engine.connect.connect", lambda *_: engine)
        yield engine


def take_port(engine: FakeEngine) -> None:
    """A container of another project has port 8080."""
    service = stack_of(GOOD).services["web"]
    spec = ContainerSpec(
        project="other", name="other-web-1", number=1, image="web:1", service=service, labels={labels.PROJECT: "other"}
    )
    engine.create_container("other-web-1", spec, None)
    engine.start_container("other-web-1")
    engine.calls.clear()


def run(*words: str) -> int:
    return main(["-p", "shop", *words])


def test_nothing_in_the_way_exits_with_0(engine: FakeEngine, capsys: Printed) -> None:
    assert run("doctor") == 0
    assert capsys.readouterr().out == "nothing is in the way of `up`, which has 3 steps to take\n"


def test_all_that_is_in_the_way_is_one_list_with_places(engine: FakeEngine, capsys: Printed, tmp_path: Path) -> None:
    take_port(engine)
    (tmp_path / "compose.yaml").write_text(
        GOOD.replace("80']}", "80'], secrets: [s], networks: [edge]}")
        + "  gone: {image: 'gone:1', pull_policy: never}\n"
        + "secrets: {s: {file: nowhere.txt}}\nnetworks: {edge: {external: true}}\n"
    )

    assert run("doctor", "--format", "json") == 1

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["path"], each["line"]) for each in told] == [
        ("services.web.ports[0]", 2),
        ("services.gone.image", 3),
        ("secrets.s.file", 4),
        ("networks.edge", 5),
    ]
    assert {each["severity"] for each in told} == {"error"}
    assert engine.calls == []


def test_a_wrong_stack_file_is_wrong_as_ever(engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  web: {imgae: x}\n")

    assert run("doctor") == 2


def test_the_registry_is_asked_only_when_that_is_wanted(engine: FakeEngine, capsys: Printed, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  web: {image: 'nowhere:1'}\n")

    assert run("doctor") == 0
    assert engine.called("image_digest") == []
    assert run("doctor", "--registry") == 1
    assert "nowhere:1 cannot be pulled: manifest unknown" in capsys.readouterr().out


def test_up_refuses_before_its_first_change_and_exits_with_1(engine: FakeEngine, capsys: Printed) -> None:
    take_port(engine)

    assert run("up", "-d") == 1

    assert "port 8080 of the host is taken by container other-web-1 of project other" in capsys.readouterr().err
    assert engine.calls == []


def test_an_up_with_nothing_to_do_does_not_look_around(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("up", "-d") == 0
    monkeypatch.setattr(engine, "all_containers", lambda: pytest.fail("it looked"))

    assert run("up", "-d") == 0


def test_a_dry_run_shows_the_plan_all_the_same(engine: FakeEngine, capsys: Printed) -> None:
    take_port(engine)

    assert run("up", "--dry-run") == 0


def test_a_rollback_refuses_what_up_would(engine: FakeEngine, capsys: Printed, tmp_path: Path) -> None:
    assert run("up", "-d") == 0
    (tmp_path / "compose.yaml").write_text("services:\n  web: {image: 'web:1', command: sleep 2}\n")
    assert run("up", "-d") == 0
    take_port(engine)

    assert run("rollback", "-y") == 1

    assert "port 8080 of the host is taken by container other-web-1 of project other" in capsys.readouterr().err
    assert engine.calls == []
    assert run("rollback", "--dry-run") == 0
