"""What the engine refuses is named, and what worked stays."""

import socket

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine


def test_a_port_that_is_taken_is_named_and_the_other_services_run(stage: Stage) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stage.write(f"""
services:
  db: {{image: busybox:test, init: true, command: sleep 600}}
  web: {{image: busybox:test, init: true, command: sleep 600, ports: ["127.0.0.1:{port}:80"]}}
""")

        done = stage.run("up", "-d")

    assert done.code == 1
    assert str(port) in done.err
    assert "web-1" in done.err
    assert stage.states()["db-1"] == "running"
    assert stage.states().get("web-1", "created") == "created"


def test_a_port_that_has_become_free_is_taken_by_the_next_up(stage: Stage) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stage.write(f"""
services:
  web: {{image: busybox:test, init: true, command: sleep 600, ports: ["127.0.0.1:{port}:80"]}}
""")
        assert stage.run("up", "-d").code == 1

    stage.good("up", "-d")

    assert stage.states() == {"web-1": "running"}


def test_an_image_that_cannot_be_had_is_named_and_the_other_services_run(stage: Stage) -> None:
    stage.write("""
services:
  db: {image: busybox:test, init: true, command: sleep 600}
  web: {image: "127.0.0.1:1/nowhere/shop:9", depends_on: [db]}
""")

    done = stage.run("up", "-d")

    assert done.code == 1
    assert "127.0.0.1:1/nowhere/shop:9" in done.err
    assert "web" in done.err
    assert stage.states() == {"db-1": "running"}
