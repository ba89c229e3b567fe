"""What `up` plans: each rule of the lifecycle, and the whole plan as a person reads it."""

from typing import Any

import msgspec
import pytest

from minicompose import labels
from minicompose.model import Sealed, Stack
from minicompose.output.plan_text import plan_text
from minicompose.planning.encoding import plan_json
from minicompose.planning.observed import Observed
from minicompose.planning.plan import (
    Asked,
    BuildImage,
    Changed,
    Checkpoint,
    ConnectNetwork,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    DependencyReplaced,
    Disconnected,
    ImageDiffers,
    ImageMayChange,
    ImageUpdated,
    NetworkReplaced,
    NotRunning,
    Orphan,
    Plan,
    PullImage,
    Reason,
    RemoveContainer,
    RemoveNetwork,
    RenameContainer,
    Renamed,
    RestartContainer,
    ScaledDown,
    StartContainer,
    Step,
    StopContainer,
    Unfinished,
    Unknown,
    WaitUntil,
)
from minicompose.planning.up import UpOptions, plan_up
from tests.carrying_out import carry_out, engine_running, running, with_services
from tests.golden import assert_golden
from tests.stack_of import stack_of

SHOP = """
    services:
      db:
        image: postgres:17
        healthcheck: {test: [CMD, pg_isready]}
        volumes: ["data:/var/lib/postgresql"]
      migrate:
        image: shop
        command: "true"
        depends_on: {db: {condition: service_healthy}}
      backend:
        image: shop
        depends_on:
          db: {condition: service_healthy}
          migrate: {condition: service_completed_successfully}
        environment:
          LOG_LEVEL: debug
      frontend:
        image: nginx
        ports: ["8080:80"]
        depends_on: [backend]
    volumes: {data: {}}
"""

WEB = """
    services:
      web: {image: nginx}
"""


def nothing() -> Observed:
    return Observed(project="shop")


def having(stack: Stack, *images: str) -> Observed:
    return Observed(project="shop", images={image: f"sha256:{number:064x}" for number, image in enumerate(images)})


def steps_of(plan: Plan, service: str) -> list[Step]:
    return [step for step in plan.steps if step.subject.service == service]


def the(plan: Plan, action: type, service: str) -> Step:
    (step,) = [step for step in steps_of(plan, service) if isinstance(step.action, action)]
    return step


def before(plan: Plan, step: Step) -> set[int]:
    """All steps that are done before `step`."""
    by_id = {other.id: other for other in plan.steps}
    found: set[int] = set()
    for other in step.after:
        found |= {other} | before(plan, by_id[other])
    return found


def reasons(plan: Plan, service: str) -> set[Reason]:
    return {step.because for step in steps_of(plan, service)}


def errors(plan: Plan) -> list[str]:
    assert not plan.steps
    return [note.summary for note in plan.notes if note.severity == "error"]


def changed(observed: Observed, name: str, **changes: Any) -> Observed:
    """The same, with one container different."""
    assert any(container.name == name for container in observed.containers)
    containers = tuple(
        msgspec.structs.replace(container, **changes) if container.name == name else container
        for container in observed.containers
    )
    return msgspec.structs.replace(observed, containers=containers)


def without_label(observed: Observed, name: str, label: str) -> Observed:
    (found,) = [container for container in observed.containers if container.name == name]
    return changed(observed, name, labels={key: value for key, value in found.labels.items() if key != label})


# ---- whole plans ----


def test_a_stack_that_is_not_there_is_created() -> None:
    assert_golden("create", plan_text(plan_up(stack_of(SHOP), nothing())))


def test_an_unchanged_stack_is_left_alone_but_for_its_jobs() -> None:
    stack = stack_of(SHOP)
    assert_golden("unchanged", plan_text(plan_up(stack, running(stack))))


def test_a_changed_service_is_replaced_with_the_field_and_its_place() -> None:
    stack = stack_of(SHOP)
    observed = running(stack, backend={"environment": {"LOG_LEVEL": "info", "OLD": "1"}})
    assert_golden("replace", plan_text(plan_up(stack, observed)))


def test_a_replaced_dependency_restarts_the_dependents_that_ask_for_it() -> None:
    stack = stack_of("""
        services:
          db: {image: "postgres:17"}
          backend: {image: shop, depends_on: {db: {condition: service_started, restart: true}}}
          other: {image: shop, depends_on: [db]}
    """)
    observed = running(stack, db={"image": "postgres:16"})
    assert_golden("replace-restarts-dependents", plan_text(plan_up(stack, observed)))


CHAIN = """
    services:
      db: {image: "postgres:17"}
      backend: {image: "shop:2", depends_on: [db]}
      frontend: {image: "front:2", depends_on: [backend]}
"""


def test_what_needs_another_that_is_replaced_is_stopped_while_that_is_started() -> None:
    stack = stack_of(CHAIN)
    old = running(stack, db={"image": "postgres:16"}, backend={"image": "shop:1"}, frontend={"image": "front:1"})
    assert_golden("replace-in-order", plan_text(plan_up(stack, old)))


@pytest.mark.parametrize(
    ("backend", "old_db", "options"),
    [
        ("depends_on: {db: {condition: service_healthy}}", {"image": "postgres:16"}, UpOptions()),
        ("depends_on: [db], pre_stop: [{command: [flush]}]", {"image": "postgres:16"}, UpOptions()),
        ("depends_on: [db], deploy: {update_config: {}}", {"image": "postgres:16"}, UpOptions()),
        ("depends_on: [db]", {"image": "postgres:16"}, UpOptions(on_failure="keep")),
        ("depends_on: [db]", None, UpOptions()),
    ],
)
def test_it_is_stopped_later_where_it_would_be_missed(
    backend: str, old_db: dict[str, Any] | None, options: UpOptions
) -> None:
    check = "healthcheck: {test: [CMD, 'true']}"
    stack = stack_of(f"""
        services:
          db: {{image: "postgres:17", {check}}}
          backend: {{image: "shop:2", {backend}}}
    """)
    observed = running(stack, backend={"image": "shop:1"}, db=old_db or {})
    if old_db is None:
        left = tuple(each for each in observed.containers if each.service != "db")
        observed = msgspec.structs.replace(observed, containers=left)
    plan = plan_up(stack, observed, options)
    assert the(plan, StartContainer, "db").id in before(plan, the(plan, StopContainer, "backend"))


def test_a_changed_network_takes_all_its_containers_with_it() -> None:
    stack = stack_of("""
        services:
          a: {image: nginx, networks: [front]}
          b: {image: nginx, networks: [front, default], depends_on: [a]}
          c: {image: nginx}
        networks:
          front:
            driver_opts: {mtu: "1400"}
    """)
    networks = {**stack.networks, "front": msgspec.structs.replace(stack.networks["front"], driver_opts={"mtu": "9"})}
    observed = running(msgspec.structs.replace(stack, networks=networks))
    assert_golden("network-changed", plan_text(plan_up(stack, observed)))


def test_images_that_may_change_replace_only_then() -> None:
    stack = stack_of(SHOP)
    assert_golden("pull-always", plan_text(plan_up(stack, running(stack), UpOptions(pull="always"))))


# ---- order ----


def test_creating_a_dependent_does_not_wait_for_the_start_of_what_it_depends_on() -> None:
    stack = stack_of("services: {db: {image: a}, web: {image: a, depends_on: [db]}}")
    plan = plan_up(stack, having(stack, "a"))
    assert the(plan, StartContainer, "db").id not in before(plan, the(plan, CreateContainer, "web"))
    assert the(plan, StartContainer, "db").id in before(plan, the(plan, StartContainer, "web"))


@pytest.mark.parametrize(
    "needs",
    [
        "links: [db]",
        "volumes_from: [db]",
        'network_mode: "service:db"',
        'ipc: "service:db"',
        'pid: "service:db"',
        "depends_on: [db]",
    ],
)
def test_what_implies_a_dependency_orders_the_starts(needs: str) -> None:
    stack = stack_of(f"services:\n  db: {{image: a}}\n  web:\n    image: a\n    {needs}\n")
    plan = plan_up(stack, having(stack, "a"))
    assert the(plan, StartContainer, "db").id in before(plan, the(plan, StartContainer, "web"))


def test_a_container_is_linked_on_the_default_bridge_when_all_that_it_is_linked_to_are_there() -> None:
    stack = stack_of("""
        services:
          db: {image: a, network_mode: bridge, scale: 2}
          web: {image: a, network_mode: bridge, links: ["db:store"]}
    """)
    plan = plan_up(stack, having(stack, "a"))
    made = {step.id for step in plan.steps if isinstance(step.action, CreateContainer) and step.subject.service == "db"}
    assert len(made) == 2 and made <= before(plan, the(plan, CreateContainer, "web"))


def test_what_is_linked_on_the_default_bridge_goes_with_the_container() -> None:
    stack = stack_of("""
        services:
          db: {image: a, network_mode: bridge}
          web: {image: a, network_mode: bridge, links: [db]}
    """)

    plan = plan_up(stack, running(stack, db={"command": ("old",)}))

    create = the(plan, CreateContainer, "web").action
    assert isinstance(create, CreateContainer)
    assert create.spec.service.links == (
        "shop-db-1.next:db",
        "shop-db-1.next:db-1",
        "shop-db-1.next:shop-db-1",
    )


@pytest.mark.parametrize(
    ("condition", "awaited"), [("service_healthy", "healthy"), ("service_completed_successfully", "completed")]
)
def test_a_dependent_waits_for_its_condition(condition: str, awaited: str) -> None:
    stack = stack_of(
        f"services: {{db: {{image: a}}, web: {{image: a, depends_on: {{db: {{condition: {condition}}}}}}}}}"
    )
    plan = plan_up(stack, having(stack, "a"))
    wait = the(plan, WaitUntil, "db")
    assert wait.action == WaitUntil(container="shop-db-1", condition=awaited)  # type: ignore[arg-type]
    assert wait.id in before(plan, the(plan, StartContainer, "web"))


def test_dependents_share_one_wait() -> None:
    healthy = "{db: {condition: service_healthy}}"
    stack = stack_of(
        f"services: {{db: {{image: a}}, x: {{image: a, depends_on: {healthy}}}, "
        f"y: {{image: a, depends_on: {healthy}}}}}"
    )
    plan = plan_up(stack, having(stack, "a"))
    wait = the(plan, WaitUntil, "db")
    assert wait.id in before(plan, the(plan, StartContainer, "x"))
    assert wait.id in before(plan, the(plan, StartContainer, "y"))


def test_a_dependency_that_is_not_required_is_waited_for_and_may_fail() -> None:
    stack = stack_of(
        "services: {db: {image: a}, web: {image: a, depends_on: {db: {condition: service_healthy, required: false}}}}"
    )
    plan = plan_up(stack, having(stack, "a"))
    start = the(plan, StartContainer, "web")
    assert start.wants == (the(plan, WaitUntil, "db").id,)
    assert the(plan, WaitUntil, "db").id not in before(plan, start)


def test_a_dependency_that_is_not_required_and_not_there_is_ignored() -> None:
    stack = stack_of(
        "services: {db: {image: a, profiles: [p]}, web: {image: a, depends_on: "
        "{db: {condition: service_started, required: false}}}}"
    )
    assert not errors_or_none(plan_up(stack, having(stack, "a")))


def errors_or_none(plan: Plan) -> list[str]:
    return [note.summary for note in plan.notes if note.severity == "error"]


@pytest.mark.parametrize(
    ("service", "place"),
    [("scale: 1000000000", "stack.yaml:3:7"), ("deploy: {replicas: 1000000000}", "stack.yaml:3:16")],
)
def test_more_containers_than_any_engine_can_have_are_refused_where_they_are_asked_for(
    service: str, place: str
) -> None:
    stack = stack_of(f"services:\n  a: {{image: a}}\n  b: {{{service}, image: b}}")

    plan = plan_up(stack, Observed(project="shop"))

    (note,) = plan.notes
    assert plan.steps == ()
    assert (note.severity, str(note.pos)) == ("error", place)
    assert note.summary == "the stack is to have 1,000,000,001 containers, and can have 10,000"


def test_services_that_have_too_many_containers_together_are_refused_too() -> None:
    stack = stack_of("services: {a: {image: a, scale: 5000}, b: {image: b}}")

    plan = plan_up(stack, Observed(project="shop"), UpOptions(scale={"b": 5001}))

    (note,) = plan.notes
    assert (note.pos, note.hint) == (None, '"b" alone is to have 5,001')


def test_wait_waits_for_every_container_that_has_not_settled() -> None:
    stack = stack_of("services: {a: {image: a, scale: 2}, b: {image: a}}")
    plan = plan_up(stack, having(stack, "a"), UpOptions(wait=True))
    waits = [step.action.container for step in plan.steps if isinstance(step.action, WaitUntil)]
    assert waits == ["shop-a-1", "shop-a-2", "shop-b-1"]
    assert not plan_up(stack, running(stack), UpOptions(wait=True)).steps


# ---- what is selected ----


def test_named_services_come_with_what_they_need() -> None:
    stack = stack_of(SHOP)
    plan = plan_up(stack, nothing(), UpOptions(services=("migrate",)))
    assert {step.subject.service for step in plan.steps if step.subject.type == "container"} == {"db", "migrate"}


def test_no_deps_leaves_out_what_they_need_and_does_not_wait_for_it() -> None:
    stack = stack_of(SHOP)
    plan = plan_up(stack, nothing(), UpOptions(services=("migrate",), no_deps=True))
    assert {step.subject.service for step in plan.steps if step.subject.type == "container"} == {"migrate"}
    assert not [step for step in plan.steps if isinstance(step.action, WaitUntil)]


def test_an_unknown_service_is_an_error_with_the_near_name() -> None:
    stack = stack_of(SHOP)
    plan = plan_up(stack, nothing(), UpOptions(services=("backnd",)))
    assert errors(plan) == ['there is no service "backnd"']
    assert plan.notes[0].hint == 'did you mean "backend"?'


def test_what_shares_a_namespace_with_a_replaced_container_goes_with_it_even_if_not_named() -> None:
    stack = stack_of('services: {db: {image: a}, side: {image: a, network_mode: "service:db"}}')
    observed = running(stack, db={"environment": {"A": "b"}})
    plan = plan_up(stack, observed, UpOptions(services=("db",)))
    assert reasons(plan, "side") == {DependencyReplaced(service="db")}
    created = the(plan, CreateContainer, "side")
    assert isinstance(created.action, CreateContainer)
    assert created.action.spec.service.network_mode == "container:shop-db-1.next"
    assert the(plan, CreateContainer, "db").id in before(plan, created)


# ---- replicas ----


def test_scaling_down_takes_the_highest_numbers() -> None:
    stack = stack_of(WEB)
    observed = running(stack, web={"scale": 3})
    plan = plan_up(stack, observed)
    assert [step.subject.name for step in plan.steps if isinstance(step.action, RemoveContainer)] == [
        "shop-web-3",
        "shop-web-2",
    ]
    assert reasons(plan, "web") == {ScaledDown(replicas=1)}


def test_scale_on_the_command_line_wins_over_the_file() -> None:
    stack = stack_of("services: {web: {image: nginx, deploy: {replicas: 4}}}")
    plan = plan_up(stack, having(stack, "nginx"), UpOptions(scale={"web": 2}))
    assert [step.subject.name for step in plan.steps if isinstance(step.action, CreateContainer)] == [
        "shop-web-1",
        "shop-web-2",
    ]


def test_a_lost_replica_comes_back_under_its_number() -> None:
    stack = stack_of("services: {web: {image: nginx, scale: 3}}")
    engine = engine_running(stack)
    engine.remove_container("shop-web-2", volumes=False, force=True)
    plan = plan_up(stack, engine.observe("shop"))
    assert the(plan, CreateContainer, "web").subject.name == "shop-web-2"


def test_container_name_forbids_a_second_container() -> None:
    stack = stack_of("services: {web: {image: nginx, container_name: one}}")
    plan = plan_up(stack, nothing(), UpOptions(scale={"web": 2}))
    assert errors(plan) == ["container_name allows one container, not 2"]
    assert str(plan.notes[0].pos) == "stack.yaml:1:32"


def test_two_services_that_swap_their_names_are_refused_where_the_names_are_written() -> None:
    text = "services:\n  a: {image: nginx, container_name: %s}\n  b: {image: nginx, container_name: %s}\n"

    plan = plan_up(stack_of(text % ("two", "one")), running(stack_of(text % ("one", "two"))))

    told = [(note.path, note.summary) for note in plan.notes]
    assert told == [
        ("services.a.container_name", 'the name two is taken by a container of the service "b"'),
        ("services.b.container_name", 'the name one is taken by a container of the service "a"'),
    ]
    assert all(note.pos for note in plan.notes)
    assert "docker rm" not in "".join(note.hint for note in plan.notes)


def test_a_negative_scale_is_an_error() -> None:
    assert errors(plan_up(stack_of(WEB), nothing(), UpOptions(scale={"web": -1}))) == [
        "a service cannot have -1 containers"
    ]


# ---- why a container is replaced ----


def test_a_secret_that_changed_is_not_shown() -> None:
    stack = stack_of("""
        services:
          web: {image: nginx, environment: {DB_PASSWORD: new, URL: "postgres://me:new@db/shop"}}
    """)
    observed = running(stack, web={"environment": {"DB_PASSWORD": "old", "URL": "postgres://me:old@db/shop"}})
    (because,) = reasons(plan_up(stack, observed), "web")
    assert isinstance(because, Changed)
    assert [(change.path, change.old, change.new) for change in because.changes] == [
        ("environment.DB_PASSWORD", "***", "***"),
        ("environment.URL", "postgres://me:***@db/shop", "postgres://me:***@db/shop"),
    ]


def test_new_content_of_a_config_replaces_the_container() -> None:
    stack = stack_of("""
        services:
          web: {image: nginx, configs: [site]}
        configs:
          site: {content: new}
    """)
    configs = {"site": msgspec.structs.replace(stack.configs["site"], sealed=Sealed(b"old"))}
    observed = running(msgspec.structs.replace(stack, configs=configs))
    (because,) = reasons(plan_up(stack, observed), "web")
    assert isinstance(because, Changed)
    assert [(change.path, str(change.pos)) for change in because.changes] == [
        ("configs[/site].content", "stack.yaml:4:3")
    ]


def test_the_digest_of_an_image_is_no_secret() -> None:
    old, new = (f"redis@sha256:{digit * 64}" for digit in "12")
    stack = stack_of(f"services: {{cache: {{image: '{new}'}}}}")

    plan = plan_up(stack, running(stack, cache={"image": old}))

    (because,) = {step.because for step in plan.steps if isinstance(step.because, Changed)}
    assert [(change.path, change.old, change.new) for change in because.changes] == [("image", old, new)]


def test_a_tag_that_names_another_image_replaces_the_container() -> None:
    stack = stack_of(WEB)
    engine = engine_running(stack)
    old = engine.images["nginx:latest"]
    new = engine.add_image("nginx")
    assert reasons(plan_up(stack, engine.observe("shop")), "web") == {ImageUpdated(image="nginx", old=old, new=new)}


def test_a_container_of_another_tool_is_replaced_as_unknown() -> None:
    stack = stack_of(WEB)
    observed = without_label(running(stack), "shop-web-1", labels.SPEC)
    observed = changed(observed, "shop-web-1", labels={**observed.containers[0].labels, labels.VERSION: "2.40.3"})
    assert reasons(plan_up(stack, observed), "web") == {Unknown(made_by="docker compose 2.40.3")}


def test_a_network_made_anew_by_hand_replaces_what_was_on_it() -> None:
    stack = stack_of(WEB)
    observed = changed(running(stack), "shop-web-1", networks={"shop_default": "gone"})
    assert reasons(plan_up(stack, observed), "web") == {NetworkReplaced(network="shop_default")}


def test_a_running_container_that_was_taken_off_its_network_is_put_on_it_again() -> None:
    stack = stack_of(WEB)
    observed = changed(running(stack), "shop-web-1", networks={"bridge": "b"})
    assert reasons(plan_up(stack, observed), "web") == {Disconnected(network="shop_default")}


def test_a_container_that_was_created_and_is_not_on_all_its_networks_is_put_on_them_before_it_starts() -> None:
    stack = stack_of("""
        services:
          web: {image: nginx, networks: [front, back]}
        networks: {front: {}, back: {}}
    """)
    observed = changed(running(stack), "shop-web-1", state="created", networks={"shop_front": ""})

    connect, start = plan_up(stack, observed).steps

    assert isinstance(connect.action, ConnectNetwork)
    assert connect.action.endpoint.network == "shop_back"
    assert isinstance(start.action, StartContainer)
    assert start.after == (connect.id,)


LINKED = """
    services:
      db: {image: db}
      web: {image: nginx, links: ["db:store"], external_links: [other]}
    networks: {default: {labels: {a: OLD}}}
"""
NAMES = {"shop-db-1:store", "other:other"}


def test_a_container_that_was_taken_off_its_network_has_its_links_again() -> None:
    stack = stack_of(LINKED)
    observed = changed(running(stack), "shop-web-1", networks={})

    (connect,) = plan_up(stack, observed).steps

    assert isinstance(connect.action, ConnectNetwork)
    assert set(connect.action.endpoint.links) >= NAMES


def test_a_container_has_its_links_on_a_network_that_is_made_anew_and_on_the_old_one_put_back() -> None:
    plan = plan_up(stack_of(LINKED.replace("OLD", "new")), running(stack_of(LINKED)))

    connects = [
        step.action
        for step in (*plan.steps, *plan.way_back)
        if isinstance(step.action, ConnectNetwork) and step.subject.service == "web"
    ]

    assert [set(connect.endpoint.links) >= NAMES for connect in connects] == [True, True]


def test_a_container_that_was_renamed_by_hand_gets_its_name_again() -> None:
    stack = stack_of(WEB)

    observed = running(stack)
    (container,) = observed.containers
    renamed = msgspec.structs.replace(observed, containers=(msgspec.structs.replace(container, name="mine"),))

    (step,) = plan_up(stack, renamed).steps

    assert step.action == RenameContainer(container=container.id, name="shop-web-1")
    assert step.because == Renamed(name="mine")


def test_a_plan_as_json_seals_what_looks_like_a_secret() -> None:
    stack = stack_of("services: {web: {image: shop, environment: {PASSWORD: hunter2, MODE: fast}}}")
    written = plan_json(plan_up(stack, Observed(project="shop"))).decode()
    assert "hunter2" not in written
    assert "fast" in written


def test_a_container_whose_network_was_removed_by_hand_is_replaced_and_not_started_on_it() -> None:
    stack = stack_of(WEB)
    observed = changed(running(stack), "shop-web-1", state="exited")
    plan = plan_up(stack, msgspec.structs.replace(observed, networks=()))
    assert reasons(plan, "web") == {NetworkReplaced(network="shop_default")}


def test_force_recreate_replaces_what_was_named_and_always_recreate_deps_the_rest() -> None:
    stack = stack_of("services: {db: {image: a}, web: {image: a, depends_on: [db]}}")
    observed = running(stack)
    plan = plan_up(stack, observed, UpOptions(services=("web",), force_recreate=True))
    assert reasons(plan, "web") == {Asked(option="--force-recreate")}
    assert not steps_of(plan, "db")
    plan = plan_up(stack, observed, UpOptions(services=("web",), always_recreate_deps=True))
    assert reasons(plan, "db") == {Asked(option="--always-recreate-deps")}


def test_no_recreate_keeps_what_has_changed() -> None:
    stack = stack_of(WEB)
    observed = running(stack, web={"environment": {"A": "b"}})
    assert not plan_up(stack, observed, UpOptions(no_recreate=True)).steps


def test_a_change_of_what_only_minicompose_does_with_it_replaces_nothing() -> None:
    stack = stack_of(WEB)
    observed = running(stack, web={"profiles": ("a",), "pull_policy": "missing", "attach": False})
    assert not plan_up(stack, observed).steps


def test_volumes_in_another_order_are_the_same_only_by_target() -> None:
    stack = stack_of('services: {web: {image: a, volumes: ["/x:/a", "/y:/b:ro"]}}')
    (x, y) = stack.services["web"].volumes or ()
    observed = running(stack, web={"volumes": (x, msgspec.structs.replace(y, read_only=None))})
    (because,) = reasons(plan_up(stack, observed), "web")
    assert isinstance(because, Changed)
    assert [change.path for change in because.changes] == ["volumes[/b].read_only"]


# ---- how a container is replaced ----


def test_what_is_replaced_is_kept_until_its_successor_has_settled() -> None:
    stack = stack_of(WEB)
    plan = plan_up(stack, running(stack, web={"environment": {"A": "b"}}))
    assert [type(step.action) for step in steps_of(plan, "web")] == [
        CreateContainer,
        StopContainer,
        StartContainer,
        WaitUntil,
        RenameContainer,
        RenameContainer,
        RemoveContainer,
    ]
    remove, checkpoint = the(plan, RemoveContainer, "web"), plan.steps[-2]
    assert isinstance(checkpoint.action, Checkpoint)
    assert remove.after == (checkpoint.id,)


def test_every_step_of_a_replacement_knows_how_to_put_the_old_one_back() -> None:
    stack = stack_of(WEB)
    observed = running(stack, web={"environment": {"A": "b"}})
    old = observed.containers[0].id
    plan = plan_up(stack, observed)
    checkpoint = next(step.id for step in plan.steps if isinstance(step.action, Checkpoint))
    assert [step.action for step in plan.way_back] == [
        RenameContainer(container="shop-web-1", name="shop-web-1.next"),
        StopContainer(container="shop-web-1.next"),
        RemoveContainer(container="shop-web-1.next", volumes=True),
        RenameContainer(container=old, name="shop-web-1"),
        StartContainer(container=old),
    ]
    reverted = [type(plan.steps[id - 1].action) for step in plan.way_back for id in step.reverts]
    assert reverted == [RenameContainer, StartContainer, CreateContainer, RenameContainer, StopContainer]
    assert {step.unless for step in plan.way_back} == {(checkpoint,)}


def test_the_old_one_runs_until_what_the_new_one_needs_is_there() -> None:
    stack = stack_of("""
        services:
          db: {image: a, healthcheck: {test: [CMD, "true"]}}
          web: {image: a, depends_on: {db: {condition: service_healthy}}}
    """)
    engine = engine_running(stack, web={"tty": True})
    engine.remove_container("shop-db-1", volumes=False, force=True)
    plan = plan_up(stack, engine.observe("shop"))
    assert the(plan, WaitUntil, "db").id in before(plan, the(plan, StopContainer, "web"))


def test_the_look_at_a_successor_without_a_health_check_comes_after_all_other_starts() -> None:
    stack = stack_of("services: {a: {image: a}, b: {image: a}}")
    plan = plan_up(stack, running(stack, a={"tty": True}, b={"tty": True}))
    start = {name: the(plan, StartContainer, name).id for name in ("a", "b")}
    assert the(plan, WaitUntil, "a").wants == (start["b"],)
    assert the(plan, WaitUntil, "b").wants == (start["a"],)


def test_the_look_at_a_successor_with_a_health_check_comes_at_once() -> None:
    check = "healthcheck: {test: [CMD, 'true']}"
    stack = stack_of(f"services: {{a: {{image: a, {check}}}, b: {{image: a}}}}")
    plan = plan_up(stack, running(stack, a={"tty": True}, b={"tty": True}))
    assert the(plan, WaitUntil, "a").wants == ()


def test_anonymous_volumes_are_kept_unless_they_are_to_be_renewed() -> None:
    stack = stack_of(WEB)
    observed = running(stack, web={"tty": True})
    kept = the(plan_up(stack, observed), CreateContainer, "web").action
    renewed = the(plan_up(stack, observed, UpOptions(renew_anon_volumes=True)), CreateContainer, "web").action
    assert isinstance(kept, CreateContainer)
    assert kept.keep_volumes_of == observed.containers[0].id
    assert isinstance(renewed, CreateContainer)
    assert renewed.keep_volumes_of is None


def test_no_start_creates_and_starts_nothing() -> None:
    stack = stack_of(SHOP)
    plan = plan_up(stack, nothing(), UpOptions(no_start=True))
    assert not [step for step in plan.steps if isinstance(step.action, StartContainer | WaitUntil)]
    assert len([step for step in plan.steps if isinstance(step.action, CreateContainer)]) == 4


# ---- what is there, and how it is ----


def test_what_has_stopped_is_started_again_a_job_that_succeeded_too() -> None:
    stack = stack_of('services: {job: {image: a, command: "true"}}')
    plan = plan_up(stack, running(stack))
    assert [step.because for step in plan.steps] == [NotRunning(state="exited")]


def test_a_job_that_is_to_run_once_is_left_when_it_has_succeeded() -> None:
    stack = stack_of('services: {job: {image: a, command: "true", x-run-once: true}}')
    observed = running(stack)
    assert not plan_up(stack, observed).steps
    failed = changed(observed, "shop-job-1", exit_code=1)
    assert [step.because for step in plan_up(stack, failed).steps] == [NotRunning(state="exited")]


def test_keep_completed_leaves_jobs_that_have_succeeded() -> None:
    stack = stack_of('services: {job: {image: a, command: "true"}}')
    assert not plan_up(stack, running(stack), UpOptions(keep_completed=True)).steps


def test_a_paused_container_counts_as_up_and_is_told() -> None:
    stack = stack_of(WEB)
    plan = plan_up(stack, changed(running(stack), "shop-web-1", state="paused"))
    assert not plan.steps
    assert [note.summary for note in plan.notes] == ["shop-web-1 is paused, and is left so"]


@pytest.mark.parametrize("state", ["dead", "removing"])
def test_what_is_going_is_removed_and_made_anew(state: str) -> None:
    stack = stack_of(WEB)
    plan = plan_up(stack, changed(running(stack), "shop-web-1", state=state))
    assert the(plan, RemoveContainer, "web").because == NotRunning(state=state)
    assert the(plan, RemoveContainer, "web").id in before(plan, the(plan, CreateContainer, "web"))


def test_a_restarting_container_is_left_to_the_engine() -> None:
    stack = stack_of(WEB)
    assert not plan_up(stack, changed(running(stack), "shop-web-1", state="restarting")).steps


def test_a_container_that_was_created_and_never_got_its_files_is_made_anew() -> None:
    stack = stack_of("services: {web: {image: a, configs: [c]}}\nconfigs: {c: {content: x}}")
    observed = running(stack, options=UpOptions(no_start=True))
    assert reasons(plan_up(stack, observed), "web") == {Unfinished()}


# ---- orphans ----


def test_orphans_are_named_and_left() -> None:
    observed = running(stack_of("services: {old: {image: a}, web: {image: nginx}}"))
    plan = plan_up(stack_of(WEB), observed)
    assert not plan.steps
    assert [note.summary for note in plan.notes] == ["no service of the stack file has these containers: shop-old-1"]


def test_orphans_are_removed_when_asked() -> None:
    observed = running(stack_of("services: {old: {image: a}, web: {image: nginx}}"))
    plan = plan_up(stack_of(WEB), observed, UpOptions(remove_orphans=True))
    assert [type(step.action).__name__ for step in plan.steps] == ["StopContainer", "Checkpoint", "RemoveContainer"]
    assert {step.because for step in plan.steps if step.subject.type == "container"} == {Orphan()}


def test_what_run_has_left_goes_with_them_and_what_still_runs_stays() -> None:
    stack = stack_of(WEB)
    observed = running(stack)
    web = observed.containers[0]
    left = msgspec.structs.replace(web, id="e" * 64, name="shop-web-run-1", oneoff=True, state="exited")
    busy = msgspec.structs.replace(web, id="f" * 64, name="shop-web-run-2", oneoff=True)
    observed = msgspec.structs.replace(observed, containers=(web, left, busy))

    plan = plan_up(stack, observed, UpOptions(remove_orphans=True, remove_ended_one_offs=True))

    assert [step.action for step in plan.steps if step.subject.type == "container"] == [
        RemoveContainer(container=left.id)
    ]
    assert plan.steps[-1].because == Asked(option="--remove-orphans")
    assert plan_up(stack, observed, UpOptions(remove_orphans=True)).steps == ()


def test_a_service_that_a_profile_disables_is_no_orphan() -> None:
    observed = running(stack_of("services: {old: {image: a}, web: {image: nginx}}"))
    stack = stack_of("services: {old: {image: a, profiles: [p]}, web: {image: nginx}}")
    assert plan_up(stack, observed, UpOptions(remove_orphans=True)).steps == ()


# ---- interrupted runs ----


def replacement_killed_after(step: int) -> tuple[Stack, Plan]:
    """What is planned after web's replacement (create, stop, start, wait, two renames, remove) was killed."""
    stack = stack_of(WEB)
    engine = engine_running(stack, web={"environment": {"A": "b"}})
    carry_out(plan_up(stack, engine.observe("shop")), engine, until=step)
    return stack, plan_up(stack, engine.observe("shop"))


def test_a_successor_that_runs_is_given_its_place() -> None:
    _, plan = replacement_killed_after(3)
    assert [type(step.action) for step in steps_of(plan, "web")] == [
        WaitUntil,
        RenameContainer,
        RenameContainer,
        RemoveContainer,
    ]
    assert reasons(plan, "web") == {Unfinished()}


def test_a_successor_that_never_ran_is_removed_and_the_replacement_begins_again() -> None:
    _, plan = replacement_killed_after(2)
    stopped, removed = plan.steps[:2]
    assert stopped.because == removed.because == Unfinished()
    assert isinstance(stopped.action, StopContainer)  # by now it may have been started
    assert isinstance(removed.action, RemoveContainer)
    assert {stopped.id, removed.id} <= before(plan, the(plan, CreateContainer, "web"))


def test_a_successor_that_took_over_gets_its_name() -> None:
    _, plan = replacement_killed_after(5)
    renames = [step.action for step in plan.steps if isinstance(step.action, RenameContainer)]
    assert renames[-1].name == "shop-web-1"
    assert renames[-1].container == "shop-web-1.next"
    assert reasons(plan, "web") == {Unfinished()}


def test_what_was_replaced_goes_if_the_run_was_killed_before_that() -> None:
    _, plan = replacement_killed_after(7)
    (remove,) = steps_of(plan, "web")
    assert isinstance(remove.action, RemoveContainer)
    assert remove.because == Unfinished()


def test_an_old_container_that_lost_its_name_and_its_successor_gets_it_back_and_runs_again() -> None:
    stack = stack_of(WEB)
    engine = engine_running(stack)
    engine.stop_container("shop-web-1", None)
    engine.rename_container("shop-web-1", "shop-web-1.old")
    carry_out(plan_up(stack, engine.observe("shop")), engine)
    assert {name: state.state for name, state in engine.containers.items()} == {"shop-web-1": "running"}


# ---- images ----


def test_one_pull_serves_all_services_of_an_image() -> None:
    stack = stack_of("services: {a: {image: x}, b: {image: 'x:latest'}, c: {image: docker.io/library/x}}")
    plan = plan_up(stack, nothing())
    assert len([step for step in plan.steps if isinstance(step.action, PullImage)]) == 1


def test_a_service_is_built_when_its_image_is_missing_or_the_build_is_asked_for() -> None:
    stack = stack_of("services: {web: {build: .}}")
    missing = plan_up(stack, nothing())
    assert isinstance(the(missing, BuildImage, "web").action, BuildImage)
    there = running(stack)
    assert not plan_up(stack, there).steps
    asked = plan_up(stack, there, UpOptions(build=True))
    assert the(asked, BuildImage, "web").because == Asked(option="--build")
    create = the(asked, CreateContainer, "web")
    assert create.because == ImageMayChange(image="shop-web")
    assert create.when == ImageDiffers(image="shop-web", id=there.containers[0].image_id)


def test_pull_policy_build_builds_each_time() -> None:
    stack = stack_of("services: {web: {build: ., pull_policy: build}}")
    assert the(plan_up(stack, running(stack)), BuildImage, "web").because == Asked(option="pull_policy: build")


def test_a_dependency_that_may_be_replaced_restarts_under_the_same_condition() -> None:
    stack = stack_of("""
        services:
          db: {image: a}
          web: {image: b, depends_on: {db: {condition: service_started, restart: true}}}
    """)
    plan = plan_up(with_services(stack, db={"pull_policy": "always"}), running(stack))
    assert the(plan, RestartContainer, "web").when == the(plan, CreateContainer, "db").when


def test_never_pull_and_a_missing_image_is_an_error_at_its_place() -> None:
    stack = stack_of("services: {web: {image: nginx, pull_policy: never}}")
    plan = plan_up(stack, nothing())
    assert errors(plan) == ["the engine has no image nginx, and pull_policy: never says not to pull it"]
    assert str(plan.notes[0].pos) == "stack.yaml:1:18"


def test_no_build_and_a_missing_image_is_an_error() -> None:
    plan = plan_up(stack_of("services: {web: {build: .}}"), nothing(), UpOptions(no_build=True))
    assert errors(plan) == ["the engine has no image shop-web, and --no-build says not to build it"]


# ---- networks and volumes ----


@pytest.mark.parametrize("kind", ["network", "volume"])
def test_a_missing_external_resource_is_an_error_at_its_place(kind: str) -> None:
    use = "networks: [out]" if kind == "network" else 'volumes: ["out:/x"]'
    stack = stack_of(f"services:\n  web:\n    image: nginx\n    {use}\n{kind}s:\n  out: {{external: true}}\n")
    plan = plan_up(stack, having(stack, "nginx"))
    assert errors(plan) == [f"the external {kind} out does not exist"]
    assert str(plan.notes[0].pos) == "stack.yaml:6:3"


def test_a_network_of_another_project_is_not_taken_over() -> None:
    stack = stack_of(WEB)
    observed = running(stack)
    networks = tuple(
        msgspec.structs.replace(network, labels={labels.PROJECT: "other"}) for network in observed.networks
    )
    plan = plan_up(stack, msgspec.structs.replace(observed, networks=networks))
    assert errors(plan) == ["the engine has a network shop_default already, of the project other"]


def test_a_second_network_of_the_same_name_that_nobody_uses_is_removed() -> None:
    stack = stack_of(WEB)
    observed = running(stack)
    (ours,) = [network for network in observed.networks if network.name == "shop_default"]
    double = msgspec.structs.replace(ours, id="0" * 64)
    plan = plan_up(stack, msgspec.structs.replace(observed, networks=(double, *observed.networks)))
    assert [(step.action, step.because) for step in plan.steps] == [(RemoveNetwork(network="0" * 64), Unfinished())]


def test_a_volume_whose_definition_changed_is_kept_and_told() -> None:
    stack = stack_of('services: {web: {image: a, volumes: ["v:/x"]}}\nvolumes:\n  v:\n    driver_opts: {type: tmpfs}\n')
    volumes = {"v": msgspec.structs.replace(stack.volumes["v"], driver_opts=None)}
    plan = plan_up(stack, running(msgspec.structs.replace(stack, volumes=volumes)))
    assert not plan.steps
    (note,) = plan.notes
    assert "shop_v was made from another definition (driver_opts)" in note.summary
    assert str(note.pos) == "stack.yaml:4:5"


def test_only_networks_that_a_service_uses_are_created() -> None:
    stack = stack_of("services: {a: {image: a, networks: [x]}, b: {image: a, networks: [y]}}\nnetworks: {x: {}, y: {}}")
    plan = plan_up(stack, having(stack, "a"), UpOptions(services=("a",)))
    assert [step.subject.name for step in plan.steps if isinstance(step.action, CreateNetwork)] == ["shop_x"]


def test_all_resources_are_made_and_kept_up_to_date_where_they_are_wanted() -> None:
    text = """
        services: {web: {image: nginx}}
        networks: {spare: {internal: true}}
        volumes: {v: {}}
    """
    stack, changed_stack = stack_of(text), stack_of(text.replace("true", "false"))
    every = UpOptions(all_resources=True)
    made = plan_up(stack, having(stack, "nginx"), every)
    there = running(stack, options=every)
    names = {step.subject.name for step in made.steps if isinstance(step.action, CreateNetwork | CreateVolume)}
    assert names == {"shop_default", "shop_spare", "shop_v"}
    assert not plan_up(stack, there, every).steps
    assert not plan_up(changed_stack, there).steps
    changed = plan_up(changed_stack, there, every)
    assert {step.subject.name for step in changed.steps if step.subject.type != "stack"} == {"shop_spare"}
