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
STORED = """
services:
  db: {{image: "db:1", volumes: ["data:/data"]}}
volumes:
  data: {{driver: {driver}}}
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
def test_a_service_without_containers_is_no_mistake_of_who_names_the_project(shop: Shop, verb: str) -> None:
    shop.up(WITH_TOOL)

    shop.run(verb, "tool")

    assert "of tool" in shop.err


@pytest.mark.parametrize("wrong", ["services: [", "services: {db: {image: 1}}"])
def test_a_wrong_stack_file_is_in_nobody_s_way_who_names_the_project(shop: Shop, wrong: str) -> None:
    shop.up(STACK)
    shop.write(wrong)

    shop.run("stop", "web", "tool", code=2)
    assert 'there is no service "tool"' in shop.err
    shop.run("stop", "web")

    assert states(shop) == {"db": "running", "web": "exited"}


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


def test_a_name_in_the_environment_is_enough_where_there_is_no_stack_file(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.up(STACK)
    (shop.directory / "compose.yaml").unlink()
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "shop")

    assert shop.run("ps", "--services", named=False) == "db\nweb\n"
    shop.run("stop", named=False)

    assert states(shop) == {"db": "exited", "web": "exited"}


def test_without_a_stack_file_and_a_name_nothing_is_done(shop: Shop) -> None:
    shop.run("stop", code=2, named=False)

    assert "there is no stack file here" in shop.err


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

    assert "shop-db-1 is paused, and is left so (`minicompose unpause db` lets it go on)" in shop.err


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


# ---- create ----


def test_create_starts_nothing(shop: Shop) -> None:
    shop.write(STACK)

    shop.run("create")

    assert states(shop) == {"db": "created", "web": "created"}


def test_create_of_a_service_creates_what_it_needs(shop: Shop) -> None:
    shop.write(WITH_TOOL)

    shop.run("create", "web", "--scale", "web=2")

    assert sorted(shop.engine.containers) == ["shop-db-1", "shop-web-1", "shop-web-2"]


def test_what_was_created_is_started_by_start(shop: Shop) -> None:
    shop.write(STACK)
    shop.run("create")

    shop.run("start")

    assert states(shop) == {"db": "running", "web": "running"}


def test_what_has_changed_is_replaced_by_create_and_not_started(shop: Shop) -> None:
    shop.up(STACK)
    before = shop.ids()
    shop.write(STACK.replace("db:1", "cache:1"))

    shop.run("create")

    assert states(shop) == {"db": "created", "web": "running"}
    assert shop.ids()["shop-web-1"] == before["shop-web-1"]


@pytest.mark.parametrize("words", [("--build",), ("--pull", "build")])
def test_create_builds_when_asked(shop: Shop, words: tuple[str, ...]) -> None:
    (shop.directory / "Dockerfile").write_text("FROM db:1")
    shop.write("services: {app: {build: .}}")
    shop.run("create")

    shop.run("create", *words)

    assert len(calls(shop, "build_image")) == 2


def test_create_refuses_what_contradicts_itself(shop: Shop) -> None:
    shop.write(STACK)

    shop.run("create", "--build", "--no-build", code=2)

    assert "--build and --no-build do not go together" in shop.err


# ---- scale ----


def test_scale_adds_and_removes_containers(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("scale", "web=3")
    assert sorted(shop.engine.containers) == ["shop-db-1", "shop-web-1", "shop-web-2", "shop-web-3"]

    shop.run("scale", "web=1", "db=1")
    assert sorted(shop.engine.containers) == ["shop-db-1", "shop-web-1"]


def test_scale_starts_what_the_service_depends_on_unless_told_not_to(shop: Shop) -> None:
    shop.write(STACK)

    shop.run("scale", "--no-deps", "web=2")
    assert sorted(shop.engine.containers) == ["shop-web-1", "shop-web-2"]

    shop.run("scale", "web=2")
    assert sorted(shop.engine.containers) == ["shop-db-1", "shop-web-1", "shop-web-2"]


def test_scale_leaves_other_services_alone(shop: Shop) -> None:
    shop.write(STACK)

    shop.run("scale", "db=2")

    assert sorted(shop.engine.containers) == ["shop-db-1", "shop-db-2"]


def test_scale_leaves_a_revision_that_can_be_gone_back_to(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("scale", "web=2")

    assert len(shop.history()) == 2


@pytest.mark.parametrize("word", ["web", "web=", "web=many", "web=-1", "=2"])
def test_scale_takes_a_service_and_a_number(shop: Shop, word: str) -> None:
    shop.write(STACK)

    shop.run("scale", word, code=2)

    assert "is not of the form SERVICE=N, with N from 0 on" in shop.err


def test_scale_of_a_service_that_there_is_not_is_refused(shop: Shop) -> None:
    shop.write(STACK)

    shop.run("scale", "wbe=2", code=2)

    assert 'did you mean "web"?' in shop.err


# ---- wait ----


def test_wait_prints_the_code_and_exits_with_it(shop: Shop) -> None:
    shop.up(STACK)
    shop.engine.exit("shop-web-1", 7)

    told = shop.run("wait", "web", code=7)

    assert told == f'container "{shop.ids()["shop-web-1"]}" exited with status code 7\n'


def test_wait_can_take_the_project_down(shop: Shop) -> None:
    shop.up(STACK)
    shop.engine.exit("shop-web-1", 7)

    shop.run("wait", "--down-project", "web", "db", code=7)

    assert states(shop) == {}


def test_there_must_be_something_to_wait_for(shop: Shop) -> None:
    shop.write(STACK)
    shop.run("create")

    shop.run("wait", "web", code=1)

    assert "there is no container to wait for of web" in shop.err


def test_wait_for_a_service_that_there_is_not_is_refused(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("wait", "wbe", code=2)

    assert 'did you mean "web"?' in shop.err


# ---- up ----


@pytest.mark.parametrize(("words", "shown"), [((), True), (("--quiet-pull",), False)])
def test_the_progress_of_pulls_is_left_out_when_asked(shop: Shop, words: tuple[str, ...], shown: bool) -> None:
    shop.engine.offer_image("new:1")
    shop.write('services: {db: {image: "new:1", command: sleep 1}}')

    shop.run("--progress", "json", "up", "-d", *words)

    assert ("StepProgress" in shop.err) is shown
    assert '"StepDone"' in shop.err


@pytest.mark.parametrize(("words", "shown"), [((), True), (("--quiet-build",), False)])
def test_what_builds_print_is_left_out_when_asked(shop: Shop, words: tuple[str, ...], shown: bool) -> None:
    (shop.directory / "Dockerfile").write_text("FROM db:1")
    shop.write("services: {app: {build: .}}")

    shop.run("up", "-d", *words)

    assert ("Successfully built" in shop.err) is shown


ORPHAN = "no service of the stack file has these containers: shop-web-1"


def test_orphans_are_told_of_unless_the_environment_says_that_they_are_known(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.up(STACK)

    shop.up(WITHOUT_WEB)
    assert ORPHAN in shop.err
    monkeypatch.setenv("COMPOSE_IGNORE_ORPHANS", "true")
    shop.up(WITHOUT_WEB)

    assert ORPHAN not in shop.err
    assert "web" in states(shop)
    shop.run("up", "-d", "--remove-orphans", code=2)
    assert "COMPOSE_IGNORE_ORPHANS and --remove-orphans do not go together" in shop.err


@pytest.mark.parametrize("verb", [("up", "-d"), ("down",)])
def test_orphans_go_when_the_env_file_says_so(verb: tuple[str, ...], shop: Shop) -> None:
    shop.up(STACK)
    shop.write(WITHOUT_WEB)
    (shop.directory / ".env").write_text("COMPOSE_REMOVE_ORPHANS=1\n")

    shop.run(*verb, named=False)

    assert "web" not in states(shop)


def test_what_is_neither_yes_nor_no_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(STACK)
    monkeypatch.setenv("COMPOSE_REMOVE_ORPHANS", "maybe")

    shop.run("up", "-d", code=2)

    assert 'COMPOSE_REMOVE_ORPHANS must be true or false, and not "maybe"' in shop.err


@pytest.mark.parametrize("verb", [("up", "-d"), ("create",)])
def test_a_volume_that_changed_is_kept_and_told_of_also_where_nothing_is_to_be_asked(
    shop: Shop, verb: tuple[str, ...]
) -> None:
    shop.up(STORED.format(driver="local"))
    before = [call for call in shop.engine.calls if "volume" in call.verb]

    shop.write(STORED.format(driver="another"))
    shop.run(*verb, "-y")

    assert [call for call in shop.engine.calls if "volume" in call.verb] == before
    assert shop.engine.volumes == ["shop_data"]
    assert "warning" in shop.err and "data" in shop.err, shop.err


# ---- options that do not go together ----


@pytest.mark.parametrize(
    "words",
    [
        ("--no-recreate", "-V"),
        ("--abort-on-container-exit", "--abort-on-container-failure"),
        ("--menu",),
    ],
)
def test_options_that_cannot_both_be_meant_are_refused(shop: Shop, words: tuple[str, ...]) -> None:
    shop.write(STACK)

    shop.run("up", *words, code=2)

    assert not shop.engine.containers


def test_who_wants_no_menu_gets_none(shop: Shop) -> None:
    shop.up(STACK, "--menu=false")

    assert states(shop) == {"db": "running", "web": "running"}


def test_what_run_has_left_is_removed_with_orphans(shop: Shop) -> None:
    shop.up(STACK)
    shop.run("run", "-d", "--name", "left", "web")
    shop.engine.exit("left", 0)

    shop.run("up", "-d")
    assert "left" in shop.engine.containers
    shop.run("up", "-d", "--remove-orphans")

    assert "left" not in shop.engine.containers


# ---- --scale ----


@pytest.mark.parametrize("words", [("db",), ("--no-deps", "web", "--scale", "db=2")])
def test_scaling_a_service_that_is_left_alone_is_refused(shop: Shop, words: tuple[str, ...]) -> None:
    shop.write(STACK)

    shop.run("up", "-d", "--scale", "web=2", *words, code=2)

    assert "is left alone" in shop.err
    assert not shop.engine.containers


def test_a_service_that_is_needed_can_be_scaled(shop: Shop) -> None:
    shop.up(STACK, "--scale", "db=2", "web")

    assert len(shop.engine.containers) == 3
