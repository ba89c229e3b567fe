"""The verbs that change what is there: stop, start, restart, kill, pause, rm and the like, on the engine in memory."""

import io

import pytest

from minicompose.errors import EngineFault
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
HEALTHY = """
services:
  db: {image: "db:1", command: sleep 1, healthcheck: {test: "true"}}
  web: {image: "web:1", command: sleep 1, depends_on: {db: {condition: service_healthy}}}
"""
RESTARTS = """
services:
  db: {image: "db:1", command: sleep 1}
  web: {image: "web:1", command: sleep 1, depends_on: {db: {condition: service_started, restart: true}}}
  cache: {image: "cache:1", command: sleep 1, depends_on: [db]}
"""
ONCE = """
services:
  seed: {image: "db:1", command: "true", x-run-once: true}
"""
HOOKS = """
services:
  db: {image: "db:1", command: sleep 1, post_start: [{command: "true"}], pre_stop: [{command: "true"}]}
"""
VERBS = ("stop", "restart", "rm", "kill", "pause", "unpause")


class Terminal(io.StringIO):
    """Somebody at a terminal, who types this."""

    def isatty(self) -> bool:
        return True


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

    assert shop.err.startswith(f"nothing to {'remove' if verb == 'rm' else verb}: ")
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


# ---- start ----


def test_start_starts_what_does_not_run_and_first_what_it_needs(shop: Shop) -> None:
    shop.up(STACK)
    shop.run("stop")

    shop.run("start", "web", named=False)

    assert states(shop) == {"db": "running", "web": "running"}
    assert calls(shop, "start_container")[-2:] == ["start_container shop-db-1", "start_container shop-web-1"]


def test_start_by_labels_alone_waits_for_health(shop: Shop) -> None:
    shop.up(HEALTHY)
    shop.run("stop")

    shop.run("start")

    assert "waiting until healthy" in shop.err
    assert calls(shop, "start_container")[-1] == "start_container shop-web-1"


def test_start_of_what_runs_does_nothing(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("start")

    assert shop.err == "nothing to start: there is no container that does not run of project shop\n"


def test_start_of_what_is_paused_says_what_helps(shop: Shop) -> None:
    shop.up(STACK)
    shop.run("pause", "db")

    shop.run("start")

    assert "shop-db-1 is paused, and is left so (`unpause` lets it go on)" in shop.err


def test_start_of_a_project_without_containers_is_a_failure(shop: Shop) -> None:
    shop.run("start", code=1)

    assert "project shop has no container to start" in shop.err


def test_start_of_a_service_without_a_container_is_a_failure(shop: Shop) -> None:
    shop.up(STACK, "db")

    shop.run("start", "web", code=1, named=False)

    assert 'service "web" has no container to start' in shop.err


def test_start_of_all_tells_of_services_without_a_container(shop: Shop) -> None:
    shop.up(STACK, "db")
    shop.run("stop")

    shop.run("start", named=False)

    assert states(shop) == {"db": "running"}
    assert 'warning: service "web" has no container to start' in shop.err


def test_start_fails_when_what_is_needed_is_gone(shop: Shop) -> None:
    shop.up(STACK)
    shop.run("rm", "-fs", "db")
    shop.run("stop", "web")

    shop.run("start", "web", code=1)

    assert 'service "db" has no container to start' in shop.err


def test_start_leaves_a_job_alone_that_is_to_run_once_and_has(shop: Shop) -> None:
    shop.up(ONCE)

    shop.run("start", named=False)
    assert len(calls(shop, "start_container")) == 1

    shop.run("start", "seed", named=False)
    assert len(calls(shop, "start_container")) == 2


def test_start_runs_the_hooks_that_belong_after(shop: Shop) -> None:
    shop.up(HOOKS)
    shop.run("stop")

    shop.run("start")

    assert calls(shop, "start_container", "exec")[-2:] == ["start_container shop-db-1", "exec shop-db-1"]


def test_a_container_whose_hook_fails_at_its_start_is_stopped(shop: Shop) -> None:
    shop.up(HOOKS)
    shop.run("stop")
    shop.engine.fail("exec", "shop-db-1", EngineFault("the engine is out of sorts", status=500))

    shop.run("start", code=1)

    assert states(shop) == {"db": "exited"}


# ---- restart ----


def test_restart_restarts_what_is_needed_first(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("restart")

    assert calls(shop, "restart_container") == ["restart_container shop-db-1", "restart_container shop-web-1"]


def test_restart_starts_what_does_not_run(shop: Shop) -> None:
    shop.up(STACK)
    shop.run("stop", "db")

    shop.run("restart", "db")

    assert states(shop) == {"db": "running", "web": "running"}


def test_restart_takes_those_along_that_ask_for_it(shop: Shop) -> None:
    shop.up(RESTARTS)

    shop.run("restart", "db")

    assert calls(shop, "restart_container") == ["restart_container shop-db-1", "restart_container shop-web-1"]
    assert "db is restarted" in shop.err


def test_restart_without_deps_is_of_the_named_service_alone(shop: Shop) -> None:
    shop.up(RESTARTS)

    shop.run("restart", "--no-deps", "db")

    assert calls(shop, "restart_container") == ["restart_container shop-db-1"]


def test_restart_runs_the_hooks_around_it(shop: Shop) -> None:
    shop.up(HOOKS)

    shop.run("restart")

    around = calls(shop, "restart_container", "exec")[-3:]
    assert around == ["exec shop-db-1", "restart_container shop-db-1", "exec shop-db-1"]


# ---- rm ----


def test_rm_removes_what_does_not_run(shop: Shop) -> None:
    shop.up(STACK)
    shop.run("stop", "web")

    shop.run("rm", "-f")

    assert states(shop) == {"db": "running"}


def test_rm_stops_what_runs_when_asked(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("rm", "--force", "--stop")

    assert states(shop) == {}
    assert shop.engine.networks  # `down` is for that


@pytest.mark.parametrize(("words", "left"), [((), 1), (("-v",), 0)])
def test_rm_removes_anonymous_volumes_when_asked(shop: Shop, words: tuple[str, ...], left: int) -> None:
    shop.up(STACK.replace("command", 'volumes: ["/data"], command', 1))

    shop.run("rm", "-fs", *words)

    assert len(shop.engine.volumes) == left


def test_rm_asks_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.up(STACK)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))

    shop.run("rm", "-s")
    assert "Remove shop-web-1, shop-db-1? [y/N] nothing was done" in shop.err

    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    shop.run("rm", "-s")
    assert states(shop) == {}


def test_rm_does_nothing_where_nobody_can_be_asked(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("rm", "-s", code=2)

    assert "-f does it without asking" in shop.err
    assert states(shop) == {"db": "running", "web": "running"}
