import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node, SourcePos
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.merge import merge
from tests.stackfile.reading import no_problem, plain, said, tree


def merged(*texts: str) -> Any:
    problems: list[Diagnostic] = []
    root = merge([tree(text, f"{number}.yaml") for number, text in enumerate(texts, 1)], problems.append)
    assert not problems, said(problems)
    return plain(root)


def service(*attributes: str) -> Any:
    """What service `s` becomes when files give it these attributes, in its canonical form."""
    problems: list[Diagnostic] = []
    files = [f"services:\n  s:\n{textwrap.indent(text, '    ')}\n" for text in attributes]
    root = merge([tree(text, f"{number}.yaml") for number, text in enumerate(files, 1)], problems.append)
    root = canonical(root, problems.append)
    assert not problems, said(problems)
    return plain(root)["services"]["s"]


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ("image: a", "image: b", {"image": "b"}),
        ("image: a", "image:", {"image": "a"}),
        ("image: a", "restart: always", {"image": "a", "restart": "always"}),
        ("command: a b", "command: [c]", {"command": ["c"]}),
        ("command: a", "command:", {}),
        ("entrypoint: [a]", "entrypoint: []", {"entrypoint": []}),
        (
            "healthcheck: {test: [CMD, a], retries: 1}",
            "healthcheck: {test: b}",
            {"healthcheck": {"test": ["CMD-SHELL", "b"], "retries": 1}},
        ),
        ("environment: [A=1, B=2]", "environment: {B: 3, C: 4}", {"environment": {"A": "1", "B": "3", "C": "4"}}),
        ("environment: {A: 1}", "environment: {A: }", {"environment": {"A": None}}),
        ("environment: {A: 1}", "environment: [A]", {"environment": {"A": None}}),
        ("environment: {A: 1}", "environment:", {"environment": {"A": "1"}}),
        ("labels: {a: 1}", "labels: [a]", {"labels": {"a": ""}}),
        ("annotations: [a=1]", "annotations: {b: 2}", {"annotations": {"a": "1", "b": "2"}}),
        ("sysctls: [a=1]", "sysctls: {a: 2}", {"sysctls": {"a": "2"}}),
        ("dns: 1.1.1.1", "dns: [2.2.2.2, 1.1.1.1]", {"dns": ["1.1.1.1", "2.2.2.2"]}),
        ("tmpfs: /a", "tmpfs: /b", {"tmpfs": ["/a", "/b"]}),
        ("expose: [80]", "expose: ['80', 81]", {"expose": ["80", "81"]}),
        ("cap_add: [A]", "cap_add: [B, A]", {"cap_add": ["A", "B"]}),
        ("group_add: [a]", "group_add: [b]", {"group_add": ["a", "b"]}),
        ("security_opt: [a]", "security_opt:", {"security_opt": ["a"]}),
        ("networks: [a]", "networks: {a: {aliases: [x]}, b: }", {"networks": {"a": {"aliases": ["x"]}, "b": None}}),
        ("networks: {a: {aliases: [x]}}", "networks: [a]", {"networks": {"a": {"aliases": ["x"]}}}),
        ("build: ./a", "build: {target: t}", {"build": {"context": "./a", "target": "t"}}),
        (
            "build: {context: a, args: [A=1]}",
            "build: {args: {B: 2}}",
            {"build": {"context": "a", "args": {"A": "1", "B": "2"}}},
        ),
        ("logging: {driver: a, options: {x: 1}}", "logging: {driver: b}", {"logging": {"driver": "b"}}),
        (
            "logging: {driver: a, options: {x: 1}}",
            "logging: {options: {y: 2}}",
            {"logging": {"driver": "a", "options": {"x": "1", "y": "2"}}},
        ),
        ("logging: {options: {x: 1}}", "logging: {driver: b}", {"logging": {"driver": "b", "options": {"x": "1"}}}),
        ("ulimits: {n: 3}", "ulimits: {n: {soft: 1, hard: 2}}", {"ulimits": {"n": {"soft": 1, "hard": 2}}}),
        ("ulimits: {n: {soft: 1, hard: 2}}", "ulimits: {n: 3}", {"ulimits": {"n": 3}}),
        (
            "devices: [/a:/x]",
            "devices: ['/b:/x:r']",
            {"devices": [{"source": "/b", "target": "/x", "permissions": "r"}]},
        ),
        (
            "env_file: a",
            "env_file: [b, {path: a, required: false}]",
            {"env_file": [{"path": "a", "required": False}, {"path": "b"}]},
        ),
        ("environment: {A: 1}", "environment: [!reset A, B=2]", {"environment": {"A": "1", "B": "2"}}),
        ("tmpfs: [/a, '/b:size=1m']", "tmpfs: ['/b:size=2m']", {"tmpfs": ["/a", "/b:size=2m"]}),
        ("links: [a, 'b:c']", "links: ['b:d', a]", {"links": ["a", "b:c", "b:d"]}),
        (
            "extra_hosts: [a=1.1.1.1, b=2.2.2.2]",
            "extra_hosts: {a: 3.3.3.3, b: 2.2.2.2}",
            {"extra_hosts": ["a=1.1.1.1", "b=2.2.2.2", "a=3.3.3.3"]},
        ),
        (
            "provider: {type: a, options: {x: 1, y: [1]}}",
            "provider: {options: {x: 2, y: [2]}}",
            {"provider": {"type": "a", "options": {"x": ["2"], "y": ["1", "2"]}}},
        ),
        ("x-a: [1]", "x-a: [2]", {"x-a": [1, 2]}),
        ("x-a: {b: 1, c: 2}", "x-a: {b: 3}", {"x-a": {"b": 3, "c": 2}}),
        ("x-a: 1", "x-a: {b: 2}", {"x-a": {"b": 2}}),
    ],
)
def test_a_later_file_changes_an_attribute_as_its_kind_says(earlier: str, later: str, expected: Any) -> None:
    found = service(earlier, later)

    assert {key: found.get(key) for key in expected} == expected
    assert set(found) == set(expected)


def test_ports_are_the_same_by_address_and_both_ports_and_protocol() -> None:
    found = service("ports: ['80:80', '81:81']", "ports: ['0.0.0.0:80:80', '80:80/udp', '127.0.0.1:80:80']")

    assert [(port.get("host_ip"), port["published"], port["protocol"]) for port in found["ports"]] == [
        ("0.0.0.0", "80", "tcp"),
        (None, "81", "tcp"),
        (None, "80", "udp"),
        ("127.0.0.1", "80", "tcp"),
    ]


def test_volumes_are_the_same_by_target() -> None:
    found = service("volumes: ['./a:/x', 'v:/y']", "volumes: ['./b:/x/', {type: tmpfs, target: /z}]")

    assert [(mount.get("source"), mount["target"]) for mount in found["volumes"]] == [
        ("./b", "/x"),
        ("v", "/y"),
        (None, "/z"),
    ]


def test_secrets_are_the_same_by_target() -> None:
    found = service("secrets: [a]", "secrets: [{source: a, target: b}, {source: c, target: /run/secrets/a}]")

    assert [(grant["source"], grant.get("target")) for grant in found["secrets"]] == [
        ("c", "/run/secrets/a"),
        ("a", "b"),
    ]


def test_a_list_of_dependencies_meets_a_mapping() -> None:
    found = service(
        "depends_on: {b: {condition: service_healthy, restart: true}, c: {condition: service_healthy}}",
        "depends_on: [b]",
    )

    assert found["depends_on"]["b"]["condition"] == "service_started"
    assert found["depends_on"]["b"]["restart"] is True
    assert found["depends_on"]["c"]["condition"] == "service_healthy"


def test_address_pools_are_the_same_by_subnet() -> None:
    found = merged(
        "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}, {subnet: 10.1.0.0/24}]}}}",
        "networks: {n: {ipam: {config: [{subnet: 10.2.0.0/24}, {subnet: 10.0.0.0/24, gateway: 10.0.0.9}]}}}",
    )

    assert found["networks"]["n"]["ipam"]["config"] == [
        {"subnet": "10.0.0.0/24", "gateway": "10.0.0.9"},
        {"subnet": "10.1.0.0/24"},
        {"subnet": "10.2.0.0/24"},
    ]


def test_pools_are_met_without_walking_along_the_earlier_ones_for_each() -> None:
    walks = 0

    class Walked(list[Node]):
        def __iter__(self) -> Iterator[Node]:
            nonlocal walks
            walks += 1
            return super().__iter__()

    def pools(first: int, kind: type[list[Node]]) -> Node:
        here = SourcePos("1.yaml", 1, 1)
        listed = kind(Node({"subnet": Node(f"10.{n}.0.0/16", here)}, here) for n in range(first, first + 100))
        ipam = Node({"config": Node(listed, here)}, here)
        return Node({"networks": Node({"n": Node({"ipam": ipam}, here)}, here)}, here)

    merge([pools(0, Walked), pools(50, list)], no_problem, tagged=False)

    assert 0 < walks < 10


def test_services_and_resources_of_all_files_are_there() -> None:
    assert merged(
        "services: {a: {image: x}}", "services: {b: {image: y}}\nvolumes: {v: }", "volumes: {v: {driver: d}}"
    ) == {
        "services": {"a": {"image": "x"}, "b": {"image": "y"}},
        "volumes": {"v": {"driver": "d"}},
    }


@pytest.mark.parametrize(
    ("earlier", "later", "message"),
    [
        (
            "deploy: {replicas: 2}",
            "deploy: two",
            "cannot override services.s.deploy: it is a mapping at 1.yaml:3:13, and a single value here",
        ),
        ("x-a: [1]", "x-a: 2", "cannot override services.s.x-a: it is a list at 1.yaml:3:10, and a single value here"),
        ("x-a: {b: 1}", "x-a: [2]", "cannot override services.s.x-a: it is a mapping at 1.yaml:3:10, and a list here"),
    ],
)
def test_a_mapping_or_list_cannot_become_another_kind(earlier: str, later: str, message: str) -> None:
    problems: list[Diagnostic] = []
    files = [f"services:\n  s:\n    {text}\n" for text in (earlier, later)]

    merge([tree(text, f"{number}.yaml") for number, text in enumerate(files, 1)], problems.append)

    (problem,) = problems
    assert problem.summary == message
    assert problem.pos is not None
    assert problem.pos.file == "2.yaml"


def test_a_bad_short_form_is_told_when_a_later_file_meets_it() -> None:
    problems: list[Diagnostic] = []

    merge(
        [tree("services: {s: {environment: ['A =1']}}"), tree("services: {s: {environment: {B: 2}}}")], problems.append
    )

    assert said(problems)[0].startswith("stack.yaml:1:30 services.s.environment")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("a: 1\nb: !reset 2",), {"a": 1}),
        (("a: !override {b: !reset 1, c: 2}",), {"a": {"c": 2}}),
        (("a: [1, !reset 2, 3]",), {"a": [1, 3]}),
        (("a: {b: 1, c: 2}", "a: {b: !reset }"), {"a": {"c": 2}}),
        (("a: {b: 1}", "a: !reset {}"), {}),
        (("a: {b: 1}", "a: !override {c: 2}"), {"a": {"c": 2}}),
        (("a: [1]", "a: !override [2]"), {"a": [2]}),
        (("a: {b: 1}", "a: !override 3"), {"a": "3"}),
        (("a: [1]", "a: !reset []", "a: [3]"), {"a": [3]}),
        (("a: [1]", "a: [!reset 1, 2]"), {"a": [1, 2]}),
        (
            ("services: {a: {environment: [A=1, B=2]}}", "services: {a: {environment: {A: !reset }}}"),
            {"services": {"a": {"environment": {"B": "2"}}}},
        ),
        (("services: {a: {command: x}}", "services: {a: {command: !reset }}"), {"services": {"a": {}}}),
        (("services: {a: {image: x}, b: {image: y}}", "services: {a: !reset }"), {"services": {"b": {"image": "y"}}}),
    ],
)
def test_reset_takes_away_and_override_replaces(files: tuple[str, ...], expected: Any) -> None:
    assert merged(*files) == expected


def test_no_tag_is_left_after_merging() -> None:
    root = merge([tree("a: !override {b: !override [!override 1]}")], lambda _problem: None)

    assert root.value["a"].tag is None
    assert root.value["a"].value["b"].tag is None
    assert root.value["a"].value["b"].value[0].tag is None


def test_a_value_has_the_place_of_the_file_that_won() -> None:
    root = merge([tree("a: {b: 1, c: 2}", "1.yaml"), tree("a: {b: 3}", "2.yaml")], lambda _problem: None)

    inside = root.value["a"].value
    won = inside["b"]
    assert (won.value, won.pos, won.key_pos) == (3, SourcePos("2.yaml", 1, 8), SourcePos("2.yaml", 1, 5))
    assert inside["c"].pos.file == "1.yaml"


def test_files_that_do_not_meet_share_their_nodes_with_the_sum() -> None:
    one, two = tree("services: {a: {image: x}}"), tree("services: {b: {image: y}}")

    root = merge([one, two], lambda _problem: None, tagged=False)

    assert root.value["services"].value["a"] is one.value["services"].value["a"]
    assert root.value["services"].value["b"] is two.value["services"].value["b"]


words = st.sampled_from(["a", "b", "c", "a=1", "b=2"])
services = st.fixed_dictionaries(
    {},
    optional={
        "image": st.sampled_from(["x", "y"]),
        "command": st.none() | st.lists(words, max_size=2),
        "environment": st.dictionaries(st.sampled_from("ABC"), st.sampled_from("123"))
        | st.lists(st.sampled_from(["A=1", "B=2", "C"]), max_size=3),
        "cap_add": st.lists(words, max_size=3),
        "dns": words | st.lists(words, max_size=3),
        "group_add": st.lists(words, max_size=3),
        "volumes": st.lists(st.sampled_from(["v:/a", "w:/a", "v:/b"]), max_size=3),
        "ports": st.lists(st.sampled_from(["80:80", "80:80/udp", "81:80"]), max_size=3),
        "networks": st.lists(st.sampled_from("ab"), max_size=2)
        | st.dictionaries(st.sampled_from("ab"), st.fixed_dictionaries({"priority": st.integers(0, 3)})),
        "deploy": st.fixed_dictionaries({}, optional={"replicas": st.integers(0, 3), "labels": st.just(["a=1"])}),
    },
)
stacks = st.dictionaries(st.sampled_from("st"), services, max_size=2).map(lambda found: {"services": found})


def node_of(value: Any) -> Node:
    place = SourcePos("generated", 1, 1)
    if isinstance(value, dict):
        return Node({key: node_of(item) for key, item in value.items()}, place, place)
    if isinstance(value, list):
        return Node([node_of(item) for item in value], place, place)
    return Node(value, place, place)


def sum_of(*nodes: Node) -> Node:
    return merge(nodes, no_problem)


@given(stacks, stacks, stacks)
def test_it_does_not_matter_which_files_meet_first(one: Any, two: Any, three: Any) -> None:
    a, b, c = node_of(one), node_of(two), node_of(three)

    left = canonical(sum_of(sum_of(a, b), c), no_problem)
    right = canonical(sum_of(a, sum_of(b, c)), no_problem)

    assert plain(left) == plain(right)


@given(stacks)
def test_a_file_that_says_nothing_changes_nothing(one: Any) -> None:
    a, nothing = node_of(one), node_of({})

    assert plain(sum_of(a, nothing)) == plain(a)
    assert plain(sum_of(nothing, a)) == plain(a)
