"""What is offered for the last word of a command line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from minicompose.cli import VERBS
from minicompose.cli import main as program
from minicompose.completion.words import candidates

ROOT = Path(__file__).resolve().parents[2]
Printed = pytest.CaptureFixture[str]

STACK = """
services:
  web: {image: "shop:1", profiles: [tools, debug]}
  db: {image: postgres}
"""


@pytest.fixture(autouse=True)
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("COMPOSE_", "DOCKER_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "compose.yaml").write_text(STACK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def offered(line: str) -> list[str]:
    """The words that are offered where `line` ends."""
    return [each.partition("\t")[0] for each in candidates(line.split(" ")[1:])]


def test_verbs_are_offered_with_what_they_do() -> None:
    assert offered("minicompose ") == [*VERBS, "help"]
    assert offered("minicompose -p shop --dry-run ") == [*VERBS, "help"]
    assert "ps\tlist the stack's containers" in list(candidates([""]))
    assert offered("minicompose help ") == [*VERBS]


def test_options_are_those_of_the_place() -> None:
    assert {"-f", "--file", "--profile", "--version"} <= set(offered("minicompose -"))
    assert {"--detach", "--wait", "--help"} <= set(offered("minicompose up --"))
    assert "--file" not in offered("minicompose up --")
    assert "-d" not in offered("minicompose up --")
    assert "-d" in offered("minicompose up -")


def test_a_flag_that_is_there_is_not_offered_again_but_what_may_repeat_is() -> None:
    found = offered("minicompose up -d --scale web=2 --")

    assert "--detach" not in found
    assert "--scale" in found


def test_where_nothing_else_can_come_options_are_offered() -> None:
    assert offered("minicompose version ") == ["--format", "--short", "--help"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("minicompose up ", ["web", "db"]),
        ("minicompose up -d web ", ["db"]),
        ("minicompose up --pull always ", ["web", "db"]),
        ("minicompose -f compose.yaml -p x exec ", ["web", "db"]),
        ("minicompose -fcompose.yaml exec -it -u root ", ["web", "db"]),
        ("minicompose exec web ", []),
        ("minicompose exec web ls --", []),
        ("minicompose up -- -", ["web", "db"]),
        ("minicompose up --exit-code-from ", ["web", "db"]),
        ("minicompose up --exit-code-from=", ["--exit-code-from=web", "--exit-code-from=db"]),
        ("minicompose scale web=2 ", ["web=", "db="]),
        ("minicompose up --scale ", ["web=", "db="]),
        ("minicompose cp ", ["web:", "db:", ":files"]),
        ("minicompose port web ", []),
    ],
)
def test_services_are_offered_where_one_can_stand(line: str, words: list[str]) -> None:
    assert [word for word in offered(line) if not word.startswith("-") or "=" in word] == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("minicompose --progress ", ["auto", "tty", "plain", "json", "quiet"]),
        ("minicompose --ansi=", ["--ansi=auto", "--ansi=always", "--ansi=never"]),
        ("minicompose up --pull ", ["always", "missing", "never"]),
        ("minicompose ps --format ", ["table", "json"]),
        ("minicompose ps --filter ", [f"status={each}" for each in ["paused", "restarting", "removing"]]),
        ("minicompose down --rmi ", ["all", "local"]),
        ("minicompose completion ", ["bash", "zsh", "fish"]),
        ("minicompose history ", ["diff"]),
        ("minicompose -f ", [":files"]),
        ("minicompose --env-file=", [":files"]),
        ("minicompose apply ", [":files"]),
        ("minicompose --project-directory ", [":directories"]),
        ("minicompose exec -w ", []),
        ("minicompose -p ", []),
        ("minicompose no-such-verb ", []),
        ("minicompose up --no-such-option=", []),
    ],
)
def test_values_are_offered_by_their_kind(line: str, words: list[str]) -> None:
    assert [word for word in offered(line) if word != "--help"][: len(words) or None] == words


def test_signals_are_offered() -> None:
    assert {"HUP", "TERM"} <= set(offered("minicompose kill -s "))


def test_profiles_are_those_of_the_file() -> None:
    assert offered("minicompose --profile ") == ["tools", "debug"]


def test_contexts_are_those_of_docker(stack: Path) -> None:
    kept = stack / ".docker" / "contexts" / "meta" / "abc"
    kept.mkdir(parents=True)
    (kept / "meta.json").write_text(json.dumps({"Name": "far"}))

    assert offered("minicompose -c ") == ["default", "far"]


def test_the_file_that_is_named_counts_and_variables_in_its_name_are_replaced(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stack / "other.yaml").write_text("services: {solo: {image: x}}")
    monkeypatch.setenv("WHERE", str(stack))

    assert offered("minicompose -f other.yaml up ") == ["solo"]
    assert offered("minicompose --file=other.yaml -f compose.yaml up ") == ["solo", "web", "db"]
    assert offered("minicompose -f $WHERE/other.yaml up ") == ["solo"]
    assert offered("minicompose -f ~/other.yaml up ") == ["solo"]


def test_a_context_that_cannot_be_read_hides_no_other(stack: Path) -> None:
    for name, text in (("abc", "{"), ("bcd", "[]"), ("cde", json.dumps({"Name": "far"}))):
        kept = stack / ".docker" / "contexts" / "meta" / name
        kept.mkdir(parents=True)
        (kept / "meta.json").write_text(text)

    assert offered("minicompose -c ") == ["default", "far"]


def test_nothing_is_said_when_something_goes_wrong(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    def goes_wrong() -> NoReturn:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("minicompose.completion.words._contexts", goes_wrong)

    assert program(["__complete", "-c", ""]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_program_answers_the_scripts_of_the_shells(capsys: Printed) -> None:
    assert program(["__complete", "up", ""]) == 0
    assert capsys.readouterr() == ("web\tshop:1\ndb\tpostgres\n", "")


def test_an_answer_needs_no_verb_and_no_package_but_the_yaml_parser() -> None:
    probe = (
        "import sys; from minicompose.cli import main; main(sys.argv[1:]);"
        "found = {name for name in sys.modules if name.startswith('minicompose.')};"
        "found |= {name for name in sys.modules if name in ('msgspec', 'yaml', 'jsonschema_rs', 'rich', 'docker')};"
        "sys.stderr.write(' '.join(sorted(found)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, "__complete", "up", ""],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = {name for name in done.stderr.split() if not name.startswith("minicompose.completion")}
    program_itself = {
        "minicompose.cli",
        "minicompose.errors",
        "minicompose.imports",
        "minicompose.parsing",
        "minicompose.regex",
    }
    assert loaded - program_itself == {
        "yaml",
        "minicompose.stackfile",
        "minicompose.stackfile.filenames",
    }
