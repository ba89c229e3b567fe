"""`kill -9` at every step of an update, on a real engine: the next `up` makes what was asked for of what it finds."""

import subprocess
import sys

import pytest

from tests.scenarios.stage import PATIENCE, ROOT, Stage

pytestmark = pytest.mark.engine

# Ten services; of each VERSION six are other ones: one that others need and one of those, one in two replicas
# start-first, one with hooks, one that restarts what needs it, and a job. One of the networks is made anew, too.
STACK = """
x-service: &service
  image: busybox:test
  init: true
  command: sleep 600
x-changed: &changed
  <<: *service
  environment: {V: "VERSION"}
services:
  store: {<<: *service}
  db:
    <<: *changed
    depends_on: [store]
    volumes: ["data:/data", /scratch]
  cache:
    <<: *changed
    post_start: [{command: "true"}]
    pre_stop: [{command: "true"}]
  queue: {<<: *service, networks: [default, back]}
  api:
    <<: *changed
    scale: 2
    depends_on: {db: {condition: service_started, restart: true}}
    deploy: {update_config: {order: start-first}}
  worker:
    <<: *service
    depends_on: {db: {condition: service_started, restart: true}, queue: {condition: service_started}}
  search: {<<: *changed, depends_on: [db]}
  mail: {<<: *service, networks: [back]}
  web: {<<: *service, depends_on: [api]}
  job: {<<: *changed, command: "true"}
networks:
  back: {labels: {even: "EVEN"}}
volumes:
  data: {}
"""
RUNNING = ("api-1", "api-2", "cache-1", "db-1", "mail-1", "queue-1", "search-1", "store-1", "web-1", "worker-1")
CHANGED = ("api-1", "api-2", "cache-1", "db-1", "job-1", "search-1")


def stack(version: int) -> str:
    return STACK.replace("VERSION", str(version)).replace("EVEN", str(version % 2))


def killed_up(stage: Stage, call: int) -> int:
    """Bring the stack up, and be killed at that change; the exit code, negative when it was killed."""
    words = [sys.executable, "-m", "tests.scenarios.killed", str(call), "-p", stage.project, "up", "-d"]
    command = ["env", "-C", str(stage.directory), f"PYTHONPATH={ROOT}", *words]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False).returncode


def even(stage: Stage) -> list[str]:
    """What the networks called `back` are labelled with."""
    name = f"{stage.project}_back"
    return [network.labels["even"] for network in stage.observe().networks if network.name == name]


def test_after_a_kill_at_any_step_the_next_up_completes_the_update(stage: Stage) -> None:
    stage.write(stack(0))
    stage.good("up", "-d")
    kept = {name: id for name, id in stage.ids().items() if name not in CHANGED}

    killed = 0
    for version in range(1, 200):
        stage.write(stack(version))
        if killed_up(stage, version) == 0:
            break
        killed += 1
        stage.good("up", "-d")

        states = stage.states()
        assert states.pop("job-1") in ("running", "exited"), f"killed at {version}"  # nobody waits for its end
        assert states == dict.fromkeys(RUNNING, "running"), f"killed at {version}"
        for name in CHANGED:
            assert f"V={version}" in stage.inspect(name)["Config"]["Env"], f"{name}, killed at {version}"
        assert even(stage) == [str(version % 2)], f"killed at {version}"

    assert killed > 30
    assert kept.items() <= stage.ids().items()
