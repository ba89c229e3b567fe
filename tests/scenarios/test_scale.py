"""More containers of a service, and fewer."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  web: {image: busybox:test, init: true, command: sleep 600}
  db: {image: busybox:test, init: true, command: sleep 600}
"""


def test_scaling_up_keeps_what_runs(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    before = stage.ids()

    stage.good("up", "-d", "--scale", "web=3")

    now = stage.ids()
    assert sorted(now) == ["db-1", "web-1", "web-2", "web-3"]
    assert {name: now[name] for name in before} == before


def test_scaling_down_keeps_the_lowest_numbers(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d", "--scale", "web=3")
    before = stage.ids()

    stage.good("up", "-d", "--scale", "web=2")

    now = stage.ids()
    assert now == {name: before[name] for name in ("db-1", "web-1", "web-2")}


def test_scaling_to_none_removes_all_of_the_service(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")

    stage.good("up", "-d", "--scale", "web=0")

    assert stage.states() == {"db-1": "running"}
