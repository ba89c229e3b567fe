import os
from pathlib import Path
from typing import Any

import pytest

from minicompose.diagnostic import Diagnostic
from minicompose.errors import UsageError
from minicompose.stackfile.files import LoadRequest, Location, locate
from minicompose.stackfile.names import checked_name, normal_name
from minicompose.stackfile.textfile import MOST_BYTES, read_text, shown_path
from tests.stackfile.reading import no_problem, said

STACK = "services: {}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


def write(directory: Path, **texts: str) -> None:
    """Files by name; `_` in a keyword stands for `.`, and a file without a text is a stack file."""
    for name, text in texts.items():
        (directory / name.replace("_", ".")).write_text(text)


def located(directory: Path, environment: dict[str, str] | None = None, **rest: Any) -> Location:
    return locate(LoadRequest(working_directory=str(directory), environment=environment or {}, **rest))


def names(location: Location) -> list[str]:
    return [Path(file).name for file in location.files]


@pytest.mark.parametrize(
    ("present", "used"),
    [
        (["compose.yaml"], ["compose.yaml"]),
        (["docker-compose.yml"], ["docker-compose.yml"]),
        (["stack.yaml"], ["stack.yaml"]),
        (["stack.yml"], ["stack.yml"]),
        (["docker-compose.yaml", "docker-compose.yml"], ["docker-compose.yml"]),
        (["stack.yaml", "compose.yml"], ["compose.yml"]),
        (["compose.yaml", "compose.override.yaml"], ["compose.yaml", "compose.override.yaml"]),
        (["compose.yaml", "docker-compose.override.yml"], ["compose.yaml", "docker-compose.override.yml"]),
        (["stack.yaml", "stack.override.yaml"], ["stack.yaml", "stack.override.yaml"]),
        (["stack.yaml", "compose.override.yaml"], ["stack.yaml"]),
        (["compose.yaml", "stack.override.yaml"], ["compose.yaml"]),
        (["compose.yaml", "compose.override.yaml", "compose.override.yml"], ["compose.yaml", "compose.override.yml"]),
        (["notes.txt"], []),
    ],
)
def test_the_stack_file_is_found_by_its_name(project: Path, present: list[str], used: list[str]) -> None:
    for name in present:
        (project / name).write_text(STACK)

    assert names(located(project)) == used


def test_several_stack_files_are_a_warning(project: Path) -> None:
    write(project, compose_yaml=STACK, compose_yml=STACK)

    (problem,) = located(project).problems

    assert problem.severity == "warning"
    assert problem.summary == "compose.yaml is used, and not compose.yml beside it"


def test_the_nearest_parent_with_a_stack_file_is_the_project(project: Path) -> None:
    write(project, compose_yaml=STACK)
    below = project / "a" / "b"
    below.mkdir(parents=True)

    location = located(below)

    assert location.files == (str(project / "compose.yaml"),)
    assert location.directory == str(project)


def test_named_files_are_taken_as_they_are(project: Path) -> None:
    write(project, compose_yaml=STACK, compose_override_yaml=STACK)

    location = located(project, files=("deploy/prod.yaml", "-", "../x.yaml"))

    assert location.files == (str(project / "deploy/prod.yaml"), "-", str(project.parent / "x.yaml"))
    assert location.directory == str(project / "deploy")


def test_standard_input_has_the_working_directory_as_its_project(project: Path) -> None:
    assert located(project, files=("-",)).directory == str(project)


def test_the_project_directory_can_be_said(project: Path) -> None:
    (project / "sub").mkdir()

    assert located(project, files=("a.yaml",), project_directory="sub").directory == str(project / "sub")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"COMPOSE_FILE": f"a.yaml{os.pathsep}b.yaml"}, ["a.yaml", "b.yaml"]),
        ({"COMPOSE_FILE": "a.yaml,b.yaml", "COMPOSE_PATH_SEPARATOR": ","}, ["a.yaml", "b.yaml"]),
        ({"COMPOSE_FILE": ""}, ["compose.yaml"]),
    ],
)
def test_the_environment_can_name_the_files(project: Path, environment: dict[str, str], expected: list[str]) -> None:
    write(project, compose_yaml=STACK)

    assert names(located(project, environment)) == expected


def test_the_env_file_can_name_the_files_and_the_project(project: Path) -> None:
    (project / ".env").write_text("COMPOSE_FILE=a.yaml\nCOMPOSE_PROJECT_NAME=shop\nCOMPOSE_PROFILES=x, y\n")

    location = located(project)

    assert names(location) == ["a.yaml"]
    assert (location.name, location.name_source) == ("shop", "environment")
    assert location.profiles == ("x", "y")


def test_the_environment_is_above_the_env_file(project: Path) -> None:
    (project / ".env").write_text("A=file\nB=file\nC=$A\n")

    variables = located(project, {"A": "shell"}).variables

    assert (variables["A"], variables["B"], variables["C"]) == ("shell", "file", "shell")


def test_the_env_file_beside_the_first_stack_file_counts(project: Path) -> None:
    (project / "sub").mkdir()
    (project / ".env").write_text("A=here")
    (project / "sub" / ".env").write_text("A=there")

    assert located(project, files=("sub/a.yaml",)).variables["A"] == "there"


def test_the_env_file_of_the_working_directory_is_above_that_of_a_parent_project(project: Path) -> None:
    write(project, compose_yaml=STACK)
    (project / "sub").mkdir()
    (project / ".env").write_text("A=project\nB=project")
    (project / "sub" / ".env").write_text("A=sub")

    variables = located(project / "sub").variables

    assert (variables["A"], variables["B"]) == ("sub", "project")


def test_named_env_files_replace_the_one_of_the_project_and_the_last_wins(project: Path) -> None:
    (project / ".env").write_text("A=1\nD=1")
    write(project, one_env="A=2\nB=2", two_env="B=3\nC=$A")

    variables = located(project, env_files=("one.env", "two.env")).variables

    assert {key: variables.get(key) for key in "ABCD"} == {"A": "2", "B": "3", "C": "2", "D": None}


def test_the_environment_can_name_env_files(project: Path) -> None:
    write(project, one_env="A=1", two_env="B=2")

    variables = located(project, {"COMPOSE_ENV_FILES": "one.env,two.env"}).variables

    assert (variables["A"], variables["B"]) == ("1", "2")


def test_the_env_file_of_the_project_can_be_turned_off(project: Path) -> None:
    (project / ".env").write_text("A=1")

    assert "A" not in located(project, {"COMPOSE_DISABLE_ENV_FILE": "true"}).variables


def test_a_named_env_file_must_be_there(project: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no env file .*lost\.env"):
        located(project, env_files=("lost.env",))


def test_a_bad_env_file_is_a_problem_with_its_place(project: Path) -> None:
    (project / ".env").write_text("A=1\nB C=2\n")

    location = located(project)

    assert said(list(location.problems)) == ['.env:2:2 a variable\'s name cannot contain a space: "B …"']
    assert location.texts == {".env": "A=1\nB C=2\n"}


@pytest.mark.parametrize(
    ("option", "environment", "expected"),
    [
        ("shop", {"COMPOSE_PROJECT_NAME": "other"}, ("shop", "option")),
        (None, {"COMPOSE_PROJECT_NAME": "other"}, ("other", "environment")),
        (None, {}, (None, None)),
        ("", {"COMPOSE_PROJECT_NAME": ""}, (None, None)),
    ],
)
def test_the_option_is_above_the_environment(
    project: Path, option: str | None, environment: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    location = located(project, environment, project_name=option)

    assert (location.name, location.name_source) == expected


@pytest.mark.parametrize("name", ["Shop", "-shop", "_shop", "sh op", "shop.eu", "é"])
def test_a_name_given_as_an_option_must_be_one(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a project"):
        checked_name(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [("Bad Name!", "badname"), ("_-shop", "shop"), ("Shop.EU_1-a", "shopeu_1-a"), ("!!", ""), ("1x", "1x")],
)
def test_a_name_is_made_of_other_text(text: str, name: str) -> None:
    assert normal_name(text) == name


def test_profiles_of_the_command_line_replace_those_of_the_environment(project: Path) -> None:
    assert located(project, {"COMPOSE_PROFILES": "a,b"}).profiles == ("a", "b")
    assert located(project, {"COMPOSE_PROFILES": "a,b"}, profiles=("c",)).profiles == ("c",)
    assert located(project, {"COMPOSE_PROFILES": "a,b"}, profiles=()).profiles == ()


def test_the_working_directory_is_known_as_a_variable(project: Path) -> None:
    assert located(project).variables["PWD"] == str(project)
    assert located(project, {"PWD": "/x"}).variables["PWD"] == "/x"


# ---- reading them ----


def read(path: Path) -> list[str]:
    problems: list[Diagnostic] = []
    assert read_text(str(path), path.name, problems.append) is None
    return said(problems)


def test_what_is_no_text_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "latin").write_bytes(b"a: 1\nb: caf\xe9\n")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MOST_BYTES + 1)

    assert read(tmp_path / "directory") == ["directory is a directory"]
    assert read(tmp_path / "pipe") == ["pipe is not a regular file"]
    assert read(tmp_path / "latin") == ["latin:2:7 this is not UTF-8 text"]
    assert read(tmp_path / "large") == ["large is larger than 16 MB"]
    assert read(tmp_path / "lost") == ["there is no file lost"]
    assert read(tmp_path / "latin" / "x") == ["x cannot be read: not a directory"]
    assert read(Path(f"{tmp_path}/a\0b")) == ["a file's name cannot hold a NUL character"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
def test_a_text_is_utf_8_or_has_the_mark_of_utf_16(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    (tmp_path / "a").write_bytes(f"{mark}é: ü".encode(encoding))

    text = read_text(str(tmp_path / "a"), "a", no_problem)

    assert text is not None
    assert text.removeprefix("\ufeff") == "é: ü"


def test_a_misspelt_file_is_told_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").touch()
    problems: list[Diagnostic] = []

    read_text(str(tmp_path / "compose.yml"), "compose.yml", problems.append)

    assert problems[0].hint == "did you mean compose.yaml?"


def test_an_empty_name_is_no_file() -> None:
    problems: list[Diagnostic] = []

    assert read_text("", "", problems.append) is None
    assert [problem.summary for problem in problems] == ["a file's name is missing here"]


def test_the_null_device_is_an_empty_file() -> None:
    assert read_text(os.devnull, os.devnull, no_problem) == ""


@pytest.mark.parametrize(
    ("path", "shown"),
    [("/w/a.yaml", "a.yaml"), ("/w/b/a.yaml", "b/a.yaml"), ("/wa.yaml", "/wa.yaml"), ("/x/a.yaml", "/x/a.yaml")],
)
def test_messages_call_a_file_as_the_user_knows_it(path: str, shown: str) -> None:
    assert shown_path(path, "/w") == shown


@pytest.mark.parametrize("words", [{}, {"files": ("compose.yaml",)}])
def test_a_path_that_is_not_utf8_is_refused_and_shown(project: Path, words: dict[str, Any]) -> None:
    directory = Path(os.fsdecode(os.fsencode(project) + b"/caf\xe9"))
    directory.mkdir()
    write(directory, compose_yaml=STACK)

    with pytest.raises(UsageError, match=r"/caf\\xe9.* is not UTF-8"):
        located(directory, **words)


def test_a_path_of_any_letters_is_good(project: Path) -> None:
    (project / "café").mkdir()
    write(project / "café", compose_yaml=STACK)

    assert names(located(project / "café")) == ["compose.yaml"]
