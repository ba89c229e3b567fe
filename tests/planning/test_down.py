"""What `down` plans, and the stop of an attached `up`."""

import msgspec

from minicompose import labels
from minicompose.output.plan_text import plan_text
from minicompose.planning.down import DownOptions, StopOptions, plan_down, plan_stop
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import (
    Asked,
    Orphan,
    Plan,
    RemoveContainer,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    StopContainer,
)
from tests.carrying_out import carry_out, engine_running, running
from tests.golden import assert_golden
from tests.stack_of import stack_of

CHAIN = """
    services:
      db: {image: a, volumes: ["data:/x"]}
      api: {image: a, depends_on: [db]}
      web: {image: a, depends_on: [api], scale: 2}
      side: {image: a}
    volumes: {data: {}}
"""


def removed(plan: Plan, action: type) -> list[str]:
    return [step.subject.name for step in plan.steps if isinstance(step.action, action)]


def with_container(observed: Observed, container: ObservedContainer) -> Observed:
    return msgspec.structs.replace(observed, containers=(*observed.containers, container))


def oneoff(service: str) -> ObservedContainer:
    return ObservedContainer(
        id="one",
        name=f"shop-{service}-run-1",
        service=service,
        number=1,
        oneoff=True,
        state="running",
        networks={"shop_default": "x"},
        labels={labels.DEPENDS_ON: "db:service_started:false"},
    )


def test_a_stack_goes_dependents_first_by_its_labels_alone() -> None:
    assert_golden("down", plan_text(plan_down(running(stack_of(CHAIN)), DownOptions(volumes=True))))


def test_down_leaves_nothing_but_the_volumes() -> None:
    engine = engine_running(stack_of(CHAIN))
    carry_out(plan_down(engine.observe("shop")), engine)
    observed = engine.observe("shop")
    assert observed.containers == ()
    assert not [network for network in observed.networks if labels.PROJECT in network.labels]
    assert [volume.name for volume in observed.volumes] == ["shop_data"]
    assert plan_down(observed).steps == ()


def test_what_a_profile_disables_goes_down_with_the_rest() -> None:
    stack = stack_of("services: {tool: {image: a}, web: {image: a}}")
    disabled = stack_of("services: {tool: {image: a, profiles: [p]}, web: {image: a}}")
    assert removed(plan_down(running(stack), stack=disabled), RemoveContainer) == ["shop-web-1", "shop-tool-1"]


def test_a_service_that_does_not_run_passes_its_order_on() -> None:
    engine = engine_running(stack_of(CHAIN))
    engine.stop_container("shop-api-1", None)
    plan = plan_down(engine.observe("shop"))
    stops = {step.subject.name: step for step in plan.steps if isinstance(step.action, StopContainer)}
    assert "shop-api-1" not in stops
    assert set(stops["shop-db-1"].after) == {stops["shop-web-1"].id, stops["shop-web-2"].id}


def test_one_offs_go_too_and_before_what_they_need() -> None:
    plan = plan_down(with_container(running(stack_of(CHAIN)), oneoff("tool")))
    stops = {step.subject.name: step for step in plan.steps if isinstance(step.action, StopContainer)}
    assert stops["shop-tool-run-1"].id in stops["shop-db-1"].after


def test_volumes_are_removed_only_when_asked_and_external_ones_never() -> None:
    stack = stack_of('services: {a: {image: a, volumes: ["v:/x", "out:/y"]}}\nvolumes: {v: {}, out: {external: true}}')
    engine = engine_running(stack_of("services: {a: {image: a, volumes: ['v:/x']}}\nvolumes: {v: {}}"))
    engine.create_volume(stack.volumes["out"], {})
    observed = engine.observe("shop")
    assert removed(plan_down(observed), RemoveVolume) == []
    assert removed(plan_down(observed, DownOptions(volumes=True), stack), RemoveVolume) == ["shop_v"]


def test_orphans_stay_with_their_networks_and_are_named() -> None:
    observed = running(stack_of("services: {old: {image: a}, web: {image: a}}"))
    stack = stack_of("services: {web: {image: a}}")
    plan = plan_down(observed, stack=stack)
    assert removed(plan, RemoveContainer) == ["shop-web-1"]
    assert removed(plan, RemoveNetwork) == []
    assert [note.summary for note in plan.notes] == ["no service of the stack file has these containers: shop-old-1"]


def test_orphans_go_when_asked() -> None:
    observed = running(stack_of("services: {old: {image: a}, web: {image: a}}"))
    plan = plan_down(observed, DownOptions(remove_orphans=True), stack_of("services: {web: {image: a}}"))
    assert {step.subject.name for step in plan.steps if step.because == Orphan()} == {"shop-old-1"}
    assert removed(plan, RemoveNetwork) == ["shop_default"]


def test_named_services_go_alone() -> None:
    plan = plan_down(running(stack_of(CHAIN)), DownOptions(services=("web",)))
    assert removed(plan, RemoveContainer) == ["shop-web-2", "shop-web-1"]
    assert removed(plan, RemoveNetwork) == []


def test_rmi_local_removes_what_was_built_without_a_name_and_all_removes_all() -> None:
    observed = running(stack_of("services: {built: {build: .}, other: {image: a}}"))
    assert removed(plan_down(observed, DownOptions(rmi="local")), RemoveImage) == ["shop-built:latest"]
    assert removed(plan_down(observed, DownOptions(rmi="all")), RemoveImage) == ["a:latest", "shop-built:latest"]
    assert removed(plan_down(observed), RemoveImage) == []


def test_the_timeout_goes_to_every_stop() -> None:
    plan = plan_down(running(stack_of(CHAIN)), DownOptions(timeout=3))
    assert {step.action.timeout for step in plan.steps if isinstance(step.action, StopContainer)} == {3}


def test_a_project_that_is_not_there_needs_nothing() -> None:
    assert plan_down(Observed(project="shop")).steps == ()


def test_labels_that_go_in_a_circle_still_give_a_plan() -> None:
    containers = tuple(
        ObservedContainer(
            id=name,
            name=f"shop-{name}-1",
            service=name,
            number=1,
            state="running",
            labels={labels.DEPENDS_ON: f"{other}:service_started:false"},
        )
        for name, other in (("a", "b"), ("b", "a"))
    )
    plan = plan_down(Observed(project="shop", containers=containers))
    assert sorted(removed(plan, RemoveContainer)) == ["shop-a-1", "shop-b-1"]


def test_stop_stops_what_runs_dependents_first_and_leaves_one_offs() -> None:
    observed = with_container(running(stack_of(CHAIN)), oneoff("web"))
    plan = plan_stop(observed, StopOptions(timeout=1))
    assert [step.subject.name for step in plan.steps] == [
        "shop-web-2",
        "shop-web-1",
        "shop-side-1",
        "shop-api-1",
        "shop-db-1",
    ]
    assert {step.because for step in plan.steps} == {Asked(option="stop")}
    assert removed(plan, StopContainer) == [step.subject.name for step in plan.steps]


def test_stop_of_named_services_stops_these() -> None:
    plan = plan_stop(running(stack_of(CHAIN)), StopOptions(services=("api",)))
    assert [step.subject.name for step in plan.steps] == ["shop-api-1"]
