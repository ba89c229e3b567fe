"""`config` and its flags, but for what an engine is asked (see `test_config_digests.py`)."""

import json
import os
import threading
from pathlib import Path

import pytest

from minicompose.cli import main
from minicompose.commands.image_digests import NamedImage, named_images, pinned
from minicompose.errors import EngineUnreachable, ExitCode, StackFileError
from tests.fake_engine import FakeEngine
from tests.stackfile.reading import tree

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "shop"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path)})
    return directory


def write(project: Path, text: str, name: str = "compose.yaml") -> None:
    (project / name).write_text(text)


def printed_json(capsys: Printed, *words: str) -> object:
    assert main(["config", "--format", "json", *words]) == ExitCode.OK
    found: object = json.loads(capsys.readouterr().out)
    return found


# ---- what excludes what ----


@pytest.mark.parametrize(
    "words",
    [
        ["--services", "--volumes"],
        ["-q", "--images"],
        ["--variables", "--environment"],
        ["--explain", "--hash", "*"],
        ["--explain", "--no-interpolate"],
        ["--explain", "--format", "json"],
        ["--hash", "*", "--no-interpolate"],
        ["--hash", "*", "--no-path-resolution"],
        ["--hash", "*", "--resolve-image-digests"],
        ["--lock-image-digests", "--resolve-image-digests"],
        ["--services", "--resolve-image-digests"],
        ["--variables", "--resolve-image-digests"],
        ["-q", "-o", "out.yaml"],
        ["--format", "toml"],
    ],
)
def test_what_cannot_be_meant_together_is_wrong_usage(words: list[str], project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: w}}")

    assert main(["config", *words]) == ExitCode.USAGE

    printed = capsys.readouterr()
    assert printed.out == ""
    assert all(word in printed.err for word in words if word.startswith("--"))


# ---- names and variables ----


def test_names_are_a_list_for_programs(project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: w}, db: {build: .}}")

    assert printed_json(capsys, "--services") == ["web", "db"]
    assert printed_json(capsys, "--images") == ["w", "shop-db"]


@pytest.mark.parametrize(
    ("option", "environment"), [(["--compatibility"], {}), ([], {"COMPOSE_COMPATIBILITY": "true"})]
)
def test_names_are_those_of_the_first_docker_compose_when_asked_for(
    option: list[str],
    environment: dict[str, str],
    project: Path,
    capsys: Printed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(project, "services: {db: {build: .}}")
    monkeypatch.setattr(os, "environ", environment)

    assert main([*option, "config", "--images"]) == ExitCode.OK
    assert main([*option, "config", "--images", "--no-interpolate"]) == ExitCode.OK

    assert capsys.readouterr().out == "shop_db\nshop_db\n"


def test_the_old_name_of_the_project_directory_is_known(project: Path, capsys: Printed) -> None:
    write(project, "services: {db: {build: .}}")

    assert main(["-f", "compose.yaml", "--workdir", "/else", "config", "--format", "json"]) == ExitCode.OK

    assert json.loads(capsys.readouterr().out)["services"]["db"]["build"]["context"] == "/else"


def test_names_can_be_had_though_required_variables_are_not_set(project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: '${TAG?}', profiles: ['${P}', x]}, db: {build: .}}\nvolumes: {data: }")

    assert printed_json(capsys, "--no-interpolate", "--services") == ["web", "db"]
    assert printed_json(capsys, "--no-interpolate", "--images", "w*") == ["${TAG?}"]
    assert printed_json(capsys, "--no-interpolate", "--images") == ["${TAG?}", "shop-db"]
    assert printed_json(capsys, "--no-interpolate", "--profiles") == ["${P}", "x"]
    assert printed_json(capsys, "--no-interpolate", "--volumes") == ["data"]


def test_the_environment_is_what_expressions_can_see(
    project: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "name: named\nservices: {web: {image: w}}")
    write(project, "A=file\nB=file\n", ".env")
    monkeypatch.setattr(os, "environ", {"A": "process"})

    assert main(["config", "--environment"]) == ExitCode.OK

    assert capsys.readouterr().out == f"A=process\nB=file\nCOMPOSE_PROJECT_NAME=named\nPWD={project}\n"


def test_variables_are_those_of_all_files_with_overridden_ones(project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: 'w:${OLD}'}}")
    write(project, "services: {web: {image: 'w:${NEW:-1}', extends: {file: base.yaml, service: b}}}", "over.yaml")
    write(project, "services: {b: {user: '${BASE?}'}}", "base.yaml")

    assert main(["-f", "compose.yaml", "-f", "over.yaml", "config", "--variables", "--format", "json"]) == ExitCode.OK

    found = json.loads(capsys.readouterr().out)
    assert {name: (each["Required"], each["DefaultValue"]) for name, each in found.items()} == {
        "OLD": (False, ""),
        "NEW": (False, "1"),
        "BASE": (True, ""),
    }


# ---- hashes ----


def hashes(capsys: Printed, services: str = "*") -> dict[str, str]:
    assert main(["config", "--hash", services]) == ExitCode.OK
    return dict(line.split(" ") for line in capsys.readouterr().out.splitlines())


def test_hashes_are_printed_by_name_for_the_services_asked(project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: w}, db: {image: d}, api: {image: a}}")

    every = hashes(capsys)

    assert list(every) == ["api", "db", "web"]
    assert hashes(capsys, "web,api") == {name: every[name] for name in ("api", "web")}


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ("services: {web: {configs: [c], image: w, environment: {A: 1}}}\nconfigs: {c: {file: ./c}}", False),
        ("services: {web: {image: w, environment: [A=1], scale: 3, configs: [c]}}\nconfigs: {c: {file: c}}", False),
        ("services: {web: {image: w, environment: {A: 2}, configs: [c]}}\nconfigs: {c: {file: c}}", True),
        ("services: {web: {image: w:2, environment: {A: 1}, configs: [c]}}\nconfigs: {c: {file: c}}", True),
    ],
)
def test_a_hash_changes_exactly_when_the_container_would(
    changed: str, differs: bool, project: Path, capsys: Printed
) -> None:
    write(project, "content", "c")
    write(project, "services: {web: {image: w, environment: {A: 1}, configs: [c]}}\nconfigs: {c: {file: c}}")
    before = hashes(capsys)

    write(project, changed)

    assert (hashes(capsys) != before) == differs


def test_a_hash_changes_with_the_contents_of_a_config(project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: w, configs: [c]}}\nconfigs: {c: {file: c}}")
    write(project, "before", "c")
    before = hashes(capsys)

    write(project, "after", "c")

    assert hashes(capsys) != before


@pytest.mark.parametrize(
    ("asked", "said"), [("wbe", 'did you mean "web"?'), ("off", 'no active profile enables the service "off"')]
)
def test_only_services_that_are_enabled_have_a_hash(asked: str, said: str, project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: w}, off: {image: o, profiles: [p]}}")

    assert main(["config", "--hash", asked]) == ExitCode.USAGE

    assert said in capsys.readouterr().err


# ---- what is left undone ----


def test_without_resolution_the_files_of_variables_are_named_and_not_read(project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: w, env_file: [no.env, {path: b, format: raw}], environment: [HOME]}}")

    found = printed_json(capsys, "--no-env-resolution", "--no-path-resolution")

    assert isinstance(found, dict)
    assert found["services"]["web"]["env_file"] == [
        {"path": "no.env", "required": True},
        {"path": "b", "required": True, "format": "raw"},
    ]
    assert found["services"]["web"]["environment"] == {"HOME": None}


def test_files_are_read_from_the_project_though_paths_stay_relative(
    project: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "services: {web: {image: w, env_file: a.env, build: ./ctx}}")
    write(project, "A=1\n", "a.env")
    monkeypatch.chdir(project.parent)

    assert main(["-f", "shop/compose.yaml", "config", "--no-path-resolution", "--format", "json"]) == ExitCode.OK

    web = json.loads(capsys.readouterr().out)["services"]["web"]
    assert (web["environment"], web["build"]["context"]) == ({"A": "1"}, "./ctx")


def test_what_is_printed_with_expressions_reads_like_the_files_themselves(project: Path, capsys: Printed) -> None:
    write(
        project,
        """
        services:
          web:
            image: w:${TAG:-1}
            scale: ${N:-2}
            environment: ["${PAIR:-A=1}", "B=$$x"]
            volumes: ["./a:/b:${MODE:-ro}", "data:/${D:-d}"]
            ports: ["${PORT:-80}:80", "81:81"]
        volumes: {data: }
        """,
    )
    assert main(["config"]) == ExitCode.OK
    expected = capsys.readouterr().out
    assert main(["config", "--no-interpolate", "-o", "raw.yaml"]) == ExitCode.OK

    assert main(["-f", "raw.yaml", "config"]) == ExitCode.OK

    assert capsys.readouterr().out == expected


def test_services_named_are_printed_with_what_they_depend_on(project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: '${I}', links: [db]}, db: {image: d}, off: {image: o}}")

    found = printed_json(capsys, "--no-interpolate", "web")

    assert isinstance(found, dict)
    assert sorted(found["services"]) == ["db", "web"]
    assert main(["config", "--no-interpolate", "wbe"]) == ExitCode.USAGE


# ---- problems for programs ----


@pytest.mark.parametrize("words", [["config", "--format", "json"], ["plan", "--format", "json"]])
def test_who_asks_for_json_gets_errors_as_json(words: list[str], project: Path, capsys: Printed) -> None:
    write(project, "services:\n  web: {imgae: w}\n  db: {image: d, scale: -1}\n")

    assert main(words) == ExitCode.USAGE

    printed = capsys.readouterr()
    found = [json.loads(line) for line in printed.err.splitlines()]
    assert printed.out == ""
    assert {(each["event"], each["severity"], each["line"], each["column"]) for each in found} >= {
        ("Problem", "error", 2, 9)
    }


def test_who_asks_for_json_gets_warnings_as_json_beside_the_data(project: Path, capsys: Printed) -> None:
    write(project, "services: {web: {image: 'w:$TAG'}}")

    assert main(["config", "--format", "json"]) == ExitCode.OK

    printed = capsys.readouterr()
    assert json.loads(printed.out)["services"]["web"]["image"] == "w:"
    (problem,) = [json.loads(line) for line in printed.err.splitlines()]
    assert (problem["severity"], problem["path"]) == ("warning", "services.web.image")


# ---- digests ----


def image(service: str, name: str) -> NamedImage:
    return NamedImage(service, name, tree("x"))


def test_an_image_of_several_services_is_looked_up_once() -> None:
    with FakeEngine() as engine:
        digest = engine.offer_image("shop:1")

        found = pinned([image("a", "shop:1"), image("b", "shop:1")], engine, {}, workers=4)

        assert engine.called("image_digest") == ["image_digest shop:1"]
    assert found == {"a": f"shop:1@{digest}", "b": f"shop:1@{digest}"}


def test_images_are_looked_up_side_by_side() -> None:
    with FakeEngine() as engine:
        for name in ("a:1", "b:1"):
            engine.offer_image(name)
        held = engine.hold("image_digest")
        images = [image("a", "a:1"), image("b", "b:1")]
        looking = threading.Thread(target=lambda: pinned(images, engine, {}, workers=2))
        looking.start()

        held.wait_reached(2)

        held.release()
        looking.join()


def test_every_image_without_a_digest_is_named() -> None:
    with FakeEngine() as engine, pytest.raises(StackFileError) as raised:
        pinned([image("a", "a:1"), image("b", "b:1")], engine, {}, workers=1)

    assert [problem.path for problem in raised.value.diagnostics] == ["services.a.image", "services.b.image"]
    assert raised.value.exit_code == ExitCode.ENGINE


def test_an_engine_that_is_not_there_is_no_fault_of_an_image() -> None:
    with FakeEngine() as engine:
        engine.fail("image_digest", None, EngineUnreachable("gone"))

        with pytest.raises(EngineUnreachable):
            pinned([image("a", "a:1")], engine, {}, workers=1)


def test_an_image_that_is_built_here_has_no_digest_anywhere() -> None:
    root = tree("services: {a: {image: a, build: .}, b: {image: b}, c: {build: .}}")

    assert [named.service for named in named_images(root)] == ["b"]
