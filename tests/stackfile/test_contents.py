"""What lies beside the stack file: variables, labels, and contents of configs and secrets."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from minicompose.diagnostic import Diagnostic
from minicompose.model import Stack, Variables
from minicompose.stackfile import contents
from minicompose.stackfile.build import build_stack
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.contents import sealed, with_contents
from minicompose.stackfile.textfile import read_text
from tests.stackfile.reading import no_problem, tree


class Project:
    """A directory with files, and what reading them finds."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.found: list[Diagnostic] = []
        self.texts: dict[str, str] = {}

    def write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text)

    def read(self, text: str, lookup: Mapping[str, str] | None = None) -> Stack:
        stack = self.built(text, lookup)
        return with_contents(
            stack, Variables(dict(lookup or {})), self.found.append, lambda path: Path(path).name, self.texts
        )

    def sealed(self, text: str, lookup: Mapping[str, str] | None = None) -> Stack:
        return sealed(self.built(text, lookup), Variables(dict(lookup or {})), self.found.append)

    def built(self, text: str, lookup: Mapping[str, str] | None) -> Stack:
        root = canonical(tree(text), no_problem)
        return build_stack(
            root, name="shop", directory=str(self.directory), variables=Variables(dict(lookup or {})), report=no_problem
        )

    def said(self) -> list[str]:
        return [f"{problem.pos} {problem.path} {problem.summary}" for problem in self.found]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_environment_wins_over_later_files_and_these_over_earlier_ones(project: Project) -> None:
    project.write("a.env", "A=a\nB=a\nC=a\n")
    project.write("b.env", "B=b\nC=b\n")
    stack = project.read("services: {web: {image: w, env_file: [a.env, b.env], environment: {C: c}}}")
    assert stack.services["web"].environment == {"A": "a", "B": "b", "C": "c"}
    assert project.said() == []


def test_a_variable_without_a_value_takes_it_from_outside_or_hides_the_one_of_a_file(project: Project) -> None:
    project.write("a.env", "KNOWN=file\nUNKNOWN=file\n")
    text = "services: {web: {image: w, env_file: a.env, environment: [KNOWN, UNKNOWN]}}"
    stack = project.read(text, {"KNOWN": "outside"})
    assert stack.services["web"].environment == {"KNOWN": "outside", "UNKNOWN": None}


def test_expressions_in_a_file_see_the_outside_then_the_service_then_earlier_files(project: Project) -> None:
    project.write("a.env", "EARLIER=1\n")
    project.write("b.env", "X=$OUT-$OWN-$EARLIER\n")
    text = "services: {web: {image: w, env_file: [a.env, b.env], environment: {OUT: no, OWN: own}}}"
    environment = project.read(text, {"OUT": "out"}).services["web"].environment
    assert environment is not None and environment["X"] == "out-own-1"


def test_a_raw_file_is_taken_literally(project: Project) -> None:
    project.write("a.env", "A='$B' # c\n")
    stack = project.read("services: {web: {image: w, env_file: [{path: a.env, format: raw}]}}")
    assert stack.services["web"].environment == {"A": "'$B' # c"}


def test_an_unknown_format_is_refused(project: Project) -> None:
    project.read("services: {web: {image: w, env_file: [{path: a.env, format: toml}]}}")
    assert project.said() == [
        'stack.yaml:1:61 services.web.env_file[0].format "toml" is not a format: the only one is raw'
    ]


def test_a_missing_file_is_an_error_at_its_name_unless_it_is_not_required(project: Project) -> None:
    project.read(
        "services: {web: {image: w, env_file: [no.env, {path: nor.env, required: false}], label_file: no.labels}}"
    )
    assert project.said() == [
        "stack.yaml:1:39 services.web.env_file[0].path there is no file no.env",
        "stack.yaml:1:94 services.web.label_file[0] there is no file no.labels",
    ]


def test_files_of_disabled_services_are_not_read(project: Project) -> None:
    project.read("services: {web: {image: w, profiles: [x], env_file: no.env}}")
    assert project.said() == []


def test_labels_win_over_those_of_a_file(project: Project) -> None:
    project.write("a.labels", "a=file\nb=file\n")
    stack = project.read("services: {web: {image: w, label_file: a.labels, labels: [b=own]}}")
    assert stack.services["web"].labels == {"a": "file", "b": "own"}


def test_a_variable_of_a_file_stands_at_its_line_there(project: Project) -> None:
    project.write("a.env", "# first\nA=1\n  export B=2\n")
    stack = project.read("services: {web: {image: w, env_file: a.env}}")
    assert str(stack.position("services", "web", "environment", "A")) == "a.env:2:1"
    assert str(stack.position("services", "web", "environment", "B")) == "a.env:3:10"
    assert project.texts == {"a.env": "# first\nA=1\n  export B=2\n"}


def test_a_problem_in_a_file_stands_there(project: Project) -> None:
    project.write("a.env", "OK=1\nBAD%KEY=2\n")
    project.read("services: {web: {image: w, env_file: a.env}}")
    assert [str(problem.pos) for problem in project.found] == ["a.env:2:4"]


def test_a_file_of_many_services_is_read_once_and_its_values_are_shared(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(path: str, shown: str, report: Callable[[Diagnostic], None]) -> str | None:
        read.append(path)
        return read_text(path, shown, report)

    monkeypatch.setattr(contents, "read_text", reading)
    project.write("a.env", "A=1\nB=${A}2\n")
    services = "".join(f"  s{number}: {{image: w, env_file: a.env, label_file: a.env}}\n" for number in range(5))

    stack = project.read(f"services:\n{services}")

    first, *others = stack.services.values()
    assert first.environment == first.labels == {"A": "1", "B": "12"}
    assert all(other.environment is first.environment for other in others)
    assert all(other.labels is first.labels for other in others)
    assert [Path(path).name for path in read] == ["a.env"]


def test_a_file_that_asks_for_what_services_say_themselves_is_read_for_each_of_them(project: Project) -> None:
    project.write("a.env", "A=${B:-none}\n")

    stack = project.read("""
        services:
          one: {image: w, env_file: a.env}
          two: {image: w, env_file: a.env, environment: {B: b}}
          three: {image: w, env_file: a.env}
    """)

    assert [service.environment for service in stack.services.values()] == [
        {"A": "none"},
        {"A": "b", "B": "b"},
        {"A": "none"},
    ]


def test_a_missing_file_is_told_at_every_service_that_names_it(project: Project) -> None:
    project.read("services: {one: {image: w, env_file: a.env}, two: {image: w, env_file: a.env}}")

    assert project.said() == [
        "stack.yaml:1:38 services.one.env_file[0].path there is no file a.env",
        "stack.yaml:1:72 services.two.env_file[0].path there is no file a.env",
    ]


@pytest.mark.parametrize(
    ("limit", "summary"),
    [
        ("MOST_GIVEN", "what files give to the services comes to more than 10 variables and labels"),
        ("MOST_GROWN", "the values of such files grow beyond 10 characters"),
    ],
)
def test_what_files_give_to_services_is_bounded(
    project: Project, monkeypatch: pytest.MonkeyPatch, limit: str, summary: str
) -> None:
    monkeypatch.setattr(contents, limit, 10)
    project.write("a.env", "A=${N}xx\n")
    services = "".join(f"  s{n}: {{image: w, env_file: a.env, environment: {{N: {n}}}}}\n" for n in range(99))

    project.read(f"services:\n{services}")

    (problem,) = project.found
    assert problem.summary == summary


RESOURCES = """
    services: {web: {image: w, configs: [inline], secrets: [file, variable]}}
    configs: {inline: {content: text}, unused: {file: nowhere}}
    secrets: {file: {file: ./key}, variable: {environment: KEY}}
"""


def test_what_services_use_is_sealed(project: Project) -> None:
    project.write("key", "from file")
    stack = project.sealed(RESOURCES, {"KEY": "from outside"})
    resources = (stack.configs["inline"], stack.secrets["file"], stack.secrets["variable"])
    assert [each.sealed and each.sealed.content for each in resources] == [b"text", b"from file", b"from outside"]
    assert stack.configs["unused"].sealed is None
    assert project.said() == []


def test_what_cannot_be_sealed_is_an_error_at_its_place(project: Project) -> None:
    project.sealed(RESOURCES)
    assert project.said() == [
        f"stack.yaml:4:24 secrets.file.file there is no file {project.directory}/key",
        "stack.yaml:4:56 secrets.variable.environment the variable KEY is not set",
    ]


def test_a_file_that_would_have_to_be_waited_for_or_is_too_large_is_not_read(project: Project) -> None:
    os.mkfifo(project.directory / "pipe")
    with (project.directory / "large").open("wb") as file:
        file.truncate(10**12)

    project.sealed("""
        services: {web: {image: w, configs: [pipe, zero, large, unsized]}}
        configs:
          {pipe: {file: ./pipe}, zero: {file: /dev/zero}, large: {file: ./large}, unsized: {file: /proc/self/status}}
    """)

    assert [problem.summary.rpartition(": ")[2] for problem in project.found][:3] == [
        "it is neither a file nor a directory",
        "it is neither a file nor a directory",
        "it is larger than 16 MB",
    ]


def test_a_file_of_several_secrets_is_read_once_and_all_together_are_bounded(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MOST_SEALED", 10)
    project.write("same", "12345678")
    project.write("other", "12345678")

    stack = project.sealed("""
        services: {web: {image: w, secrets: [one, two, three]}}
        secrets: {one: {file: ./same}, two: {file: ./same}, three: {file: ./other}}
    """)

    one, two, three = (stack.secrets[name].sealed for name in ("one", "two", "three"))
    assert one is not None
    assert two is not None
    assert one.content is two.content
    assert three is None
    assert "with it, configs and secrets are larger than" in project.found[0].summary


def test_a_sealed_content_never_shows_itself(project: Project) -> None:
    project.write("key", "hush")
    assert "hush" not in repr(msgspec.structs.asdict(project.sealed(RESOURCES, {"KEY": "hush"})))
