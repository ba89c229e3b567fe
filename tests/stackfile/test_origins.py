"""Where values came from, in errors and in `config --explain`."""

from pathlib import Path

import pytest

from minicompose.cli import main
from minicompose.diagnostic import Diagnostic
from minicompose.errors import StackFileError
from minicompose.stackfile import LoadRequest, load_stack
from minicompose.stackfile.printed import printed


def problems_of(
    directory: Path, files: dict[str, str], *, named: tuple[str, ...] = ("compose.yaml",)
) -> list[Diagnostic]:
    """What is wrong with the project of these files."""
    for name, text in files.items():
        (directory / name).write_text(text)
    request = LoadRequest(working_directory=str(directory), environment={"HOST": "here"}, files=named)
    with pytest.raises(StackFileError) as raised:
        load_stack(request)
    return list(raised.value.diagnostics)


def test_a_wrong_value_of_an_override_file_names_what_it_overrides(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services: {web: {image: a, cpus: 1}}",
        "one.yaml": "services: {web: {cpus: 2}}",
        "two.yaml": "services: {web: {cpus: lots}}",
    }

    (problem,) = problems_of(tmp_path, files, named=tuple(files))

    assert str(problem.pos) == "two.yaml:1:24"
    assert problem.notes == ("set by two.yaml:1:24, over one.yaml:1:24",)


@pytest.mark.parametrize(
    ("dotenv", "expression", "note"),
    [
        pytest.param("CPUS=lots", "$CPUS", "from variable CPUS, set by .env:1:1", id="in .env"),
        pytest.param("", "${HOST}", "from variable HOST, set in the environment", id="in the environment"),
        pytest.param("", "${CPUS:-lots}", "from variable CPUS, unset", id="nowhere"),
    ],
)
def test_a_wrong_value_names_its_variable_and_who_sets_it(
    tmp_path: Path, dotenv: str, expression: str, note: str
) -> None:
    files = {"compose.yaml": f"services: {{web: {{image: a, cpus: '{expression}'}}}}", ".env": dotenv}

    (problem,) = problems_of(tmp_path, files)

    assert problem.notes == (note,)
    assert problem.length == len(expression)


def test_what_a_short_form_stands_for_has_its_variable(tmp_path: Path) -> None:
    files = {"compose.yaml": "services: {web: {image: a, depends_on: ['$NAME']}}", ".env": "NAME=dbb"}

    (problem,) = problems_of(tmp_path, files)

    assert problem.notes == ("from variable NAME, set by .env:1:1",)


def test_a_wrong_value_of_a_base_names_the_base_that_it_stands_in(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services: {web: {extends: {file: base.yaml, service: two}}}",
        "base.yaml": "services:\n  one:\n    image: a\n    cpus: lots\n  two:\n    extends: one\n    scale: many\n",
    }

    cpus, scale = problems_of(tmp_path, files)

    assert (str(cpus.pos), cpus.notes) == ("base.yaml:4:11", ("extended from base.yaml:2:3",))
    assert (str(scale.pos), scale.notes) == ("base.yaml:7:12", ("extended from base.yaml:5:3",))


def test_what_is_wrong_with_a_whole_service_names_its_base(tmp_path: Path) -> None:
    files = {"compose.yaml": "services:\n  web:\n    extends: base\n  base:\n    cpus: 1\n"}

    web, base = problems_of(tmp_path, files)

    assert (web.path, web.notes) == ("services.web", ("extended from compose.yaml:4:3",))
    assert (base.path, base.notes) == ("services.base", ())


def test_a_wrong_value_of_an_included_file_names_the_include(tmp_path: Path) -> None:
    files = {"compose.yaml": "include:\n  - other.yaml\n", "other.yaml": "services: {web: {image: a, cpus: lots}}"}

    (problem,) = problems_of(tmp_path, files)

    assert str(problem.pos) == "other.yaml:1:34"
    assert problem.notes == ("included by compose.yaml:2:5",)


EXPLAINED = """\
name: shop                 # compose.yaml:1:7
services:
  web:                     # compose.yaml:3:3, extended from compose.yaml:7:3
    environment:
      BARE: |              # bare.env:1:1
        two
        lines
      HOST: here           # compose.yaml:8:19, from ${HOST}, HOST set in the environment
      LEVEL: debug         # compose.yaml:8:25
    image: app:2           # over.yaml:1:25, over compose.yaml:4:12, from app:${TAG}, TAG set by .env:1:1
    networks:
      default: null        # default
    ports:
      - target: 80         # compose.yaml:6:13
        published: "8080"  # compose.yaml:6:13
        protocol: tcp      # compose.yaml:6:13
        mode: ingress      # default
networks:
  default:                 # default
    name: shop_default     # default
"""


def test_config_explains_each_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "compose.yaml": (
            "name: shop\nservices:\n  web:\n    image: app:1\n    extends: base\n    ports: ['8080:80']\n"
            "  base:\n    environment: [HOST, LEVEL=debug]\n    env_file: bare.env\n    profiles: [never]\n"
        ),
        "over.yaml": "services: {web: {image: 'app:${TAG}', profiles: !override []}}\n",
        ".env": "TAG=2\n",
        "bare.env": "BARE='two\nlines\n'\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOST", "here")

    code = main(["-f", "compose.yaml", "-f", "over.yaml", "config", "--explain"])

    explained = capsys.readouterr().out
    assert code == 0
    assert explained == EXPLAINED


def test_an_explained_file_is_the_same_file(tmp_path: Path) -> None:
    text = "name: shop\nservices: {web: {image: 'a b #c', command: [a, 'x: y'], labels: {a b: '# no $$'}}}\n"
    (tmp_path / "compose.yaml").write_text(text)
    stack = load_stack(LoadRequest(working_directory=str(tmp_path), environment={})).stack

    from minicompose.stackfile.explain import explained_yaml

    assert stack.root is not None
    (tmp_path / "compose.yaml").write_text(explained_yaml(printed(stack), stack.root))
    assert printed(load_stack(LoadRequest(working_directory=str(tmp_path), environment={})).stack) == printed(stack)


@pytest.mark.parametrize(
    "service",
    [
        "mem_limit: '${DB_PASSWORD}'",
        "mem_limit: $DB_PASSWORD",
        "depends_on: ['${DB_PASSWORD}']",
        "depends_on:\n      - ${DB_PASSWORD}",
        "ports: ['80:${DB_PASSWORD}']",
        "command: '${UNSET:?needs $DB_PASSWORD}'",
        "mem_limit: >-\n      ${DB_PASSWORD}",
        "cpus: '${DB_PASSWORD:-1}'",
    ],
)
def test_an_error_does_not_say_the_value_of_a_secret(tmp_path: Path, service: str) -> None:
    files = {"compose.yaml": f"services:\n  web:\n    image: a\n    {service}\n", ".env": "DB_PASSWORD=hunter2SECRET"}

    (problem,) = problems_of(tmp_path, files)

    assert "hunter2" not in str(problem)
    assert "${DB_PASSWORD}" in problem.summary


def test_an_error_elsewhere_says_a_word_that_is_a_secret_too(tmp_path: Path) -> None:
    text = "services:\n  web:\n    image: a\n    environment: {P: $PASSWORD}\n    depends_on: [postgres]\n"

    (problem,) = problems_of(tmp_path, {"compose.yaml": text, ".env": "PASSWORD=postgres"})

    assert '"postgres"' in problem.summary
