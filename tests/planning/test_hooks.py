"""Where hooks stand in a plan, which ones a container has, and what of them is shown."""

import msgspec
import pytest

from minicompose import labels
from minicompose.model import Hook, Stack
from minicompose.output.plan_text import plan_text
from minicompose.planning.down import StopOptions, plan_down, plan_stop
from minicompose.planning.encoding import plan_json
from minicompose.planning.observed import Observed, ObservedContainer, State
from minicompose.planning.plan import (
    Plan,
    RemoveContainer,
    RenameContainer,
    RestartContainer,
    RunHook,
    StartContainer,
    StopContainer,
)
from minicompose.planning.up import UpOptions, plan_up
from tests.carrying_out import carry_out, engine_for, engine_running, running, with_services
from tests.golden import assert_golden
from tests.stack_of import stack_of

HOOKED = """
    services:
      db:
        image: postgres:17
        command: sleep 1000
        post_start:
          - {command: createdb shop, user: postgres}
          - {command: [sh, -c, "psql -c 'create extension x'"], environment: {PGPASSWORD: s3cr3t}}
        pre_stop: [{command: pg_ctl checkpoint}]
      web:
        image: shop
        command: sleep 1000
        depends_on: [db]
"""


@pytest.fixture
def stack() -> Stack:
    return stack_of(HOOKED)


def hooks(plan: Plan) -> list[str]:
    """The plan's hooks, each as its moment and the last word of its command."""
    return [
        f"{action.moment} {(action.hook.command or ('',))[-1]}"
        for action in (step.action for step in plan.steps)
        if isinstance(action, RunHook)
    ]


def in_state(observed: Observed, name: str, state: State) -> Observed:
    changed = tuple(
        msgspec.structs.replace(container, state=state) if container.name == name else container
        for container in observed.containers
    )
    return msgspec.structs.replace(observed, containers=changed)


def without_record(observed: Observed) -> Observed:
    """As another tool would have made the containers."""

    def bare(container: ObservedContainer) -> ObservedContainer:
        left = {name: value for name, value in container.labels.items() if name != labels.SPEC}
        return msgspec.structs.replace(container, labels=left)

    return msgspec.structs.replace(observed, containers=tuple(map(bare, observed.containers)))


# ---- where they stand ----


def test_dependents_start_when_the_hooks_of_what_they_need_are_done(stack: Stack) -> None:
    assert_golden("hooks-create", plan_text(plan_up(stack, Observed(project="shop", images={"a": "b"}))))


def test_a_replacement_runs_the_hooks_of_the_old_and_of_the_new_one_and_takes_itself_back(stack: Stack) -> None:
    observed = running(stack, db={"stop_signal": "SIGINT"})

    assert_golden("hooks-replace", plan_text(plan_up(stack, observed)))


def test_down_runs_hooks_before_it_stops(stack: Stack) -> None:
    assert_golden("hooks-down", plan_text(plan_down(running(stack), stack=stack)))


def test_a_stack_that_is_up_runs_no_hooks(stack: Stack) -> None:
    assert plan_up(stack, running(stack)).steps == ()


def test_a_container_that_is_started_again_has_its_hooks_run(stack: Stack) -> None:
    observed = in_state(running(stack), "shop-db-1", "exited")

    assert hooks(plan_up(stack, observed)) == ["post_start shop", "post_start psql -c 'create extension x'"]


def test_a_restart_for_the_sake_of_a_dependency_runs_the_hooks_around_it() -> None:
    stack = stack_of("""
        services:
          db: {image: a, command: sleep 1000}
          web:
            image: a
            command: sleep 1000
            depends_on: {db: {condition: service_started, restart: true}}
            post_start: [{command: warm up}]
            pre_stop: [{command: say goodbye}]
    """)
    plan = plan_up(stack, running(stack, db={"stop_signal": "SIGINT"}))

    around = [step.action for step in plan.steps if step.subject.service == "web"]
    assert [type(action) for action in around] == [RunHook, RestartContainer, RunHook]
    assert hooks(plan) == ["pre_stop goodbye", "post_start up"]


def test_nothing_is_run_in_what_is_not_started(stack: Stack) -> None:
    assert hooks(plan_up(stack, Observed(project="shop"), UpOptions(no_start=True))) == []


def test_hooks_are_run_in_what_goes_by_scaling_down_too(stack: Stack) -> None:
    observed = running(with_services(stack, db={"scale": 2}))

    assert hooks(plan_up(stack, observed)) == ["pre_stop checkpoint"]


def test_hooks_are_run_in_an_orphan_by_its_own_record(stack: Stack) -> None:
    left = stack_of("services: {web: {image: shop, command: sleep 1000}}")

    assert hooks(plan_up(left, running(stack), UpOptions(remove_orphans=True))) == ["pre_stop checkpoint"]


def test_the_stop_of_an_attached_up_runs_hooks(stack: Stack) -> None:
    plan = plan_stop(running(stack), StopOptions(services=("db",)), stack)

    assert [type(step.action) for step in plan.steps] == [RunHook, StopContainer]


def test_a_paused_container_goes_on_for_its_hooks(stack: Stack) -> None:
    plan = plan_stop(in_state(running(stack), "shop-db-1", "paused"), StopOptions(services=("db",)), stack)

    assert [step.action.__class__.__name__ for step in plan.steps] == ["UnpauseContainer", "RunHook", "StopContainer"]


@pytest.mark.parametrize("state", ["restarting", "exited", "created"])
def test_a_container_that_does_not_run_has_no_hooks_run_before_its_end(stack: Stack, state: State) -> None:
    assert hooks(plan_down(in_state(running(stack), "shop-db-1", state), stack=stack)) == []


def test_what_cannot_be_set_up_is_stopped_again(stack: Stack) -> None:
    plan = plan_up(stack, Observed(project="shop"))

    start, *run = [step for step in plan.steps if step.group == "start shop-db-1"]
    assert isinstance(start.action, StartContainer)
    (back,) = plan.way_back
    assert back.action == StopContainer(container="shop-db-1")
    assert back.reverts == (start.id, run[-1].id)
    assert back.unless == (run[-1].id,)


def test_an_old_container_that_is_put_back_has_its_hooks_run_again(stack: Stack) -> None:
    plan = plan_up(stack, running(stack, db={"stop_signal": "SIGINT"}))

    back = [type(step.action) for step in plan.way_back if not isinstance(step.action, RenameContainer)]
    assert back == [StopContainer, RemoveContainer, StartContainer, RunHook, RunHook]


def test_a_stopped_container_that_an_image_may_change_has_its_hooks_run_once(stack: Stack) -> None:
    stack = with_services(stack, db={"pull_policy": "always"})
    engine = engine_for(stack)
    carry_out(plan_up(with_services(stack, db={"pull_policy": None}), engine.observe("shop")), engine)
    engine.stop_container("shop-db-1", None)
    engine.execs.clear()
    engine.offer_image("postgres:17", id="sha256:new")

    carry_out(plan_up(stack, engine.observe("shop")), engine)

    assert [name for name, _ in engine.execs] == ["shop-db-1.next"] * 2


def test_a_successor_of_which_nobody_knows_whether_it_was_set_up_is_made_anew(stack: Stack) -> None:
    engine = engine_running(stack, db={"stop_signal": "SIGINT"})
    plan = plan_up(stack, engine.observe("shop"))
    started = next(step.id for step in plan.steps if isinstance(step.action, StartContainer))
    carry_out(plan, engine, until=started)

    again = plan_up(stack, engine.observe("shop"))

    assert hooks(again)[-2:] == ["post_start shop", "post_start psql -c 'create extension x'"]
    assert "shop-db-1.next" in [step.subject.name for step in again.steps if isinstance(step.action, RemoveContainer)]


# ---- whose hooks ----


def test_a_container_is_stopped_by_the_hooks_that_it_was_made_with(stack: Stack) -> None:
    changed = with_services(stack, db={"pre_stop": (Hook(command=("new", "words")),)})

    assert hooks(plan_up(changed, running(stack)))[0] == "pre_stop checkpoint"


def test_what_another_tool_made_is_stopped_by_the_hooks_of_the_stack_file(stack: Stack) -> None:
    assert hooks(plan_down(without_record(running(stack)), stack=stack)) == ["pre_stop checkpoint"]


def test_a_oneoff_has_no_hooks(stack: Stack) -> None:
    observed = running(stack)
    oneoffs = tuple(msgspec.structs.replace(container, oneoff=True) for container in observed.containers)

    assert hooks(plan_down(msgspec.structs.replace(observed, containers=oneoffs), stack=stack)) == []


def test_without_the_stack_file_hooks_come_from_the_container(stack: Stack) -> None:
    assert hooks(plan_down(running(stack))) == ["pre_stop checkpoint"]


def test_a_secret_in_a_hook_comes_from_the_stack_file() -> None:
    stack = stack_of("""
        services:
          db: {image: a, command: sleep 1, pre_stop: [{command: leave, environment: {API_TOKEN: s3cr3t}}]}
    """)
    plan = plan_down(running(stack), stack=stack)

    assert [step.action.hook.environment for step in plan.steps if isinstance(step.action, RunHook)] == [
        {"API_TOKEN": "s3cr3t"}
    ]


TWO_SECRETS = """
    services:
      db:
        image: a
        command: sleep 1
        pre_stop: [{command: leave, environment: {TOKEN: one}}, {command: leave, environment: {TOKEN: two}}]
"""


def tokens(plan: Plan) -> list[str | None]:
    found = [step.action.hook.environment or {} for step in plan.steps if isinstance(step.action, RunHook)]
    return [environment.get("TOKEN") for environment in found]


def test_secrets_of_several_hooks_are_told_apart() -> None:
    stack = stack_of(TWO_SECRETS)

    assert tokens(plan_down(running(stack), stack=stack)) == ["one", "two"]


def test_a_secret_that_has_changed_since_is_the_new_one() -> None:
    now = stack_of(TWO_SECRETS.replace("two", "three"))

    assert tokens(plan_down(running(stack_of(TWO_SECRETS)), stack=now)) == ["one", "three"]


def test_a_hook_whose_secret_nobody_has_is_told_of_and_not_run() -> None:
    stack = stack_of("""
        services:
          db: {image: a, command: sleep 1, pre_stop: [{command: leave, environment: {API_TOKEN: s3cr3t}}, {command: x}]}
    """)
    plan = plan_down(running(stack))

    assert hooks(plan) == ["pre_stop x"]
    assert [note.summary for note in plan.notes] == [
        "a pre_stop hook of shop-db-1 needs a secret that is not kept with the container: it is not run"
    ]


# ---- what is shown ----


def test_no_secret_of_a_hook_is_in_a_plan_or_a_label(stack: Stack) -> None:
    engine = engine_running(stack)
    plan = plan_up(with_services(stack, db={"stop_signal": "SIGINT"}), engine.observe("shop"))

    assert any("PGPASSWORD" in spec.labels[labels.SPEC] for spec in engine.specs.values())
    for shown in (
        plan_text(plan),
        plan_json(plan).decode(),
        *(spec.labels[labels.SPEC] for spec in engine.specs.values()),
    ):
        assert "s3cr3t" not in shown


def test_a_changed_hook_is_shown_by_its_attribute_and_its_place(stack: Stack) -> None:
    before = stack_of(HOOKED.replace("createdb shop", "createdb old"))

    shown = plan_text(plan_up(stack, running(before)))

    assert 'post_start[0].command: ["createdb","old"] -> ["createdb","shop"]   stack.yaml:6:10' in shown


def test_a_hook_without_words_is_an_error_with_its_place() -> None:
    plan = plan_up(stack_of('services: {a: {image: a, pre_stop: [{command: ""}]}}'), Observed(project="shop"))

    assert [(str(note.pos), note.path, note.summary) for note in plan.notes if note.severity == "error"] == [
        ("stack.yaml:1:38", "services.a.pre_stop[0].command", "the command is empty")
    ]
