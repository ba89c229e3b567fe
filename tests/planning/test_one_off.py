"""What `run` plans: one container besides a service's own, when what it needs is as it asks."""

from typing import Any

import msgspec

from minicompose import labels
from minicompose.model import Stack
from minicompose.output.plan_text import plan_text
from minicompose.planning.observed import Observed
from minicompose.planning.one_off import OneOff, plan_run, with_one_off
from minicompose.planning.plan import ContainerSpec, CreateContainer, Plan, RemoveContainer, StartContainer
from minicompose.planning.up import UpOptions
from tests.carrying_out import running
from tests.golden import assert_golden
from tests.stack_of import stack_of

SHOP = """
    services:
      db:
        image: postgres:17
        healthcheck: {test: [CMD, pg_isready]}
      migrate:
        image: shop
        command: "true"
        depends_on: {db: {condition: service_healthy}}
      backend:
        image: shop
        container_name: the-backend
        scale: 1
        restart: always
        networks: {default: {aliases: [api], ipv4_address: 10.9.0.5}}
        post_start: [{command: echo}]
        depends_on:
          db: {condition: service_healthy}
          migrate: {condition: service_completed_successfully}
      proxy: {image: nginx:1, depends_on: {backend: {condition: service_started, restart: true}}}
    networks: {default: {ipam: {config: [{subnet: 10.9.0.0/24}]}}}
"""
IMAGES = {"postgres:17": "sha256:1", "shop:latest": "sha256:2", "nginx:1": "sha256:3"}


def planned(stack: Stack, observed: Observed | None = None, options: UpOptions | None = None, **asked: Any) -> Plan:
    one_off = OneOff(service=stack.services["backend"], slug="0123456789ab" * 5 + "0123", **asked)
    observed = observed or Observed(project=stack.name, images=IMAGES)
    return plan_run(with_one_off(stack, one_off), observed, one_off, options or UpOptions())


def created(plan: Plan) -> dict[str, ContainerSpec]:
    """What is created, by name."""
    return {step.action.name: step.action.spec for step in plan.steps if isinstance(step.action, CreateContainer)}


def test_the_container_is_created_when_what_it_depends_on_is_as_it_asks() -> None:
    assert_golden("one-off", plan_text(planned(stack_of(SHOP))))


def test_the_services_own_containers_and_its_dependents_are_left_alone() -> None:
    stack = stack_of(SHOP)
    observed = running(stack)

    plan = planned(stack, observed)

    touched = {step.subject.name for step in plan.steps}
    assert [name for name in created(plan) if "-run-" in name] == ["shop-backend-run-0123456789ab"]
    assert not touched & {"the-backend", "shop-proxy-1", "shop-db-1"}
    assert not any(isinstance(step.action, RemoveContainer) for step in plan.steps)
    assert plan.notes == ()


def test_nothing_starts_it() -> None:
    plan = planned(stack_of(SHOP))

    started = [step.action.container for step in plan.steps if isinstance(step.action, StartContainer)]
    assert started == ["shop-db-1", "shop-migrate-1"]


def test_without_its_dependencies_it_is_all_there_is_to_do() -> None:
    stack = stack_of(SHOP)

    plan = planned(stack, running(stack), UpOptions(no_deps=True))

    assert [step.subject.name for step in plan.steps] == ["shop-backend-run-0123456789ab"]


def test_it_is_labelled_as_a_one_off_and_has_no_number() -> None:
    spec = created(planned(stack_of(SHOP), name="mine", removed_at_end=True, input_once=True))["mine"]

    assert (spec.labels[labels.ONEOFF], len(spec.labels[labels.SLUG])) == ("True", 64)
    assert labels.NUMBER not in spec.labels
    assert (spec.removed_at_end, spec.input_once) == (True, True)
    assert spec.service.restart is None


def test_it_has_neither_the_names_nor_the_address_of_its_service() -> None:
    (endpoint,) = created(planned(stack_of(SHOP), name="mine"))["mine"].endpoints

    assert (endpoint.aliases, endpoint.ipv4_address) == (("mine",), None)


def test_it_has_them_when_they_are_asked_for() -> None:
    (endpoint,) = created(planned(stack_of(SHOP), name="mine", aliases=True))["mine"].endpoints

    assert (endpoint.aliases, endpoint.ipv4_address) == (("mine", "backend", "api"), "10.9.0.5")


def test_services_that_it_does_not_need_are_no_orphans() -> None:
    stack = stack_of(SHOP)
    observed = running(stack)

    removed = planned(stack, observed, UpOptions(remove_orphans=True))
    orphan = msgspec.structs.replace(observed.containers[0], id="f" * 64, name="shop-old-1", service="old")
    with_orphan = msgspec.structs.replace(observed, containers=(*observed.containers, orphan))

    assert not any(isinstance(step.action, RemoveContainer) for step in removed.steps)
    assert "shop-old-1" in planned(stack, with_orphan).notes[0].summary
