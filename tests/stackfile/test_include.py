"""`include`: other projects' services and resources, and what only those projects see."""

import json
from pathlib import Path

import pytest

from minicompose.model import Node
from minicompose.stackfile import include
from minicompose.stackfile.include import MOST_DEEP, MOST_INCLUDED
from minicompose.stackfile.scope import Scope
from tests.stackfile.projects import problems_of, services_of, stack_in

WEB = "services: {web: {image: web}}\n"


def test_services_and_resources_of_an_included_file_are_there(tmp_path: Path) -> None:
    stack = stack_in(
        tmp_path,
        {"stack.yaml": f"include: [sub/db.yaml]\n{WEB}"},
        {
            "sub/db.yaml": """
                name: other
                services: {db: {image: db, volumes: ['data:/data', './d:/d'], networks: [back], secrets: [key]}}
                volumes: {data: {driver: fast}}
                networks: {back: {internal: true}}
                secrets: {key: {file: ./key}}
            """,
            "sub/key": "k",
        },
    )

    assert set(stack.services) == {"web", "db"}
    assert stack.volumes["data"].driver == "fast"
    assert stack.networks["back"].internal
    assert stack.secrets["key"].file == f"{tmp_path}/sub/key"
    assert [mount.source for mount in stack.services["db"].volumes or ()] == ["data", f"{tmp_path}/sub/d"]
    assert stack.name != "other"


@pytest.mark.parametrize(
    ("entry", "directory"),
    [
        ("sub/db.yaml", "sub"),
        ("{path: sub/db.yaml}", "sub"),
        ("{path: sub/db.yaml, project_directory: ''}", "sub"),
        ("{path: sub/db.yaml, project_directory: other}", "other"),
        ("{path: sub/db.yaml, project_directory: .}", "."),
        ("{path: sub/db.yaml, project_directory: /abs}", "/abs"),
        ("{path: [sub/db.yaml, other/db.yaml]}", "sub"),
    ],
)
def test_paths_of_an_included_file_refer_to_its_project(tmp_path: Path, entry: str, directory: str) -> None:
    services = services_of(
        tmp_path,
        {"stack.yaml": f"include: [{entry}]\n{WEB}"},
        {"sub/db.yaml": "services: {db: {build: ./context}}\n", "other/db.yaml": "services: {db: {tty: true}}\n"},
    )

    build = services["db"].build
    assert build is not None
    assert build.context == str(tmp_path / directory / "context")


@pytest.mark.parametrize(
    ("entry", "variables", "image"),
    [
        ("sub/db.yaml", {}, "db:project"),
        ("sub/db.yaml", {"TAG": "outer"}, "db:outer"),
        ("{path: sub/db.yaml, env_file: one.env}", {}, "db:one"),
        ("{path: sub/db.yaml, env_file: [one.env, two.env]}", {}, "db:one-two"),
        ("{path: sub/db.yaml, env_file: one.env}", {"TAG": "outer"}, "db:outer"),
        ("{path: sub/db.yaml, env_file: []}", {}, "db:project"),
        ("{path: sub/db.yaml, env_file: /dev/null}", {}, "db:unset"),
        ("{path: sub/db.yaml, project_directory: other}", {}, "db:other"),
    ],
)
def test_an_included_file_sees_its_own_variables_below_those_outside(
    tmp_path: Path, entry: str, variables: dict[str, str], image: str
) -> None:
    services = services_of(
        tmp_path,
        {"stack.yaml": f"include: [{entry}]\nservices: {{web: {{image: 'web:${{TAG-none}}'}}}}\n"},
        {
            "sub/db.yaml": "services: {db: {image: 'db:${TAG-unset}'}}\n",
            "sub/.env": "TAG=project\n",
            "other/.env": "TAG=other\n",
            "one.env": "TAG=one\n",
            "two.env": "TAG=${TAG}-two\n",
        },
        variables,
    )

    assert services["db"].image == image
    assert services["web"].image == f"web:{variables.get('TAG', 'none')}"


def test_variables_without_a_value_are_looked_up_as_the_reference_does(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {"stack.yaml": f"include: [sub/a.yaml]\n{WEB}"},
        {
            "sub/a.yaml": """
                services:
                  list: {image: i, environment: [KNOWN, UNKNOWN]}
                  mapping: {image: i, environment: {KNOWN: , UNKNOWN: }}
                  both: {extends: mapping, environment: {OTHER: }}
            """,
            "sub/.env": "KNOWN=1\nOTHER=2\n",
        },
    )

    assert services["list"].environment == {"KNOWN": "1", "UNKNOWN": None}
    assert services["mapping"].environment == {"KNOWN": None, "UNKNOWN": None}
    assert services["both"].environment == {"KNOWN": "1", "UNKNOWN": None, "OTHER": "2"}


def test_includes_nest_and_each_passes_its_variables_on(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {"stack.yaml": f"include: [a/a.yaml]\n{WEB}"},
        {
            "a/a.yaml": "include: [b/b.yaml]\nservices: {a: {image: 'a:$V'}}\n",
            "a/.env": "V=a\n",
            "a/b/b.yaml": "services: {b: {image: 'b:$V$W', build: .}}\n",
            "a/b/.env": "V=b\nW=w\n",
        },
    )

    assert (services["a"].image, services["b"].image) == ("a:a", "b:aw")
    assert services["b"].build is not None
    assert services["b"].build.context == f"{tmp_path}/a/b"


def test_a_project_that_two_others_include_is_there_once(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {"stack.yaml": f"include: [a.yaml, b.yaml]\n{WEB}"},
        {
            "a.yaml": "include: [c.yaml]\nservices: {a: {image: a}}\n",
            "b.yaml": "include: [c.yaml]\nservices: {b: {image: b}}\n",
            "c.yaml": "services: {c: {image: c, ports: ['80:80'], security_opt: [x]}}\n",
        },
    )

    assert set(services) == {"web", "a", "b", "c"}
    assert services["c"].security_opt == ("x",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{image: i}", "{image: i}"),
        ("{image: i, ports: ['80:80']}", "{image: i, ports: [{target: 80, published: '80', protocol: tcp}]}"),
        ("{image: i, depends_on: [web]}", "{image: i, depends_on: {web: {condition: service_started}}}"),
        ("{image: i, mem_limit: 1m}", "{image: i, mem_limit: 1048576}"),
        ("{image: i, env_file: e.env}", "{image: i, env_file: [{path: ./e.env, required: true}]}"),
        ("{build: .}", "{build: {context: ./}}"),
    ],
)
def test_two_definitions_that_come_to_the_same_are_one(tmp_path: Path, one: str, other: str) -> None:
    services = services_of(
        tmp_path,
        {"stack.yaml": f"include: [a.yaml]\nservices: {{web: {{image: web}}, same: {one}}}\n"},
        {"a.yaml": f"services: {{same: {other}}}\n", "e.env": ""},
    )

    assert set(services) == {"web", "same"}


@pytest.mark.parametrize(
    ("section", "own", "theirs"),
    [
        ("services", "{image: a}", "{image: b}"),
        ("services", "{image: a, profiles: [p]}", "{image: a}"),
        ("networks", "{driver: a}", "{driver: b}"),
        ("volumes", "", "{labels: {a: 1}}"),
        ("configs", "{content: a}", "{content: b}"),
        ("secrets", "{environment: A}", "{file: ./a}"),
        ("models", "{model: a}", "{model: b}"),
    ],
)
def test_a_conflict_names_both_places_and_the_include(tmp_path: Path, section: str, own: str, theirs: str) -> None:
    found = problems_of(
        tmp_path,
        {"stack.yaml": f"include:\n  - a.yaml\n{section}: {{it: {own}}}\n"},
        {"a.yaml": f"{section}: {{it: {theirs}}}\n"},
    )

    at = len(section) + 4
    what = section.removesuffix("s")
    assert found == [
        f"stack.yaml:3:{at} {section}.it: this {what} conflicts with the one at a.yaml:1:{at},"
        " which stack.yaml:2:5 includes"
    ]


def test_an_override_file_changes_what_is_included(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {
            "stack.yaml": f"include: [a.yaml]\n{WEB}",
            "override.yaml": "services: {a: {image: b}, gone: !reset }\n",
        },
        {"a.yaml": "services: {a: {image: a, tty: true}, gone: {image: a}}\n"},
    )

    assert set(services) == {"web", "a"}
    assert (services["a"].image, services["a"].tty) == ("b", True)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("nope.yaml", "stack.yaml:1:11 include[0]: there is no file nope.yaml"),
        ("{path: a.yaml, env_file: nope.env}", "stack.yaml:1:36 include[0]: there is no file nope.env"),
        ("1", "stack.yaml:1:11 include[0]: expected a string or a mapping, got the number 1"),
        ("{env_file: e}", 'stack.yaml:1:11 include[0]: "path" is missing'),
        (
            "stack.yaml",
            "stack.yaml:1:11 include[0]: the files include each other in a circle: stack.yaml -> stack.yaml",
        ),
    ],
)
def test_an_entry_that_cannot_be_followed_is_told_at_its_place(tmp_path: Path, entry: str, said: str) -> None:
    assert problems_of(tmp_path, {"stack.yaml": f"include: [{entry}]\n{WEB}"}, {"a.yaml": ""}) == [said]


def test_a_circle_of_files_is_told_with_all_of_them(tmp_path: Path) -> None:
    (said,) = problems_of(
        tmp_path,
        {"stack.yaml": f"include: [a.yaml]\n{WEB}"},
        {"a.yaml": "include: [b.yaml]\nservices: {}\n", "b.yaml": "include: [a.yaml]\nservices: {}\n"},
    )

    assert said == "b.yaml:1:11 include[0]: the files include each other in a circle: a.yaml -> b.yaml -> a.yaml"


def test_a_file_that_says_nothing_yet_can_be_included(tmp_path: Path) -> None:
    assert set(services_of(tmp_path, {"stack.yaml": f"include: [a.yaml]\n{WEB}"}, {"a.yaml": "# later\n"})) == {"web"}


def test_a_chain_of_thousands_of_files_is_refused(tmp_path: Path) -> None:
    files = {f"{number}.yaml": f"include: [{number + 1}.yaml]\nservices: {{}}\n" for number in range(1_000)}

    (said,) = problems_of(tmp_path, {"stack.yaml": f"include: [0.yaml]\n{WEB}"}, {**files, "1000.yaml": WEB})

    assert said.endswith(f"files include each other more than {MOST_DEEP} deep")


def test_a_tree_of_ten_to_the_tenth_projects_is_refused(tmp_path: Path) -> None:
    """Each file includes the next ten times, each time as another project."""

    def level(number: int) -> str:
        entries = [
            {"path": f"/{tmp_path}/{number + 1}.yaml", "project_directory": f"d{branch}"} for branch in range(10)
        ]
        return f"include: {json.dumps(entries)}\nservices: {{s{number}: {{image: i}}}}\n"

    files = {f"{number}.yaml": level(number) for number in range(10)}

    found = problems_of(tmp_path, {"0.yaml": files.pop("0.yaml")}, {**files, "10.yaml": WEB})

    assert [said.rpartition(": ")[2] for said in found] == [f"more than {MOST_INCLUDED:,} projects are included"]


def test_what_is_included_again_and_again_is_refused_when_it_comes_to_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(include, "MOST_BROUGHT", 100)
    entries = [{"path": "part.yaml", "project_directory": f"d{number}"} for number in range(99)]

    found = problems_of(tmp_path, {"stack.yaml": f"include: {json.dumps(entries)}\n"}, {"part.yaml": WEB})

    assert found == ["stack.yaml:1:1276 include[25]: what is included comes to more than 100 values"]


def test_variables_of_included_projects_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(include, "MOST_SEEN", 100)
    entries = [{"path": "part.yaml", "env_file": f"{number}.env"} for number in range(50)]
    env = {f"{number}.env": f"A={number}" for number in range(50)}

    found = problems_of(tmp_path, {"stack.yaml": f"include: {json.dumps(entries)}\n"}, {"part.yaml": WEB, **env})

    assert [said.rpartition(": ")[2] for said in found] == [
        "included projects have more than 100 variables of their own"
    ]


def test_definitions_that_may_mean_the_same_are_compared_only_so_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(include, "MOST_COMPARED", 3)
    compared: list[str] = []
    meaning = include._meaning

    def counted(section: str, key: str, node: Node, scope: Scope) -> object:
        compared.append(key)
        return meaning(section, key, node, scope)

    monkeypatch.setattr(include, "_meaning", counted)
    entries = [{"path": f"part{number % 2}.yaml", "project_directory": f"d{number}"} for number in range(20)]
    parts = {
        f"part{number}.yaml": f"services: {{web: {{image: web, stop_grace_period: {60 * number}s}}}}"
        for number in (0, 1)
    }
    parts["part0.yaml"] = parts["part0.yaml"].replace("0s", "1m")

    found = problems_of(tmp_path, {"stack.yaml": f"include: {json.dumps(entries)}\n"}, parts)

    assert len(compared) == 6
    assert [said.rpartition(": ")[2] for said in found] == [
        "more than 3 services and resources are included in several ways"
    ]
