"""The verbs that change what is there: stop, start, restart, kill, pause, rm and the like, on the engine in memory."""

import pytest

from tests.commands.shop import Shop

STACK = """
services:
  db: {image: "db:1", command: sleep 1}
  web: {image: "web:1", command: sleep 1, depends_on: [db]}
"""
WITH_TOOL = STACK + '  tool: {image: "cache:1", command: sleep 1, profiles: [tools]}\n'
WITHOUT_WEB = """
services:
  db: {image: "db:1", command: sleep 1}
"""
VERBS = ("stop", "kill", "pause", "unpause")


def states(shop: Shop) -> dict[str, str]:
    """By service, for the first container of each."""
    return {name.removeprefix("shop-").removesuffix("-1"): str(it.state) for name, it in shop.engine.containers.items()}


def calls(shop: Shop, *verbs: str) -> list[str]:
    """What the engine was asked to do, the ids of containers as names."""
    return [str(call) for call in shop.engine.called(*verbs)]


# ---- for all of them ----


@pytest.mark.parametrize("verb", VERBS)
def test_a_service_that_there_is_not_is_refused_with_the_near_name(shop: Shop, verb: str) -> None:
    shop.up(STACK)

    shop.run(verb, "wbe", code=2, named=False)

    assert 'there is no service "wbe"' in shop.err
    assert 'did you mean "web"?' in shop.err


@pytest.mark.parametrize("verb", VERBS)
def test_a_project_that_is_not_there_is_no_failure(shop: Shop, verb: str) -> None:
    shop.run(verb)

    assert shop.err.startswith(f"nothing to {verb}: ")
    assert shop.err.endswith("of project shop\n")


@pytest.mark.parametrize("verb", VERBS)
def test_a_dry_run_prints_the_plan_and_does_nothing(shop: Shop, verb: str) -> None:
    shop.up(STACK)
    before = states(shop)

    told = shop.run(verb, "--dry-run")

    assert told.startswith("stack shop: ")
    assert states(shop) == before


def test_a_service_whose_profile_is_not_active_is_left_alone_unless_it_is_named(shop: Shop) -> None:
    shop.write(WITH_TOOL)
    shop.run("--profile", "tools", "up", "-d")

    shop.run("stop", named=False)
    assert states(shop) == {"db": "exited", "web": "exited", "tool": "running"}

    shop.run("stop", "tool", named=False)
    assert states(shop)["tool"] == "exited"


def test_orphans_are_left_alone(shop: Shop) -> None:
    shop.up(STACK)
    shop.write(WITHOUT_WEB)

    shop.run("pause", named=False)

    assert states(shop) == {"db": "paused", "web": "running"}


def test_the_named_project_alone_is_enough(shop: Shop) -> None:
    shop.up(STACK)
    shop.write("this is no stack file")

    shop.run("stop")

    assert states(shop) == {"db": "exited", "web": "exited"}


# ---- stop ----


def test_stop_stops_dependents_first(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("stop")

    assert [call.split()[-1] for call in calls(shop, "stop_container")] == ["shop-web-1", "shop-db-1"]


def test_stop_of_one_service_leaves_the_others(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("stop", "web")

    assert states(shop) == {"db": "running", "web": "exited"}


# ---- kill ----


def test_kill_ends_what_runs_at_once(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("kill")

    assert {it.exit_code for it in shop.engine.containers.values()} == {137}


def test_kill_sends_the_signal_that_is_given(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("kill", "-s", "USR1", "web")

    assert states(shop) == {"db": "running", "web": "running"}
    assert "sent USR1" in shop.err


def test_kill_removes_orphans_when_asked(shop: Shop) -> None:
    shop.up(STACK)
    shop.write(WITHOUT_WEB)

    shop.run("kill", "--remove-orphans", named=False)

    assert states(shop) == {"db": "exited"}


# ---- pause, unpause ----


def test_what_is_paused_goes_on_when_it_is_unpaused(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("pause", "web")
    assert states(shop) == {"db": "running", "web": "paused"}

    shop.run("unpause")
    assert states(shop) == {"db": "running", "web": "running"}


def test_pausing_what_is_paused_is_no_failure(shop: Shop) -> None:
    shop.up(STACK)
    shop.run("pause")

    shop.run("pause")

    assert "nothing to pause" in shop.err
