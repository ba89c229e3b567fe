import subprocess
import sys
import textwrap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicompose.errors import StackFileError, UsageError
from minicompose.stackfile import Loaded, LoadRequest, load_stack, project_name
from minicompose.stackfile.names import ProjectName
from tests.stackfile.reading import said


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "shop"
    directory.mkdir()
    return directory


def request(directory: Path, *texts: str, **rest: Any) -> LoadRequest:
    """A request for the files 1.yaml, 2.yaml, ... with these texts."""
    files = []
    for number, text in enumerate(texts, 1):
        path = directory / f"{number}.yaml"
        path.write_text(textwrap.dedent(text))
        files.append(path.name)
    environment = {"HOME": str(directory)} | rest.pop("environment", {})
    return LoadRequest(working_directory=str(directory), environment=environment, files=tuple(files), **rest)


def load(directory: Path, *texts: str, **rest: Any) -> Loaded:
    return load_stack(request(directory, *texts, **rest))


def problems(directory: Path, *texts: str, **rest: Any) -> list[str]:
    with pytest.raises(StackFileError) as raised:
        load(directory, *texts, **rest)
    return said([problem for problem in raised.value.diagnostics if problem.severity == "error"])


def test_a_stack_is_the_sum_of_its_files(project: Path) -> None:
    stack = load(
        project,
        "services: {web: {image: a, environment: {A: 1}}}",
        "services: {web: {image: b}, db: {image: c}}",
    ).stack

    assert {name: service.image for name, service in stack.services.items()} == {"web": "b", "db": "c"}
    assert stack.services["web"].environment == {"A": "1"}
    assert stack.files == (str(project / "1.yaml"), str(project / "2.yaml"))
    assert stack.directory == str(project)


def test_documents_of_a_file_are_merged_like_files(project: Path) -> None:
    stack = load(project, "services: {web: {image: a}}\n---\nservices: {web: {image: b}}\n").stack

    assert stack.services["web"].image == "b"


def test_a_later_file_can_take_away(project: Path) -> None:
    stack = load(
        project,
        "services: {web: {image: a, ports: ['80:80'], user: x}}",
        "services: {web: {ports: !override ['81:80'], user: !reset }}",
    ).stack

    assert [port.published for port in stack.services["web"].ports or ()] == ["81"]
    assert stack.services["web"].user is None


def test_a_field_knows_which_file_it_comes_from(project: Path) -> None:
    stack = load(project, "services:\n  web:\n    image: a\n    user: x\n", "services:\n  web: {image: b}\n").stack

    assert str(stack.position("services", "web", "image")) == "2.yaml:2:9"
    assert str(stack.position("services", "web", "user")) == "1.yaml:4:5"


def test_standard_input_is_a_file(project: Path) -> None:
    asked = LoadRequest(
        working_directory=str(project), environment={}, files=("-",), read_stdin=lambda: b"services: {a: {image: x}}"
    )

    loaded = load_stack(asked)

    assert loaded.stack.services["a"].image == "x"
    assert loaded.texts == {"<stdin>": "services: {a: {image: x}}"}
    assert str(loaded.stack.position("services", "a")) == "<stdin>:1:12"


def test_variables_come_from_the_environment_and_the_env_file(project: Path) -> None:
    (project / ".env").write_text("A=file\nB=file\n")

    loaded = load(project, "services: {s: {image: '$A-$B-${C:-c}'}}", environment={"A": "shell"})

    assert loaded.stack.services["s"].image == "shell-file-c"
    assert loaded.variables["B"] == "file"


@pytest.mark.parametrize(
    ("texts", "rest", "name", "derived"),
    [
        (["name: Given!\nservices: {s: {image: x}}"], {}, "given", False),
        (["name: a\nservices: {s: {image: x}}", "name: b\n"], {}, "b", False),
        (["name: b-${N}\nservices: {s: {image: x}}"], {"environment": {"N": "1"}}, "b-1", False),
        (["name: a\nservices: {s: {image: x}}"], {"project_name": "p"}, "p", False),
        (["name: a\nservices: {s: {image: x}}"], {"environment": {"COMPOSE_PROJECT_NAME": "e"}}, "e", False),
        (["services: {s: {image: x}}"], {}, "shop", True),
    ],
)
def test_the_project_has_a_name(
    project: Path, texts: list[str], rest: dict[str, Any], name: str, derived: bool
) -> None:
    stack = load(project, *texts, **rest).stack

    assert (stack.name, stack.name_derived) == (name, derived)
    assert project_name(request(project, *texts, **rest)) == ProjectName(
        name=name, derived_from=str(project) if derived else None
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("'$U'", "1.yaml:1:7 name the project's name is empty"),
        ("'${U:-!}'", """1.yaml:1:7 name nothing of "!" can be part of a project's name"""),
        ("'a-${U:?m}'", "1.yaml:1:10 name the variable U is required: m"),
    ],
)
def test_a_name_that_comes_to_none_is_an_error(project: Path, name: str, message: str) -> None:
    text = f"name: {name}\nservices: {{s: {{image: x}}}}"

    assert message in problems(project, text)
    with pytest.raises(StackFileError) as told:
        project_name(request(project, text))
    assert said(list(told.value.diagnostics)) == [message]


def test_a_directory_in_place_of_a_file_is_said_before_a_name_is_missed() -> None:
    with pytest.raises(StackFileError) as told:
        project_name(LoadRequest(working_directory="/", environment={}, files=("/tmp",)))

    assert [problem.summary for problem in told.value.diagnostics] == ["tmp is a directory"]


def test_the_name_of_the_project_is_a_variable(project: Path) -> None:
    assert load(project, "services: {s: {image: 'x/$COMPOSE_PROJECT_NAME'}}").stack.services["s"].image == "x/shop"


def test_the_name_is_known_without_checking_the_files(project: Path) -> None:
    assert project_name(request(project, "name: a\nservices: {s: {}}")).name == "a"


def test_services_are_enabled_by_their_profiles(project: Path) -> None:
    text = """
        services:
          always: {image: x}
          debug: {image: x, profiles: [debug, tools]}
          other: {image: x, profiles: [other]}
    """

    def enabled(**rest: Any) -> list[str]:
        return list(load(project, text, **rest).stack.services)

    assert enabled() == ["always"]
    assert enabled(profiles=("debug",)) == ["always", "debug"]
    assert enabled(profiles=("*",)) == ["always", "debug", "other"]
    assert enabled(environment={"COMPOSE_PROFILES": "other,tools"}) == ["always", "debug", "other"]
    assert enabled(services=("debug",)) == ["always", "debug"]
    assert enabled(services=("nowhere",)) == ["always"]
    assert list(load(project, text).stack.disabled) == ["debug", "other"]


def test_warnings_come_with_the_stack(project: Path) -> None:
    loaded = load(project, "services:\n  s:\n    image: x$A$A\n    user: '$A'\n")

    assert [said([warning]) for warning in loaded.warnings] == [
        ["1.yaml:3:13 services.s.image the variable A is not set; it counts as empty"]
    ]


def test_all_problems_of_all_files_are_told_in_their_order(project: Path) -> None:
    (project / ".env").write_text("A B=1\n")

    found = problems(
        project,
        "services:\n  s:\n    image: ${V:?why}\n    image: x\n    mem_limit: huge\n",
        "services:\n  t: {image: *nowhere}\n",
    )

    assert [line.split(" ")[0] for line in found] == [".env:1:2", "1.yaml:4:5", "1.yaml:5:16", "2.yaml:2:14"]


def test_a_problem_is_told_once(project: Path) -> None:
    text = "services: {s: {image: x, mem_limit: huge, mem_limit: huge}}"

    found = problems(project, text, "services: {s: {user: a}}")

    assert len(found) == len(set(found))


def test_what_can_only_follow_from_an_unreadable_file_is_not_told(project: Path) -> None:
    found = problems(project, "services: {db: {image: [}}\n", "services: {web: {depends_on: [db]}}")

    assert [line.split(" ")[0] for line in found] == ["1.yaml:1:25"]


def test_a_bad_value_is_not_told_again_as_missing(project: Path) -> None:
    assert problems(project, "services: {s: {image: '${V:?set V}'}}") == [
        "1.yaml:1:24 services.s.image the variable V is required: set V"
    ]


def test_files_that_are_not_there_are_told_all(project: Path) -> None:
    with pytest.raises(StackFileError) as raised:
        load_stack(LoadRequest(working_directory=str(project), environment={}, files=("a.yaml", "/b/c.yaml")))

    assert said(list(raised.value.diagnostics)) == ["there is no file a.yaml", "there is no file /b/c.yaml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1.yaml:1:1 the file is empty"),
        ("# nothing\n---\n", "1.yaml:2:1 this document is empty"),
        ("- a\n", "1.yaml:1:1 a stack file must be a mapping"),
        ("word\n", "1.yaml:1:1 a stack file must be a mapping"),
        ("name: '!!'\n", '1.yaml:1:7 name nothing of "!!" can be part of a project\'s name'),
    ],
)
def test_a_file_that_is_no_stack_is_told(project: Path, text: str, message: str) -> None:
    assert problems(project, text) == [message]


def test_no_stack_file_is_a_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no stack file"):
        load_stack(LoadRequest(working_directory=str(tmp_path), environment={}))


def test_texts_are_there_to_show_the_lines(project: Path) -> None:
    with pytest.raises(StackFileError) as raised:
        load(project, "services: {s: {image: '${'}}")

    assert raised.value.texts == {"1.yaml": "services: {s: {image: '${'}}"}


def test_contents_of_secrets_are_read_when_asked_for(project: Path) -> None:
    text = "services: {s: {image: x, secrets: [k]}}\nsecrets: {k: {environment: K}}\n"

    assert load(project, text, contents=False).stack.secrets["k"].sealed is None
    sealed = load(project, text, environment={"K": "v"}).stack.secrets["k"].sealed
    assert sealed is not None
    assert sealed.content == b"v"


def test_a_file_outside_the_working_directory_is_called_by_its_whole_path(project: Path) -> None:
    (project.parent / "x.yaml").write_text("services: {s: {image: [}}")

    with pytest.raises(StackFileError) as raised:
        load_stack(LoadRequest(working_directory=str(project), environment={}, files=("../x.yaml",)))

    assert raised.value.diagnostics[0].pos is not None
    assert raised.value.diagnostics[0].pos.file == str(project.parent / "x.yaml")


def test_loading_imports_nothing_heavy() -> None:
    program = "import sys, minicompose.stackfile.load; print(*{name.split('.')[0] for name in sys.modules})"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {"jsonschema", "networkx", "docker", "rich", "asyncio", "tempfile"} & set(done.stdout.split())


SAMPLE = b"""name: a
x-a: &a {k: [1, 2], "q": 'w'}
services:
  s:
    <<: *a
    image: ${A:-b}
    ports: ["80:80", {target: 1}]
    deploy: {resources: {limits: {cpus: 1}}}
    volumes: [a:/b, ./c:/d:ro]
    environment: [A=1, B]
    depends_on: {t: {condition: service_healthy}}
    secrets: [{source: q, mode: 0400}]
  t: {build: {context: ., args: [A]}}
volumes: {a: }
secrets: {q: {file: ./q}}
---
services: {s: {ports: !override [81], user: !reset x}}
"""
PIECES = [b"{", b"}", b"[", b"]", b": ", b"- ", b"&a ", b"*a", b"<<: ", b"!reset ", b"!override ", b"\n", b"  ", b"\t"]
PIECES += [
    b"'",
    b'"',
    b"|",
    b">",
    b"#",
    b"null",
    b"1",
    b"$",
    b"${",
    b"\xff",
    b"\0",
    b",",
    b"~",
    b".nan",
    b"-1",
    b"x-y: ",
]


@given(st.lists(st.tuples(st.integers(0, len(SAMPLE)), st.integers(0, 6), st.sampled_from(PIECES)), max_size=4))
@settings(max_examples=300)
def test_a_damaged_file_is_read_or_refused(damage: list[tuple[int, int, bytes]]) -> None:
    data = SAMPLE
    for at, lost, piece in damage:
        data = data[:at] + piece + data[at + lost :]
    with TemporaryDirectory() as directory:
        Path(directory, "compose.yaml").write_bytes(data)

        try:
            loaded = load_stack(LoadRequest(working_directory=directory, environment={}, contents=False))
        except StackFileError as error:
            assert error.diagnostics
        else:
            assert loaded.stack.root is not None


def test_standard_input_must_be_text(project: Path) -> None:
    with pytest.raises(StackFileError) as raised:
        load_stack(
            LoadRequest(working_directory=str(project), environment={}, files=("-",), read_stdin=lambda: b"a: \xff")
        )

    assert said(list(raised.value.diagnostics)) == ["<stdin>:1:4 this is not UTF-8 text"]


def test_a_format_that_is_none_is_said_once(project: Path) -> None:
    text = "services: {web: {image: a, env_file: [{path: /dev/null, format: foo}]}}"

    (problem,) = problems(project, text)

    assert 'must be "raw", not "foo"' in problem
