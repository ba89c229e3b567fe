"""What a container is asked to be, and what is written down of it."""

import json
from collections.abc import Iterator

import msgspec
import pytest

from minicompose import __version__, fields, labels
from minicompose.errors import UsageError
from minicompose.model import Sealed, Stack
from minicompose.output.plan_text import plan_text
from minicompose.planning.encoding import plan_json
from minicompose.planning.observed import Observed
from minicompose.planning.plan import (
    BoundFile,
    ContainerSpec,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    InjectedFile,
)
from minicompose.planning.record import resource_record, written
from minicompose.planning.spec import blueprint, container_spec
from minicompose.planning.up import UpOptions, plan_up
from tests.carrying_out import running, with_services
from tests.golden import assert_golden
from tests.stack_of import stack_of


def spec_of(stack: Stack, service: str, number: int = 1) -> ContainerSpec:
    return container_spec(stack, stack.services[service], number)


def record_of(spec: ContainerSpec) -> dict[str, object]:
    found = json.loads(spec.labels[labels.SPEC])
    assert isinstance(found, dict)
    return found


def test_a_container_is_named_after_project_service_and_number() -> None:
    stack = stack_of("services: {web: {image: a}, one: {image: a, container_name: alone}}")
    assert spec_of(stack, "web", 3).name == "shop-web-3"
    assert spec_of(stack, "one").name == "alone"


def test_a_service_without_an_image_runs_the_one_built_for_it() -> None:
    assert spec_of(stack_of("services: {web: {build: .}}"), "web").image == "shop-web"


def test_the_network_of_the_highest_priority_is_the_primary_one_then_the_name_decides() -> None:
    stack = stack_of("""
        services:
          a: {image: a, networks: {n: {}, a1: {priority: 1}, z: {}, m: {priority: 9, aliases: [x]}}}
        networks: {n: {}, a1: {}, z: {}, m: {name: other}}
    """)
    endpoints = spec_of(stack, "a").endpoints
    assert [endpoint.network for endpoint in endpoints] == ["other", "shop_a1", "shop_n", "shop_z"]
    assert endpoints[0].aliases == ("shop-a-1", "a", "x")
    assert endpoints[1].aliases == ("shop-a-1", "a")


def test_references_to_services_become_names_of_containers() -> None:
    stack = stack_of("""
        services:
          db: {image: a, container_name: store}
          web: {image: a, volumes_from: ["db:ro", "container:other:ro"], ipc: "service:db", pid: "service:db"}
          side: {image: a, network_mode: "service:web"}
    """)
    web = spec_of(stack, "web").service
    assert web.volumes_from == ("store:ro", "other:ro")
    assert (web.ipc, web.pid) == ("container:store", "container:store")
    assert spec_of(stack, "side").service.network_mode == "container:shop-web-1"


def test_a_link_also_gives_the_default_names_of_the_container() -> None:
    stack = stack_of("services: {db: {image: a}, web: {image: a, links: ['db:store']}}")
    assert spec_of(stack, "web").service.links == (
        "shop-db-1:store",
        "shop-db-1:db-1",
        "shop-db-1:shop-db-1",
    )


def test_the_names_of_the_first_docker_compose_have_underscores() -> None:
    stack = msgspec.structs.replace(
        stack_of("services: {web: {image: w, links: [db], pid: 'service:db'}, db: {build: .}}"), separator="_"
    )

    web = container_spec(stack, stack.services["web"], 1)
    db = container_spec(stack, stack.services["db"], 2)

    assert (web.name, db.name, db.image) == ("shop_web_1", "shop_db_2", "shop_db")
    assert web.service.pid == "container:shop_db_1"
    assert web.service.links == ("shop_db_1:db", "shop_db_1:db_1", "shop_db_1:shop_db_1")


def test_declared_volumes_are_named_as_the_engine_knows_them() -> None:
    stack = stack_of('services: {a: {image: a, volumes: ["data:/x", "/y"]}}\nvolumes: {data: {name: kept}}')
    assert [mount.source for mount in spec_of(stack, "a").service.volumes or ()] == ["kept", None]


def test_the_labels_are_those_that_other_tools_read() -> None:
    stack = stack_of("""
        services:
          db: {image: a}
          web: {image: a, labels: {mine: yes}, depends_on: {db: {condition: service_healthy, restart: true}}}
    """)
    spec = spec_of(stack, "web", 2)
    assert {key: value for key, value in spec.labels.items() if key != labels.SPEC} == {
        "mine": "yes",
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": "web",
        "com.docker.compose.container-number": "2",
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.config-hash": spec.fingerprint,
        "com.docker.compose.depends_on": "db:service_healthy:true",
        "com.docker.compose.project.config_files": "/shop/stack.yaml",
        "com.docker.compose.project.working_dir": "/shop",
        "com.docker.compose.version": __version__,
    }
    assert len(spec.fingerprint) == 64


def test_a_config_goes_to_the_root_and_a_secret_below_run_secrets() -> None:
    stack = stack_of(
        """
        services: {a: {image: a, configs: [c], secrets: [s]}}
        configs: {c: {content: hello}}
        secrets: {s: {environment: S}}
        """,
        environment={"S": "hush"},
    )
    assert spec_of(stack, "a").injected == (
        InjectedFile(target="/c", content=Sealed(b"hello")),
        InjectedFile(target="/run/secrets/s", content=Sealed(b"hush")),
    )


def test_a_file_is_bound_unless_an_owner_or_a_mode_is_asked_for(tmp_path: "object") -> None:
    file = f"{tmp_path}/key"
    with open(file, "w") as stream:  # noqa: PTH123 - the fixture's type is of no matter here
        stream.write("x")
    stack = stack_of(f"""
        services:
          a: {{image: a, secrets: [k]}}
          b: {{image: a, secrets: [{{source: k, mode: 0400, uid: "12"}}]}}
          c: {{image: a, secrets: [{{source: k, uid: root}}]}}
        secrets: {{k: {{file: {file}}}}}
    """)
    assert spec_of(stack, "a").bound == (BoundFile(target="/run/secrets/k", source=file),)
    assert spec_of(stack, "b").injected == (
        InjectedFile(target="/run/secrets/k", content=Sealed(b"x"), uid=12, gid=0, mode=0o400),
    )
    with pytest.raises(UsageError, match='"root", as the owner of k, is not a number'):
        spec_of(stack, "c")


@pytest.mark.parametrize(
    "environment",
    [
        {"DB_PASSWORD": "hunter2"},
        {"API_KEY": "hunter2"},
        {"GITHUB_TOKEN": "hunter2"},
        {"URL": "postgres://me:hunter2@db/shop"},
        {"JAVA_OPTS": "-Dx=1 -Ddb.password=hunter2"},
    ],
)
def test_what_looks_like_a_secret_is_not_in_the_record_and_still_counts(environment: dict[str, str]) -> None:
    stack = stack_of("services: {a: {image: a}}")
    one = spec_of(with_services(stack, a={"environment": environment}), "a")
    other = spec_of(
        with_services(stack, a={"environment": {key: value + "x" for key, value in environment.items()}}), "a"
    )
    assert "hunter2" not in one.labels[labels.SPEC]
    assert "sha256:" in one.labels[labels.SPEC]
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    "command",
    [
        ("redis-server", "--requirepass", "hunter2"),
        ("app", "--token=hunter2"),
        ("sh", "-c", "PASS=hunter2 x"),
        ("sh", "-c", "x --password hunter2 && y"),
        ("sh", "-c", "x -password  'my hunter2' y"),
        ("sh", "-c", 'x --token "my hunter2"'),
        ("sh", "-c", 'TOKEN="my hunter2" x'),
    ],
)
def test_a_secret_on_a_command_line_is_not_in_the_record(command: tuple[str, ...]) -> None:
    stack = with_services(stack_of("services: {a: {image: a}}"), a={"command": command})
    assert "hunter2" not in spec_of(stack, "a").labels[labels.SPEC]


def _holders(form: fields.Form, path: tuple[str, ...]) -> Iterator[tuple[str, fields.Form]]:
    """Every attribute of a container that can hold secrets by name, as a stack file writes it, with its form."""
    match form:
        case fields.Record():
            for field in form.fields:
                if field.effect is fields.Effect.CONTAINER:
                    beside = {other.name: BESIDE[other.name] for other in form.fields if other.name in BESIDE}
                    beside.pop(field.name, None)
                    start = "".join(f"{name}: {value}, " for name, value in beside.items())
                    yield from _holders(field.form, (*path, f"{{{start}{field.name}: "))
        case fields.Pairs() | fields.Table(item=fields.Scalar()) | fields.Words():
            yield "".join(path), form
        case fields.Many(short=fields.Short.HEALTH_TEST):
            yield "".join(path), fields.WORDS
        case fields.Many():
            yield from _holders(form.item, (*path, "["))
        case fields.Table():
            yield from _holders(form.item, (*path, "{default: "))
        case _:
            return


BESIDE = {"target": "/x", "type": "volume", "command": "x", "capabilities": "[gpu]"}  # what has to be said, too
HOLDERS = list(_holders(fields.SERVICE, ()))


@pytest.mark.parametrize(("start", "form"), HOLDERS, ids=[start for start, _ in HOLDERS])
def test_no_attribute_puts_a_secret_into_the_record(start: str, form: fields.Form) -> None:
    value = '[CMD, x, --password, hunter2, "y --pass hunter2"]' if form == fields.WORDS else "{password: hunter2}"
    ends = "".join({"{": "}", "[": "]"}.get(char, "") for char in reversed(start.replace("[gpu]", "")))
    stack = stack_of(f"services: {{a: {{image: a, {start[1:]}{value}{ends}}}")
    assert "hunter2" in str(stack.services["a"])
    assert "hunter2" not in blueprint(stack, stack.services["a"]).written
    assert "hunter2" not in plan_json(plan_up(stack, Observed(project="shop"))).decode()


@pytest.mark.parametrize("field", ["driver_opts: {password: hunter2}", "ipam: {options: {password: hunter2}}"])
def test_the_record_of_a_network_holds_no_secret(field: str) -> None:
    network = stack_of(f"services: {{a: {{image: a}}}}\nnetworks: {{default: {{{field}}}}}").networks["default"]
    assert "hunter2" in str(network)
    assert "hunter2" not in written(resource_record(network))


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD_FILE", "KEYBOARD", "COMPASS", "AUTHOR"])
def test_a_plain_value_stays_readable_in_the_record(name: str) -> None:
    stack = with_services(stack_of("services: {a: {image: a}}"), a={"environment": {name: "plain"}})
    assert record_of(spec_of(stack, "a"))["environment"] == {name: "plain"}


def test_contents_are_in_the_record_as_digests_only() -> None:
    stack = stack_of("services: {a: {image: a, configs: [c]}}\nconfigs: {c: {content: hello}}")
    spec = spec_of(stack, "a")
    assert record_of(spec)["configs"] == [{"source": "c", "target": "/c", "content": Sealed(b"hello").digest}]


def test_the_number_and_the_order_of_keys_do_not_count() -> None:
    stack = stack_of("services: {a: {image: a, environment: {A: x, B: y}}}")
    turned = with_services(stack, a={"environment": {"B": "y", "A": "x"}})
    assert spec_of(stack, "a", 1).fingerprint == spec_of(turned, "a", 2).fingerprint


def test_limits_of_deploy_count_and_its_replicas_do_not() -> None:
    def fingerprint(deploy: str) -> str:
        return spec_of(stack_of(f"services: {{a: {{image: a, deploy: {{{deploy}}}}}}}"), "a").fingerprint

    assert fingerprint("replicas: 1") == fingerprint("replicas: 2")
    assert fingerprint("resources: {limits: {cpus: 1}}") != fingerprint("resources: {limits: {cpus: 2}}")


# ---- what secret variables have brought ----

BROUGHT = """
    services:
      web:
        image: busybox
        build: {context: ., args: {A: "x-${API_TOKEN}"}}
        command: "serve ${API_TOKEN} --level ${LEVEL}"
        entrypoint: [sh, "-c", "${API_TOKEN:-opensesame}"]
        environment: {URL: "http://x/?t=${API_TOKEN}", OTHER: "${OTHER_TOKEN:-swordfish}", PLAIN: "${LEVEL}"}
        labels: {where: "at ${API_TOKEN}"}
        volumes: ["/srv/${API_TOKEN}:/x", "data:/data"]
        post_start: [{command: "notify ${API_TOKEN}"}]
        pre_stop: [{command: [bye, "${API_TOKEN}"]}]
        healthcheck: {test: "curl ${API_TOKEN}"}
        networks: {default: {driver_opts: {o: "a=${API_TOKEN}"}}}
        x-deep: {token: abracadabra, list: [{password: shibboleth}], keys: {api_key: [openup, other]}}
    networks: {default: {driver_opts: {o: "a=${API_TOKEN}"}}}
    volumes: {data: {driver_opts: {o: "a=${API_TOKEN}"}}}
"""
VALUES = {"API_TOKEN": "correcthorse", "LEVEL": "debug"}
SECRETS = ("correcthorse", "swordfish", "abracadabra", "shibboleth", "openup")


def test_what_a_secret_variable_has_brought_is_in_no_label_and_no_plan() -> None:
    stack = stack_of(BROUGHT, environment=VALUES)
    plan = plan_up(stack, Observed(project="shop"), UpOptions(build=True))

    texts = [plan_text(plan), plan_json(plan, stack).decode()]
    for step in plan.steps:
        if isinstance(step.action, CreateContainer):
            texts.append(step.action.spec.labels[labels.SPEC])
            assert "serve correcthorse" in " ".join(step.action.spec.service.command or ())
        elif isinstance(step.action, CreateNetwork | CreateVolume):
            texts.append(step.action.labels[labels.SPEC])

    assert len(texts) == 5
    for secret in SECRETS:
        assert not [text for text in texts if secret in text]
    assert "debug" in texts[1]


def test_another_value_of_a_secret_variable_is_a_change_that_shows_neither() -> None:
    stack = stack_of(BROUGHT, environment=VALUES)
    before = stack_of(BROUGHT, environment=VALUES | {"API_TOKEN": "batterystaple"})
    text = plan_text(plan_up(stack, running(before)))

    assert_golden("secrets-changed", text)
    assert "correcthorse" not in text
    assert "batterystaple" not in text
    assert "sha256" not in text
