"""Laws that hold for every plan, tried on many stacks and changes of them."""

from itertools import pairwise

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minicompose.model import Stack
from minicompose.planning.census import NEXT
from minicompose.planning.encoding import plan_json
from minicompose.planning.observed import Observed
from minicompose.planning.plan import (
    Changed,
    CreateContainer,
    Plan,
    RemoveContainer,
    RenameContainer,
    RestartContainer,
    RunHook,
    StartContainer,
    StopContainer,
    WaitUntil,
)
from minicompose.planning.up import UpOptions, plan_up
from minicompose.planning.update import update_policy
from tests.carrying_out import carry_out
from tests.generated_stacks import IMAGES, engine_with, stacks

OPTIONS = st.builds(
    UpOptions,
    pull=st.sampled_from((None, None, "always")),
    force_recreate=st.booleans(),
    remove_orphans=st.just(True),
    no_start=st.booleans(),
    wait=st.booleans(),
    renew_anon_volumes=st.booleans(),
)

SETTINGS = settings(max_examples=40, derandomize=True, deadline=None, database=None)

OFFERED = st.sets(st.sampled_from(IMAGES)).map(lambda images: tuple(sorted(images)))


@SETTINGS
@given(stacks(), stacks(), OPTIONS, OFFERED)
def test_a_plan_carried_out_leaves_nothing_to_plan_but_jobs(
    before: Stack, after: Stack, options: UpOptions, offered: tuple[str, ...]
) -> None:
    engine = engine_with(before, offered)
    carry_out(plan_up(after, engine.observe("shop"), options), engine)
    again = plan_up(after, engine.observe("shop"), UpOptions(no_start=options.no_start))
    jobs = {step.subject.service for step in again.steps if isinstance(step.action, StartContainer)}
    assert jobs <= {"job"}
    assert all(isinstance(step.action, StartContainer | WaitUntil) for step in again.steps), again.steps


@SETTINGS
@given(stacks(), stacks(), OPTIONS)
def test_equal_inputs_give_equal_plans_byte_for_byte(before: Stack, after: Stack, options: UpOptions) -> None:
    observed = engine_with(before, ()).observe("shop")
    shuffled = msgspec.structs.replace(
        observed,
        containers=tuple(reversed(observed.containers)),
        networks=tuple(reversed(observed.networks)),
        images=dict(reversed(observed.images.items())),
    )
    turned = msgspec.structs.replace(after, services=dict(reversed(after.services.items())))
    assert plan_json(plan_up(after, observed, options)) == plan_json(plan_up(turned, shuffled, options))


@SETTINGS
@given(stacks(), stacks(), OPTIONS)
def test_a_step_comes_after_those_it_waits_for(before: Stack, after: Stack, options: UpOptions) -> None:
    plan = plan_up(after, engine_with(before, ()).observe("shop"), options)
    assert [step.id for step in plan.steps] == list(range(1, len(plan.steps) + 1))
    for step in plan.steps:
        assert all(other < step.id for other in (*step.after, *step.wants))


def before_of(plan: Plan) -> dict[int, set[int]]:
    """For each step all those that are done before it."""
    found: dict[int, set[int]] = {}
    for step in plan.steps:
        found[step.id] = set(step.after).union(*(found[other] for other in step.after))
    return found


@SETTINGS
@given(stacks(), stacks(), OPTIONS)
def test_a_container_that_works_is_removed_only_when_its_successor_has_settled(
    before: Stack, after: Stack, options: UpOptions
) -> None:
    assume(not options.no_start)
    plan = plan_up(after, engine_with(before, ()).observe("shop"), options)
    earlier = before_of(plan)
    by_id = {step.id: step for step in plan.steps}
    for step in plan.steps:
        if isinstance(step.action, RemoveContainer) and step.group.startswith("replace "):
            settled = [
                (action.container, action.condition)
                for other in earlier[step.id]
                if by_id[other].group == step.group and isinstance(action := by_id[other].action, WaitUntil)
            ]
            assert settled == [(step.subject.name + NEXT, "settled")]


@SETTINGS
@given(stacks(), stacks(), OPTIONS)
def test_nothing_is_started_before_it_is_created_nor_beside_the_one_it_replaces(
    before: Stack, after: Stack, options: UpOptions
) -> None:
    observed = engine_with(before, ()).observe("shop")
    plan = plan_up(after, observed, options)
    earlier = before_of(plan)
    created = {step.action.name: step.id for step in plan.steps if isinstance(step.action, CreateContainer)}
    stopped = {step.group: step.id for step in plan.steps if step.group and isinstance(step.action, StopContainer)}
    for step in plan.steps:
        if isinstance(step.action, StartContainer) and step.action.container in created:
            assert created[step.action.container] in earlier[step.id]
            if (
                step.group in stopped
                and update_policy(after.services[step.subject.service or ""]).order == "stop-first"
            ):
                assert stopped[step.group] in earlier[step.id]


@SETTINGS
@given(stacks(), stacks(), OPTIONS)
def test_one_is_stopped_before_what_it_needs_is_started_only_when_that_does_not_run_either(
    before: Stack, after: Stack, options: UpOptions
) -> None:
    assume(not options.no_start)
    plan = plan_up(after, engine_with(before, ()).observe("shop"), options)
    earlier = before_of(plan)
    for step in plan.steps:
        service = after.services.get(step.subject.service or "")
        if service is None or not step.group.startswith("replace ") or not isinstance(step.action, StopContainer):
            continue
        for name, dependency in (service.depends_on or {}).items():
            starts = [s for s in plan.steps if isinstance(s.action, StartContainer) and s.subject.service == name]
            for start in starts if dependency.required else ():
                if start.id not in earlier[step.id]:
                    stops = [s.id for s in plan.steps if s.group == start.group and isinstance(s.action, StopContainer)]
                    assert start.group.startswith("replace ")
                    assert stops
                    assert earlier[step.id].issuperset(stops)
                    assert dependency.condition == "service_started"


@SETTINGS
@given(stacks(), stacks(), OPTIONS)
def test_one_that_is_replaced_start_first_is_stopped_when_its_successor_has_settled_and_has_its_name(
    before: Stack, after: Stack, options: UpOptions
) -> None:
    assume(not options.no_start)
    plan = plan_up(after, engine_with(before, ()).observe("shop"), options)
    earlier = before_of(plan)
    for step in plan.steps:
        service = after.services.get(step.subject.service or "")
        if service is None or not step.group.startswith("replace ") or not isinstance(step.action, StopContainer):
            continue
        if update_policy(service).order == "start-first":
            before_it = [plan.steps[other - 1] for other in earlier[step.id]]
            of_its_own = [other.action for other in before_it if other.group == step.group]
            assert [action for action in of_its_own if isinstance(action, WaitUntil)]
            assert [action for action in of_its_own if isinstance(action, RenameContainer)]


@SETTINGS
@given(stacks(), stacks(), OPTIONS)
def test_every_start_is_followed_by_the_services_hooks_in_order(
    before: Stack, after: Stack, options: UpOptions
) -> None:
    plan = plan_up(after, engine_with(before, ()).observe("shop"), options)
    earlier = before_of(plan)
    for step in plan.steps:
        if isinstance(step.action, StartContainer | RestartContainer):
            following = [
                other
                for other in plan.steps
                if isinstance(other.action, RunHook)
                and (other.action.moment, other.action.container) == ("post_start", step.action.container)
                and step.id in earlier[other.id]
            ]
            service = after.services[step.subject.service or ""]
            run = [other.action.hook for other in following if isinstance(other.action, RunHook)]
            assert run == list(service.post_start or ())
            assert all(one.id in earlier[two.id] for one, two in pairwise(following))


@SETTINGS
@given(stacks(), stacks(), OPTIONS)
def test_no_container_that_runs_is_stopped_before_its_own_hooks_were_run(
    before: Stack, after: Stack, options: UpOptions
) -> None:
    observed = engine_with(before, ()).observe("shop")
    plan = plan_up(after, observed, options)
    earlier = before_of(plan)
    by_id = {step.id: step for step in plan.steps}
    up = {container.id: container.service for container in observed.containers if container.state == "running"}
    for step in plan.steps:
        if isinstance(step.action, StopContainer | RestartContainer) and step.action.container in up:
            run = [
                action.hook
                for other in sorted(earlier[step.id])
                if isinstance(action := by_id[other].action, RunHook)
                and (action.moment, action.container) == ("pre_stop", step.action.container)
                and by_id[other].when == step.when
            ]
            assert run == list(before.services[up[step.action.container]].pre_stop or ())


@SETTINGS
@given(stacks(), stacks(), OPTIONS, st.data())
def test_a_run_killed_between_any_two_steps_is_completed_by_the_next(
    before: Stack, after: Stack, options: UpOptions, data: st.DataObject
) -> None:
    engine = engine_with(before, ())
    plan = plan_up(after, engine.observe("shop"), options)
    carry_out(plan, engine, until=data.draw(st.integers(0, len(plan.steps))))
    carry_out(plan_up(after, engine.observe("shop"), UpOptions(remove_orphans=True)), engine)
    observed = engine.observe("shop")
    assert not any(container.name.endswith(NEXT) for container in observed.containers)
    assert {(c.service, c.number) for c in observed.containers} == wanted(after, observed)
    assert all(c.state == "running" for c in observed.containers if c.service != "job")


def wanted(stack: Stack, observed: Observed) -> set[tuple[str, int]]:
    """As many of each service as it asks for, whatever their numbers."""
    there = {name: sorted(c.number for c in observed.containers if c.service == name) for name in stack.services}
    assert {name: len(numbers) for name, numbers in there.items()} == {
        name: service.replicas for name, service in stack.services.items()
    }
    return {(name, number) for name, numbers in there.items() for number in numbers}


@SETTINGS
@given(stacks(), stacks())
def test_what_changed_is_told_and_nothing_else(before: Stack, after: Stack) -> None:
    plan = plan_up(after, engine_with(before, ()).observe("shop"), UpOptions(remove_orphans=True))
    for step in plan.steps:
        if isinstance(step.because, Changed) and step.subject.type == "container":
            name = step.subject.service or ""
            assert before.services[name] != after.services[name]
            assert all(change.old != change.new for change in step.because.changes)
