"""The stack says everything that its file implies."""

import msgspec
import pytest

from minicompose.diagnostic import Diagnostic
from minicompose.fields import CONFIG, MODEL, NETWORK, SECRET, SERVICE, VOLUME, Record
from minicompose.model import Config, Dependency, Duration, Mount, Network, Service, Stack, Variables, Volume
from minicompose.model import Model as AiModel
from minicompose.stackfile.build import build_stack
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.paths import absolute
from tests.stackfile.building import built, built_from, web
from tests.stackfile.reading import tree

# Attributes that are used up on the way to the stack.
_USED_UP = {"env_file", "label_file", "extends"}


@pytest.mark.parametrize(
    ("records", "struct"),
    [
        ((SERVICE,), Service),
        ((NETWORK,), Network),
        ((VOLUME,), Volume),
        ((CONFIG, SECRET), Config),
        ((MODEL,), AiModel),
    ],
)
def test_the_table_of_fields_and_the_model_agree(records: tuple[Record, ...], struct: type[msgspec.Struct]) -> None:
    declared = {field.name for record in records for field in record.fields} - _USED_UP
    assert declared | {"name"} == set(struct.__struct_fields__) - {"extensions", "sealed"}


def test_a_service_without_networks_joins_the_default_one() -> None:
    stack = built("services: {web: {image: web}}")
    assert stack.services["web"].networks == {"default": None}
    assert stack.networks == {"default": Network(name="shop_default")}


def test_no_default_network_where_nobody_joins_it() -> None:
    stack = built(
        "services: {web: {image: web, network_mode: host}, db: {image: db, networks: [lan]}}\nnetworks: {lan: }"
    )
    assert stack.services["web"].networks is None
    assert stack.networks == {"lan": Network(name="shop_lan")}


def test_resources_are_named_after_the_project_unless_external_or_named() -> None:
    stack = built("volumes: {a: , b: {name: own}, c: {external: true}, d: {external: true, name: theirs}}")
    assert {key: volume.name for key, volume in stack.volumes.items()} == {
        "a": "shop_a",
        "b": "own",
        "c": "c",
        "d": "theirs",
    }


def test_links_namespaces_and_volumes_from_imply_dependencies_but_do_not_replace_written_ones() -> None:
    service = web(
        'links: ["a:alias"], ipc: "service:b", volumes_from: ["c:ro", "container:x"], '
        "depends_on: {a: {condition: service_healthy}}"
    )
    assert service.depends_on == {
        "a": Dependency(condition="service_healthy"),
        "b": Dependency(restart=True),
        "c": Dependency(),
    }


def test_a_build_has_a_context_a_dockerfile_and_only_arguments_with_values() -> None:
    stack = built("services: {web: {build: {args: [SET, UNSET, X=1]}}}", lookup={"SET": "yes"})
    build = stack.services["web"].build
    assert build is not None
    assert (build.context, build.dockerfile, build.args) == ("/shop", "Dockerfile", {"SET": "yes", "X": "1"})


def test_an_inline_dockerfile_leaves_no_place_for_another() -> None:
    build = web("build: {dockerfile_inline: FROM x}").build
    assert build is not None and build.dockerfile is None


def test_the_other_name_of_missing_is_understood() -> None:
    assert web("pull_policy: if_not_present").pull_policy == "missing"


def test_scale_counts_where_deploy_does_not_say_how_many() -> None:
    deploy = web("scale: 3, deploy: {labels: [a]}").deploy
    assert deploy is not None and deploy.replicas == 3


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("conf/", "/shop/conf"),
        ("../x", "/x"),
        (".", "/shop"),
        ("~", "/home/me"),
        ("~/.ssh/../k", "/home/me/k"),
        ("/etc//x", "/etc//x"),
        ("C:\\a", "C:\\a"),
        ("~other/x", "/home/me/other/x"),
    ],
)
def test_a_path_is_seen_from_the_project_directory(path: str, seen: str) -> None:
    assert absolute(path, "/shop", "/home/me") == seen


def test_paths_are_made_absolute_everywhere_and_names_are_not() -> None:
    text = """
        services:
          web:
            build:
              context: app
              additional_contexts: {a: ./b, c: "service:db", d: "https://x/y"}
              ssh: [default, key=keys/id]
            volumes: ["./conf:/conf", "data:/data"]
            develop: {watch: [{path: src, action: rebuild}]}
          git: {build: "git@example.com:x/y.git"}
        volumes:
          data: {driver: local, driver_opts: {type: none, o: bind, device: ./data}}
          written: {driver_opts: {type: none, o: bind, device: ./data}}
          nfs: {driver_opts: {type: nfs, o: addr=1.1.1.1, device: ":/x"}}
        configs: {c: {file: c.ini}}
        secrets: {s: {file: ~/s}}
    """
    stack = built_from(canonical(tree(text), lambda refused: None))
    service = stack.services["web"]
    assert service.build is not None and service.develop is not None and service.develop.watch is not None
    assert service.build.context == "/shop/app"
    assert service.build.additional_contexts == {"a": "/shop/b", "c": "service:db", "d": "https://x/y"}
    assert service.build.ssh == {"default": None, "key": "/shop/keys/id"}
    assert [mount.source for mount in service.volumes or ()] == ["/shop/conf", "data"]
    assert service.develop.watch[0].path == "/shop/src"
    assert stack.services["git"].build is not None
    assert stack.services["git"].build.context == "git@example.com:x/y.git"
    assert [(volume.driver_opts or {})["device"] for volume in stack.volumes.values()] == [
        "/shop/data",
        "./data",
        ":/x",
    ]
    assert (stack.configs["c"].file, stack.secrets["s"].file) == ("/shop/c.ini", "/home/me/s")


def test_a_link_that_is_also_a_source_of_volumes_restarts_with_its_service() -> None:
    for attributes in ("links: [db], volumes_from: [db]", "volumes_from: [db], links: [db]"):
        needs = web(attributes).depends_on
        assert needs == {"db": Dependency(restart=True)}


def test_values_have_their_own_types() -> None:
    service = web("stop_grace_period: 90s, volumes: [{type: volume, target: /v}], x-team: {a: 1}")
    assert isinstance(service.stop_grace_period, Duration)
    assert service.volumes == (Mount(type="volume", target="/v"),)
    assert service.extensions == {"x-team": {"a": 1}}


@pytest.mark.parametrize(
    ("profiles", "enabled"),
    [((), ["web"]), (("debug",), ["web", "shell"]), (("*",), ["web", "shell", "load"]), (("none",), ["web"])],
)
def test_profiles_say_which_services_are_enabled(profiles: tuple[str, ...], enabled: list[str]) -> None:
    text = """
        services:
          web: {image: web}
          shell: {image: web, profiles: [debug, ops]}
          load: {image: web, profiles: [test]}
    """
    stack = built(text, profiles=profiles)
    assert list(stack.services) == enabled
    assert {*stack.services, *stack.disabled} == {"web", "shell", "load"}


def test_every_value_knows_where_it_is_written_and_what_is_implied_where_from() -> None:
    stack = built("services:\n  web:\n    image: web\n    environment:\n      - A=1\n    links: [db]\n")
    assert _place(stack, "services", "web", "environment", "A") == (5, 9)
    assert _place(stack, "services", "web", "networks", "default") == (2, 3)
    assert _place(stack, "services", "web", "depends_on", "db") == (6, 13)
    assert _place(stack, "networks", "default") == (2, 3)


def _place(stack: Stack, *path: str | int) -> tuple[int, int]:
    place = stack.position(*path)
    assert place is not None
    return place.line, place.column


def test_what_does_not_fit_is_reported_and_the_rest_is_built() -> None:
    found: list[Diagnostic] = []
    root = tree("services: {web: {image: web, ulimits: {n: {soft: 1}}, tty: true}}")
    stack = build_stack(root, name="shop", directory="/shop", variables=Variables({}), report=found.append)
    assert [problem.summary for problem in found] == ["Object missing required field `hard`"]
    assert stack.services["web"].tty is True
