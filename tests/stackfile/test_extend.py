"""`extends`: what a service takes over from another, and from where."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from minicompose.stackfile.extend import MOST_BASES
from tests.stackfile.projects import problems_of, services_of, stack_in


def test_a_service_has_what_it_extends_and_what_it_says_itself(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {
            "stack.yaml": """
                services:
                  base: {image: a, environment: [A=1, B=2], cap_add: [X], command: run}
                  derived: {extends: base, environment: {B: 3}, cap_add: [Y], command: [walk]}
            """
        },
    )

    derived = services["derived"]
    assert (derived.image, derived.command) == ("a", ("walk",))
    assert derived.environment == {"A": "1", "B": "3"}
    assert derived.cap_add == ("X", "Y")
    assert services["base"].environment == {"A": "1", "B": "2"}


def test_everything_is_inherited_but_what_a_tag_takes_away(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {
            "stack.yaml": """
                services:
                  db: {image: db}
                  base: {image: a, depends_on: [db], links: [db], ports: ['80:80'], labels: {a: 1}}
                  derived: {extends: base, ports: !reset [], labels: !override {b: 2}}
            """
        },
    )

    derived = services["derived"]
    assert set(derived.depends_on or ()) == {"db"}
    assert derived.links == ("db",)
    assert not derived.ports
    assert derived.labels == {"b": "2"}


def test_tags_of_an_extending_service_work_on_earlier_files_too(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {
            "one.yaml": "services: {a: {image: a, ports: ['90:90'], environment: {A: 1, Z: 1}}}\n",
            "two.yaml": "services: {b: {image: b, ports: ['80:80']},"
            " a: {extends: b, ports: !reset [], environment: {A: !reset }}}\n",
        },
    )

    assert services["a"].image == "b"
    assert not services["a"].ports
    assert services["a"].environment == {"Z": "1"}


def test_an_extends_that_is_reset_extends_nothing(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {
            "one.yaml": "services: {b: {image: b, tty: true}, a: {extends: b}}\n",
            "two.yaml": "services: {a: {extends: !reset b, init: true}}\n",
        },
    )

    assert (services["a"].image, services["a"].tty, services["a"].init) == ("b", True, True)


def test_paths_of_a_base_lie_with_its_file_along_the_whole_chain(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {"stack.yaml": "services: {a: {extends: {file: s/b.yaml, service: b}, volumes: ['./a:/a']}}\n"},
        {
            "s/b.yaml": "services: {b: {extends: {file: ../t/c.yaml, service: c}, volumes: ['./b:/b']}}\n",
            "t/c.yaml": "services: {c: {build: ./context, volumes: ['../c:/c', '/abs:/d']}}\n",
        },
    )

    build = services["a"].build
    assert build is not None
    assert build.context == f"{tmp_path}/t/context"
    assert [mount.source for mount in services["a"].volumes or ()] == [
        f"{tmp_path}/c",
        "/abs",
        f"{tmp_path}/s/b",
        f"{tmp_path}/a",
    ]


def test_only_the_service_comes_from_the_other_file(tmp_path: Path) -> None:
    stack = stack_in(
        tmp_path,
        {"stack.yaml": "services: {a: {extends: {file: s/b.yaml, service: b}}}\nnetworks: {n: }\n"},
        {
            "s/b.yaml": """
                include: [missing.yaml]
                name: other
                services: {b: {image: 'b:${TAG}', networks: [n]}, c: {image: c}}
                networks: {n: {driver: special}}
            """,
            "s/.env": "TAG=theirs\n",
        },
        {"TAG": "ours"},
    )

    assert set(stack.services) == {"a"}
    assert stack.services["a"].image == "b:ours"
    assert stack.networks["n"].driver is None
    assert stack.name != "other"


def test_a_service_can_extend_one_of_its_own_name_in_another_file(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {"stack.yaml": "services: {a: {extends: {file: b.yaml, service: a}, tty: true}}\n"},
        {"b.yaml": "services: {a: {image: a}}\n"},
    )

    assert (services["a"].image, services["a"].tty) == ("a", True)


def test_an_override_file_does_not_reach_a_base(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {
            "one.yaml": "services: {base: {image: a}, derived: {extends: base}}\n",
            "two.yaml": "services: {base: {image: b}}\n",
        },
    )

    assert (services["base"].image, services["derived"].image) == ("b", "a")


@pytest.mark.parametrize(
    ("services", "said"),
    [
        (
            "{a: {image: a, extends: dbb}, db: {image: db}}",
            '1:35 services.a.extends: there is no service "dbb" to extend in stack.yaml',
        ),
        (
            "{a: {image: a, extends: {service: dbb, file: o.yaml}}}",
            '1:45 services.a.extends: there is no service "dbb" to extend in o.yaml',
        ),
        (
            "{a: {image: a, extends: a}}",
            "1:35 services.a.extends: the services extend each other in a circle:"
            " a (stack.yaml:1:12) -> a (stack.yaml:1:12)",
        ),
        (
            "{a: {extends: b, image: a}, b: {extends: a}}",
            "1:52 services.b.extends: the services extend each other in a circle:"
            " a (stack.yaml:1:12) -> b (stack.yaml:1:39) -> a (stack.yaml:1:12)",
        ),
    ],
)
def test_a_base_that_is_missing_or_a_circle_is_told_at_its_place(tmp_path: Path, services: str, said: str) -> None:
    found = problems_of(
        tmp_path, {"stack.yaml": f"services: {services}\n"}, {"o.yaml": "services: {db: {image: db}}\n"}
    )

    assert found == [f"stack.yaml:{said}"]


def test_a_circle_through_files_is_told(tmp_path: Path) -> None:
    (said,) = problems_of(
        tmp_path,
        {"stack.yaml": "services: {a: {image: a, extends: {file: b.yaml, service: b}}}\n"},
        {
            "b.yaml": "services: {b: {extends: {file: c.yaml, service: c}}}\n",
            "c.yaml": "services: {c: {extends: {file: b.yaml, service: b}}}\n",
        },
    )

    assert said.startswith(
        "c.yaml:1:16 services.c.extends: the services extend each other in a circle: b (b.yaml:1:12)"
    )


def test_a_file_that_is_not_there_is_told_where_it_is_named(tmp_path: Path) -> None:
    (said,) = problems_of(
        tmp_path, {"stack.yaml": "services: {a: {image: a, extends: {file: nope.yaml, service: b}}}\n"}
    )

    assert said.startswith("stack.yaml:1:42 services.a.extends.file: ")


def chain(length: int) -> str:
    services = [f"  s{number}: {{extends: s{number - 1}}}\n" for number in range(1, length + 1)]
    return "services:\n  s0: {image: first}\n" + "".join(services)


def test_a_long_chain_is_followed_to_its_end(tmp_path: Path) -> None:
    services = services_of(tmp_path, {"stack.yaml": chain(MOST_BASES)})

    assert {service.image for service in services.values()} == {"first"}


def test_a_chain_of_thousands_is_refused_and_not_by_a_crash(tmp_path: Path) -> None:
    reversed_chain = "services:\n" + "".join(
        f"  s{number}: {{image: i, extends: s{number + 1}}}\n" for number in range(5_000)
    )

    found = problems_of(tmp_path, {"stack.yaml": f"{reversed_chain}  s5000: {{image: first}}\n"})

    assert any(f"over more than {MOST_BASES} steps" in said for said in found)


attributes = st.fixed_dictionaries(
    {"image": st.sampled_from("ab")},
    optional={
        "environment": st.dictionaries(st.sampled_from("ABC"), st.sampled_from("12")),
        "cap_add": st.lists(st.sampled_from("XYZ"), max_size=3),
        "ports": st.lists(st.sampled_from(["80:80", "81:81"]), max_size=2),
        "tty": st.booleans(),
    },
)


@given(attributes)
def test_a_service_that_only_extends_is_like_its_base(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, object]
) -> None:
    directory = tmp_path_factory.mktemp("extends")

    services = services_of(
        directory, {"stack.yaml": f"services: {{base: {json.dumps(said)}, derived: {{extends: base}}}}\n"}
    )

    assert replace(services["derived"], name="base") == services["base"]


@pytest.mark.parametrize("base", ["0", "[a]", "text"])
def test_a_base_of_another_file_must_be_a_mapping(tmp_path: Path, base: str) -> None:
    (said,) = problems_of(
        tmp_path,
        {"stack.yaml": "services: {a: {image: x, extends: {file: base.yaml, service: b}}}\n"},
        {"base.yaml": f"services: {{b: {base}}}\n"},
    )

    assert said.endswith(':1:62 services.a.extends: the service "b" is no mapping at base.yaml:1:15')
