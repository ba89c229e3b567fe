"""What people do beside the command: take away what it made, press Ctrl-C once more."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

ENDLESS = """
services:
  web: {image: "busybox:test", init: true, command: sleep 1000}
"""
STUBBORN = """
services:
  web:
    image: busybox:test
    stop_grace_period: 10m
    command: [sh, -c, "trap 'echo refused' TERM; echo ready; while :; do sleep 0.1; done"]
"""


def test_a_network_that_was_removed_by_hand_is_made_again_for_those_that_were_stopped(stage: Stage) -> None:
    stage.write(ENDLESS)
    stage.good("up", "-d")
    (before,) = stage.observe().containers
    stage.engine.stop_container(before.id, 0)
    stage.engine.remove_network(f"{stage.project}_default")

    stage.good("up", "-d")

    assert stage.states() == {"web-1": "running"}


def test_a_second_interrupt_kills_what_does_not_stop(stage: Stage) -> None:
    stage.write(STUBBORN)
    with stage.start("up") as up:
        up.until("| ready")
        up.interrupt()
        up.until("| refused")

        up.interrupt()

        assert up.end().code == 130
    assert stage.states() == {"web-1": "exited"}
