"""Stack files read without replacing their expressions."""

from pathlib import Path
from typing import Any

import pytest

from minicompose.errors import StackFileError
from minicompose.stackfile.files import LoadRequest
from minicompose.stackfile.load import Outlined, load_outline
from tests.stackfile.reading import plain


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "shop"
    directory.mkdir()
    return directory


def outlined(project: Path, *texts: str, **more: Any) -> Outlined:
    files = [project / f"stack{number}.yaml" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return load_outline(
        LoadRequest(
            working_directory=str(project),
            environment=more.pop("environment", {}),
            files=tuple(map(str, files)),
            resolve_paths=False,
            **more,
        )
    )


def service(project: Path, attributes: str, *over: str) -> dict[str, Any]:
    """The attributes of a service `web`, of which `over` are those in later files."""
    texts = [f"services: {{web: {{{each}}}}}" for each in (attributes, *over)]
    found: dict[str, Any] = plain(outlined(project, *texts, normalise=False).root)["services"]["web"]
    return found


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("volumes: {v: {external: true, driver: x}}", "volumes.v.driver"),
        ("configs: {c: {file: x, content: $Y}}", "configs.c.content"),
        ("secrets: {s: {}}", "secrets.s"),
        ("services: {w: {gpus: [{count: $N, device_ids: [a]}]}}", "services.w.gpus[0].count"),
    ],
)
def test_what_no_variable_can_mend_is_refused(project: Path, section: str, problem: str) -> None:
    with pytest.raises(StackFileError) as refused:
        outlined(project, section)

    assert [each.path for each in refused.value.diagnostics] == [problem]


@pytest.mark.parametrize(
    "section",
    ["volumes: {v: {external: $E, driver: x}}", "configs: {c: {external: $E}}", "secrets: {s: {file: $F}}"],
)
def test_what_a_variable_may_mend_is_no_problem(project: Path, section: str) -> None:
    assert outlined(project, section).warnings == ()


MOUNT = {"type": "volume", "source": "${S:-./x}", "target": "${T:-/t}"}
DEVICE = {"source": "${A:-/dev/a}", "target": "/dev/b", "permissions": "rwm"}
PORT = {"target": "${Q}", "mode": "ingress", "protocol": "tcp"}


@pytest.mark.parametrize(
    ("written", "outline"),
    [
        ("environment: [A=1, B, A=2]", {"environment": ["A=2", "B"]}),
        ('scale: "${N}"', {"scale": "${N}"}),
        ('command: "echo ${A:-b c}"', {"command": "echo ${A:-b c}"}),
        ('volumes: ["${S:-./x}:${T:-/t}"]', {"volumes": [MOUNT]}),
        ('devices: ["${A:-/dev/a}:/dev/b"]', {"devices": [DEVICE]}),
        ('ports: ["${P}:80", {target: "${Q}"}]', {"ports": ["${P}:80", PORT]}),
        ('networks: ["${N}"]', {"networks": ["${N}"]}),
        ('ulimits: {nofile: "${U}"}', {"ulimits": {"nofile": "${U}"}}),
    ],
)
def test_structure_is_long_and_values_are_as_they_are_written(
    written: str, outline: dict[str, Any], project: Path
) -> None:
    assert service(project, written) == outline


def test_options_that_are_an_expression_are_not_lost(project: Path) -> None:
    (project / "deep").mkdir()
    (project / "deep/base.yaml").write_text('services: {base: {volumes: ["./x:/y:${MODE:-ro}"]}}')

    assert service(project, "extends: {file: deep/base.yaml, service: base}") == {"volumes": ["deep/x:/y:${MODE:-ro}"]}


def test_names_that_are_expressions_stay_in_a_list_when_files_are_merged(project: Path) -> None:
    merged = service(project, 'environment: ["${WHOLE}", A=1]', 'environment: {A: 2, "B$": 3}')

    assert merged == {"environment": ["${WHOLE}", "A=2", "B$$=3"]}


def test_an_expression_in_a_list_of_hosts_survives_merging(project: Path) -> None:
    merged = service(project, 'extra_hosts: ["${HOSTS}"]', 'extra_hosts: ["a=1.2.3.4"]')

    assert merged == {"extra_hosts": ["${HOSTS}", "a=1.2.3.4"]}


def test_files_are_followed_though_an_expression_names_them(project: Path) -> None:
    (project / "base.yaml").write_text("services: {base: {image: '${IMAGE}'}}")
    (project / "inc.yaml").write_text("services: {inc: {image: i}}")
    text = "include: ['${INC}.yaml']\nservices: {web: {extends: {file: '${BASE:-base.yaml}', service: base}}}"

    root = plain(outlined(project, text, environment={"INC": "inc"}, normalise=False).root)

    assert root == {"services": {"web": {"image": "${IMAGE}"}, "inc": {"image": "i"}}}


def test_required_variables_need_not_be_set_and_nothing_is_warned_of(project: Path) -> None:
    assert outlined(project, "services: {web: {image: '${A?needed}$B'}}").warnings == ()


def test_what_no_expression_can_mend_is_an_error_at_its_place(project: Path) -> None:
    with pytest.raises(StackFileError) as raised:
        outlined(project, "services:\n  web: {image: '${A}', scale: many, imgae: '${B}'}\n")

    found = [(str(problem.pos), problem.path) for problem in raised.value.diagnostics]
    assert found == [("stack0.yaml:2:31", "services.web.scale"), ("stack0.yaml:2:37", "services.web.imgae")]


def test_an_error_shows_expressions_as_they_are_written(project: Path) -> None:
    with pytest.raises(StackFileError) as raised:
        outlined(project, "services: {web: {extends: '${BASE:-base}', image: x}}")

    assert "${BASE:-base}" in raised.value.diagnostics[0].summary


def test_a_dollar_sign_in_a_variable_of_an_included_project_is_one_for_who_reads_the_output(project: Path) -> None:
    (project / "inc.yaml").write_text("services: {inc: {image: i, environment: [A, 'B=$A']}}")
    (project / ".env").write_text("A='x$y'\n")

    root = plain(outlined(project, "include: [inc.yaml]").root)

    assert root["services"]["inc"]["environment"] == ["A=x$$y", "B=$A"]


def test_a_dollar_sign_in_a_directory_is_one_for_who_reads_the_output(tmp_path: Path) -> None:
    (tmp_path / "a$HOME").mkdir()
    (tmp_path / "a$HOME/compose.yaml").write_text("services: {web: {build: ./b}}")

    root = load_outline(LoadRequest(working_directory=str(tmp_path / "a$HOME"), environment={})).root

    assert plain(root)["services"]["web"]["build"]["context"] == f"{tmp_path}/a$$HOME/b"
