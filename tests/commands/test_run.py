"""`run` on the engine in memory: what is asked of the command line, and what is refused."""

from pathlib import Path

import pytest

from tests.commands.shop import Shop

STACK = """
services:
  db: {image: db:1, command: sleep 9}
  web:
    image: web:1
    command: [sh, -c, "echo served; exit 3"]
    depends_on: [db]
    ports: ["8080:80"]
    volumes: ["data:/data"]
volumes: {data: {}}
"""


@pytest.fixture
def one(shop: Shop) -> Shop:
    shop.write(STACK)
    return shop


def test_a_detached_one_prints_its_id_and_the_dependencies_are_up(one: Shop) -> None:
    id = one.run("run", "-d", "--name", "mine", "web").strip()

    assert id == one.engine.containers["mine"].id
    assert one.engine.containers["shop-db-1"].state == "running"
    assert "shop-web-1" not in one.engine.containers


def test_a_dry_run_shows_the_plan_and_does_nothing(one: Shop) -> None:
    told = one.run("--dry-run", "run", "--name", "mine", "web")

    assert "mine" in told
    assert one.engine.calls == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-P", "-p", "1:1", "web"], "do not go together"),
        (["-p", "80:x", "web"], "-p 80:x"),
        (["-v", "a:b:c:d", "web"], "-v a:b:c:d"),
        (["--entrypoint", "sh 'x", "web"], "--entrypoint"),
        (["--env-from-file", "nowhere.env", "web"], "nowhere.env"),
        (["wbe"], 'did you mean "web"'),
        (["--pull", "sometimes", "web"], "--pull"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(one: Shop, words: list[str], said: str) -> None:
    one.run("run", *words, code=2)

    assert said in one.err
    assert one.engine.calls == []


def test_variables_come_from_the_service_then_from_files_then_from_the_command_line(
    one: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.write(STACK.replace("    ports", "    environment: {A: 1, B: 1, C: 1, D: 1}\n    ports"))
    Path(one.directory, "more.env").write_text("B=2\nC=2\n")
    monkeypatch.setenv("D", "4")
    monkeypatch.delenv("A", raising=False)

    one.run("run", "-d", "--name", "mine", "--env-from-file", "more.env", "-e", "C=3", "-e", "D", "-e", "A", "web")

    assert one.engine.specs["mine"].service.environment == {"A": "1", "B": "2", "C": "3", "D": "4"}


def test_what_is_mounted_by_the_command_line_takes_the_place_of_the_services(one: Shop) -> None:
    one.run("run", "-d", "--name", "mine", "-v", "./here:/data", "web")

    (mount,) = one.engine.specs["mine"].service.volumes or ()
    assert (mount.type, mount.source) == ("bind", str(one.directory / "here"))


def test_only_the_ports_that_are_asked_for_are_published(one: Shop) -> None:
    one.run("run", "-d", "--name", "none", "web")
    one.run("run", "-d", "--name", "own", "-p", "9:90", "web")
    one.run("run", "-d", "--name", "all", "-P", "web")

    ports = {name: one.engine.specs[name].service.ports for name in ("none", "own", "all")}
    assert ports["none"] is None
    assert [(port.published, port.target) for port in ports["own"] or ()] == [("9", 90)]
    assert [(port.published, port.target) for port in ports["all"] or ()] == [("8080", 80)]


def test_input_is_not_passed_on_where_it_is_not_to_be(one: Shop) -> None:
    one.run("run", "-d", "--name", "mine", "-i=false", "web")

    assert not one.engine.specs["mine"].input_once
