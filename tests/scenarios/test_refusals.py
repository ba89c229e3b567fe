"""What the engine refuses is named, and what worked stays."""

import json
import os
import socket
from collections.abc import Mapping

import pytest

from tests.scenarios.stage import Done, Stage

pytestmark = pytest.mark.engine


def test_a_port_that_is_taken_is_named_with_its_holder_before_anything_is_made(stage: Stage) -> None:
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
    assert f"compose.yaml:4:70: services.web.ports[0]: port {port} of the host is taken by " in done.err
    assert f"(process {os.getpid()})" in done.err
    assert (stage.containers(), stage.networks()) == ({}, [])


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


REFUSED = """
services:
  provided: {provider: {type: awesome}}
  modelled: {image: "busybox:test", models: [llm]}
  kept: {image: "busybox:test", secrets: [outside, driven], configs: [outside, templated]}
  running: {image: "busybox:test", runtime: nowhere, isolation: hyperv, credential_spec: {file: x.json}}
  confined: {image: "busybox:test", security_opt: ["no-new-privileges", "seccomp=nowhere.json"]}
secrets: {outside: {external: true}, driven: {file: compose.yaml, driver: vault}, unused: {external: true}}
configs: {outside: {external: true}, templated: {content: x, template_driver: golang}}
models: {llm: {model: ai/x}}
"""
LARGE = """
services:
  limited: {image: "busybox:test", cpus: 9999, mem_limit: 5m, logging: {driver: nowhere}}
  connected: {image: "busybox:test", networks: [spanning, woven], volumes: ["kept:/kept"]}
networks: {spanning: {driver: overlay, attachable: true}, woven: {driver: nowhere}, unused: {driver: nowhere}}
volumes: {kept: {driver: nowhere}}
"""
CONTRADICTORY = """
services:
  db: {image: "busybox:test", cpus: 1, cpu_quota: 50000, cap_add: [NET_ADMN]}
  web: {image: "busybox:test", network_mode: "service:db", hostname: web, ports: ["80"]}
  old: {image: "busybox:test", network_mode: bridge, links: [db]}
"""
UNBUILT = """
services:
  lost: {build: ./nowhere}
  unsaid: {build: .}
  staged: {build: {dockerfile_inline: "FROM busybox:test AS one", target: two}}
  there: {image: "busybox:test", build: ./nowhere}
"""
FOREIGN = """
services:
  web: {image: "busybox:test", platform: linux/s390x, pull_policy: never}
"""
BUILT = """
services:
  web:
    build:
      dockerfile_inline: "FROM busybox:test"
      context: .
      ssh: [default]
      secrets: [s]
      additional_contexts: {other: ./other}
      privileged: true
secrets: {s: {file: compose.yaml}}
"""


def _told(done: Done) -> dict[str, str]:
    """The errors by their paths; each has its place."""
    problems = [json.loads(line) for line in done.err.splitlines()]
    assert all(problem["severity"] == "warning" or problem["line"] for problem in problems)
    return {problem["path"]: problem["summary"] for problem in problems if problem["severity"] == "error"}


def _refused(stage: Stage, stack: str, expected: dict[str, str], environment: Mapping[str, str] | None = None) -> None:
    stage.write(stack)

    printed, done = stage.run("config"), stage.run("--progress", "json", "up", "-d", environment=environment)

    told = _told(done)
    assert (printed.code, done.code) == (0, 2)
    assert told.keys() == expected.keys()
    assert [path for path, word in expected.items() if word not in told[path]] == []
    assert (stage.containers(), stage.networks()) == ({}, [])


def test_what_no_engine_carries_out_is_printed_and_refused_at_its_place_before_anything_is_made(stage: Stage) -> None:
    kept = "an engine alone keeps no configs and no secrets"
    _refused(
        stage,
        REFUSED,
        {
            "services.provided.provider": "provider plugin",
            "services.modelled.models": "Docker Model Runner",
            "services.confined.security_opt[1]": "there is no seccomp profile",
            "secrets.outside.external": kept,
            "secrets.driven.driver": kept,
            "configs.outside.external": kept,
            "configs.templated.template_driver": kept,
        },
    )


def test_what_this_engine_lacks_is_printed_and_refused_at_its_place_before_anything_is_made(stage: Stage) -> None:
    _refused(
        stage,
        f"services:\n{next(line for line in REFUSED.splitlines() if 'running' in line)}\n",
        {
            "services.running.runtime": 'no runtime "nowhere"',
            "services.running.isolation": "is for Windows",
            "services.running.credential_spec": "is for Windows",
        },
    )


def test_what_this_engine_has_no_room_or_no_driver_for_is_refused_before_anything_is_made(stage: Stage) -> None:
    _refused(
        stage,
        LARGE,
        {
            "services.limited.cpus": "CPUs, and the engine refuses to give 9999",
            "services.limited.mem_limit": "no less than 6m",
            "services.limited.logging.driver": 'no logging driver "nowhere"',
            "networks.spanning.driver": "swarm",
            "networks.woven.driver": 'no network driver "nowhere"',
            "volumes.kept.driver": 'no volume driver "nowhere"',
        },
    )


def test_what_does_not_go_together_on_an_engine_is_refused_before_anything_is_made(stage: Stage) -> None:
    _refused(
        stage,
        CONTRADICTORY,
        {
            "services.db.cpu_quota": "`cpus` is a quota",
            "services.db.cap_add[0]": 'no capability "NET_ADMN"',
            "services.web.hostname": "the network is that of db",
            "services.web.ports": "the network is that of db",
            "services.old.links[0]": "cannot be linked to from there",
        },
    )


def test_what_is_not_there_to_build_from_is_refused_before_anything_is_made(stage: Stage) -> None:
    _refused(
        stage,
        UNBUILT,
        {
            "services.lost.build.context": "is not there",
            "services.unsaid.build.dockerfile": "there is no Dockerfile",
            "services.staged.build.target": 'no stage "two"',
        },
    )


def test_an_image_for_another_platform_is_not_run_in_its_place(stage: Stage) -> None:
    _refused(stage, FOREIGN, {"services.web.image": "and not for linux/s390x"})


def test_what_the_engine_warns_of_is_told_once(stage: Stage) -> None:
    stage.write("""
services:
  a: {image: "busybox:test", network_mode: host, ports: ["80"]}
  b: {image: "busybox:test", network_mode: host, ports: ["80"]}
""")

    done = stage.good("up", "--no-start")

    warning = "warning: the engine says: Published ports are discarded when using host network mode"
    assert done.err.splitlines().count(warning) == 1


def test_what_the_builder_does_not_do_is_printed_and_refused_at_its_place_before_anything_is_made(
    stage: Stage,
) -> None:
    attributes = ("ssh", "secrets", "additional_contexts", "privileged")
    classic = {"DOCKER_BUILDKIT": "0"}
    _refused(stage, BUILT, {f"services.web.build.{name}": "needs BuildKit" for name in attributes}, classic)


def test_an_image_for_several_platforms_is_not_built_for_one_of_them(stage: Stage) -> None:
    stage.write("""
services:
  web:
    build: {dockerfile_inline: FROM busybox:test, platforms: [linux/amd64, linux/arm64]}
""")

    done = stage.run("--progress", "json", "build")

    assert done.code == 2
    assert _told(done) == {"services.web.build.platforms": "an engine's builder makes one platform's image"}


def test_what_another_service_has_does_not_hinder_the_ones_that_are_named(stage: Stage) -> None:
    stage.write("""
services:
  db: {image: "busybox:test", init: true, command: sleep 600}
  web: {image: "busybox:test", provider: {type: awesome}, secrets: [s]}
secrets: {s: {external: true}}
""")

    stage.good("up", "-d", "db")

    assert stage.states() == {"db-1": "running"}


def test_what_an_image_is_the_same_without_is_a_warning_and_it_is_built(stage: Stage) -> None:
    stage.write("""
services:
  web:
    init: true
    command: sleep 600
    build:
      dockerfile_inline: "FROM busybox:test"
      cache_to: ["type=local,dest=cache"]
      provenance: true
      sbom: false
      platforms: [linux/amd64, linux/arm64]
""")
    try:
        refused = stage.run("build")
        done = stage.good("up", "-d")

        assert refused.code == 2
        assert "services.web.build.platforms" in refused.err
        assert [
            line.partition("build.")[2].partition(":")[0] for line in done.err.splitlines() if "warning" in line
        ] == [
            "cache_to[0]",
            "provenance",
        ]
        assert stage.states() == {"web-1": "running"}
    finally:
        stage.good("down")
        stage.engine.remove_image(f"{stage.project}-web")


def test_an_image_that_is_there_need_not_be_built(stage: Stage) -> None:
    stage.write("""
services:
  web: {image: "busybox:test", init: true, command: sleep 600, build: {ssh: [default]}}
""")

    stage.good("up", "-d")

    assert stage.states() == {"web-1": "running"}
