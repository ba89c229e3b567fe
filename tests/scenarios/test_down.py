"""What `down` takes away, and what it leaves."""

from pathlib import Path

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  db: {image: busybox:test, init: true, command: sleep 600, volumes: [data:/data]}
  web: {image: busybox:test, init: true, command: sleep 600, depends_on: [db]}
volumes: {data: {}}
"""
WITHOUT_WEB = """
services:
  db: {image: busybox:test, init: true, command: sleep 600, volumes: [data:/data]}
volumes: {data: {}}
"""


def test_down_needs_no_stack_file_when_the_project_is_named(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    elsewhere: Path = tmp_path_factory.mktemp("empty")

    done = stage.run("down", directory=elsewhere)

    assert done.code == 0, done.said
    assert stage.containers() == {}
    assert stage.networks() == []


def test_down_takes_the_project_s_name_from_the_stack_file(stage: Stage) -> None:
    stage.write(STACK + f"name: {stage.project}\n")
    stage.good("up", "-d")

    done = stage.run("down", named=False)

    assert done.code == 0, done.said
    assert stage.containers() == {}


def test_what_is_in_a_volume_outlives_down_and_up(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    stage.good("exec", "-T", "db", "sh", "-c", "echo precious > /data/file")

    stage.good("down")
    stage.good("up", "-d")

    assert stage.good("exec", "-T", "db", "cat", "/data/file").out == "precious\n"


def test_down_with_v_removes_the_volumes(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    assert stage.volumes() == [f"{stage.project}_data"]

    stage.good("down", "-v")

    assert stage.volumes() == []


def test_down_of_a_project_that_does_not_exist_says_so_and_succeeds(stage: Stage) -> None:
    done = stage.run("down")

    assert done.code == 0
    assert f"nothing of project {stage.project}" in done.err


def test_down_leaves_orphans_and_says_so(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    stage.write(WITHOUT_WEB)

    done = stage.good("-f", "compose.yaml", "down")

    assert stage.states() == {"web-1": "running"}
    assert "web-1" in done.err
    assert "--remove-orphans" in done.err


@pytest.mark.parametrize("verb", ["up", "down"])
def test_orphans_are_removed_when_asked(stage: Stage, verb: str) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    stage.write(WITHOUT_WEB)

    stage.good("-f", "compose.yaml", verb, "--remove-orphans", *(["-d"] if verb == "up" else []))

    assert "web-1" not in stage.containers()


def test_down_with_rmi_local_removes_what_was_built_without_a_name_and_no_other_image(stage: Stage) -> None:
    (stage.directory / "Dockerfile").write_text("FROM busybox:test\nLABEL stage=scenario\n")
    stage.write("""
services:
  shop: {build: ., init: true, command: sleep 600}
  db: {image: busybox:test, init: true, command: sleep 600}
""")
    stage.good("up", "-d")
    assert f"{stage.project}-shop:latest" in stage.observe().images

    stage.good("-f", "compose.yaml", "down", "--rmi", "local")

    images = stage.observe().images
    assert f"{stage.project}-shop:latest" not in images
    assert "busybox:test" in images
