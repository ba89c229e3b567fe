"""Why something does not run, and what is in the way of an `up`, on the real engine."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from minicompose.errors import EngineError
from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

SLEEPS = "image: busybox:test, init: true, command: sleep 600"


@contextmanager
def taken_port(address: str = "127.0.0.1") -> Iterator[int]:
    """A port on which this very program listens."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as taken:
        taken.bind((address, 0))
        taken.listen()
        yield taken.getsockname()[1]


def explained(stage: Stage, *services: str) -> list[dict[str, Any]]:
    told = stage.good("-f", "compose.yaml", "explain", "--format", "json", *services).out
    return [json.loads(line) for line in told.splitlines()]


def kinds(explanation: dict[str, Any]) -> list[str]:
    return [cause["kind"] for cause in explanation["causes"]]


# ---- explain ----


def test_what_is_waited_for_is_followed_down_to_the_failing_health_check(stage: Stage) -> None:
    stage.write(f"""
services:
  db:
    {{{SLEEPS}, healthcheck: {{test: "echo no data; exit 3", interval: 200ms, retries: 2}}}}
  api: {{{SLEEPS}, depends_on: {{db: {{condition: service_healthy}}}}}}
  web: {{{SLEEPS}, depends_on: [api]}}
""")
    failed = stage.run("up", "-d")

    told = stage.good("-f", "compose.yaml", "explain", "web").out.splitlines()

    assert failed.code == 1
    assert "      exit code 3: no data" in failed.err
    assert f"`minicompose -p {stage.project} explain db`" in failed.err
    project = stage.project
    assert told[:4] == [
        f"web ({project}-web-1): created, and not started",
        "  it waits until api is started",
        f"    api ({project}-api-1): created, and not started",
        "      it waits until db is healthy",
    ]
    assert told[4].startswith(f"        db ({project}-db-1): runs and is unhealthy, started ")
    assert told[6] == "            exit code 3: no data"


def test_what_ran_out_of_memory_is_told_against_its_limit(stage: Stage) -> None:
    stage.write(f"""
services:
  hog: {{image: busybox:test, mem_limit: 8m, command: tail /dev/zero}}
  web: {{{SLEEPS}, depends_on: {{hog: {{condition: service_completed_successfully}}}}}}
""")

    failed = stage.run("up", "-d")

    (hog,) = explained(stage, "hog")
    assert failed.code == 1
    assert "it ran out of memory: its limit is 8 MiB" in failed.err
    assert hog["causes"] == [{"kind": "OutOfMemory", "limit": 8 << 20}]


def test_what_ended_is_told_with_its_last_lines_and_without_its_secret(stage: Stage) -> None:
    stage.write(
        f"""
services:
  web: {{{SLEEPS}, depends_on: {{job: {{condition: service_completed_successfully}}}}}}
"""
        + """
  job:
    image: busybox:test
    command: sh -c 'echo cannot log in as $$(cat /run/secrets/pass) or $$DB_PASSWORD; exit 139'
    environment: {DB_PASSWORD: swordfish}
    secrets: [pass]
secrets: {pass: {file: pass.txt}}
"""
    )
    (stage.directory / "pass.txt").write_text("correct horse\n")

    failed = stage.run("up", "-d")

    (job,) = explained(stage, "job")
    assert job["causes"] == [{"kind": "Exited", "code": 139, "meaning": "SIGSEGV: it crashed"}]
    assert job["output"] == ["cannot log in as *** or ***"]
    assert "    | cannot log in as *** or ***" in failed.err
    assert "swordfish" not in failed.err


def test_a_port_that_was_taken_meanwhile_is_told_with_its_holder(stage: Stage) -> None:
    with taken_port() as port:
        stage.write(f"services: {{web: {{{SLEEPS}, ports: ['127.0.0.1:{port}:80']}}}}")
        stage.good("up", "-d", "--no-start")

        (web,) = explained(stage, "web")
        with pytest.raises(EngineError, match=f"port {port} is already in use"):
            stage.engine.start_container(f"{stage.project}-web-1")
        (tried,) = explained(stage, "web")

    assert web["causes"] == tried["causes"]
    (cause,) = tried["causes"]
    assert (cause["kind"], cause["port"], cause["holder"]["pid"]) == ("PortTaken", port, os.getpid())


def test_a_mount_whose_source_is_gone_is_named(stage: Stage) -> None:
    source = stage.directory / "site"
    source.mkdir()
    bind = f"{{type: bind, source: {source}, target: /site, bind: {{create_host_path: false}}}}"
    stage.write(f"services: {{web: {{{SLEEPS}, volumes: [{bind}]}}}}")
    stage.good("up", "-d", "--no-start")
    source.rmdir()

    (web,) = explained(stage, "web")

    assert web["causes"] == [{"kind": "SourceMissing", "source": str(source), "target": "/site"}]


def test_an_image_that_cannot_be_had_is_told_with_its_registrys_answer(stage: Stage) -> None:
    stage.write("services: {web: {image: '127.0.0.1:1/nowhere/shop:9'}}")

    (web,) = explained(stage, "web")

    (cause,) = web["causes"]
    assert (cause["kind"], cause["image"]) == ("ImageMissing", "127.0.0.1:1/nowhere/shop:9")
    assert "nobody answers at the registry 127.0.0.1:1" in cause["why"]


def test_what_restarts_again_and_again_tells_how_often(stage: Stage) -> None:
    stage.write("services: {web: {image: busybox:test, restart: always, command: sh -c 'exit 9'}}")
    with closing(stage.engine.events(stage.project)) as events:
        stage.run("up", "-d")
        starts = (event for event in events if event.action == "start")
        next(starts), next(starts)

    (web,) = explained(stage, "web")

    assert "Restarted" in kinds(web)


def test_labels_are_enough_and_a_service_that_does_well_is_one_line(stage: Stage, tmp_path: Path) -> None:
    stage.write(f"services: {{web: {{{SLEEPS}}}}}")
    stage.good("up", "-d")
    (stage.directory / "compose.yaml").unlink()

    told = stage.good("explain").out

    assert told.startswith(f"web ({stage.project}-web-1): runs since 20")
    assert told.count("\n") == 1
    assert stage.run("explain", "wbe").code == 2


# ---- doctor ----


@pytest.mark.parametrize("address", ["127.0.0.1", "::"])
def test_doctor_and_up_find_a_port_that_a_program_has(stage: Stage, address: str) -> None:
    with taken_port(address) as port:
        stage.write(f"services: {{web: {{{SLEEPS}, ports: ['127.0.0.1:{port}:80']}}}}")

        doctor, up = stage.run("doctor"), stage.run("up", "-d")

    assert (doctor.code, up.code) == (1, 1)
    for said in (doctor.out, up.err):
        assert f"services.web.ports[0]: port {port} of the host is taken by python" in said
        assert f"(process {os.getpid()})" in said
    assert (stage.containers(), stage.networks()) == ({}, [])


def test_a_port_that_a_container_of_another_project_has_is_found_and_what_runs_is_left_alone(stage: Stage) -> None:
    with taken_port() as port:
        pass
    other = stage.directory / "other.yaml"
    other.write_text(f"services: {{proxy: {{{SLEEPS}, ports: ['127.0.0.1:{port}:80']}}}}")
    ours = f"services: {{one: {{{SLEEPS}}}, two: {{{SLEEPS}}}}}"
    stage.write(ours)
    stage.good("up", "-d")
    before = stage.ids()
    stage.write(ours.replace("two: {", f"two: {{ports: ['127.0.0.1:{port}:80'], ").replace("600", "601"))
    named = f"{stage.project}-other"
    try:
        stage.good("-p", named, "-f", "other.yaml", "up", "-d")

        done = stage.run("up", "-d")

        assert done.code == 1
        assert f"is taken by container {named}-proxy-1 of project {named}" in done.err
        assert stage.ids() == before
    finally:
        stage.good("-p", named, "-f", "other.yaml", "down", "-t", "1")


def test_what_the_same_up_replaces_is_not_in_its_way(stage: Stage) -> None:
    with taken_port() as port:
        pass
    text = f"services: {{web: {{{SLEEPS}, ports: ['127.0.0.1:{port}:80']}}}}"
    stage.write(text)
    stage.good("up", "-d")
    stage.write(text.replace("600", "601"))

    doctor = stage.good("doctor")
    stage.good("up", "-d")

    assert "nothing is in the way" in doctor.out
    assert stage.states() == {"web-1": "running"}


def test_doctor_finds_all_at_once_and_changes_nothing(stage: Stage) -> None:
    stack = """
services:
  web:
    image: busybox:test
    mem_limit: 1m
    cpus: 4096
    secrets: [s]
    networks: [edge, mine]
    volumes: [{type: bind, source: ./nowhere, target: /x, bind: {create_host_path: false}}]
    devices: [/dev/nothing-at-all]
  never: {image: "nobody/has:this", pull_policy: never}
secrets: {s: {file: gone.txt}}
networks:
  edge: {external: true, name: nobody-has-this-network}
  mine: {ipam: {config: [{subnet: TAKEN}]}}
"""
    stage.write(stack.replace("TAKEN", stage.api.get("/networks/bridge")["IPAM"]["Config"][0]["Subnet"]))

    done = stage.run("doctor", "--format", "json")

    told = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1
    assert [each["path"] for each in told if each["severity"] == "error"] == [
        "services.web.mem_limit",
        "services.web.cpus",
        "services.web.volumes[0]",
        "services.web.devices[0]",
        "services.never.image",
        "secrets.s.file",
        "networks.edge",
        "networks.mine.ipam.config[0].subnet",
    ]
    assert all(each["line"] for each in told)
    assert (stage.containers(), stage.networks()) == ({}, [])
