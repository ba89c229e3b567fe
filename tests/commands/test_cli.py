"""The command line itself: words, exit codes, where output goes."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from minicompose import __version__
from minicompose.cli import VERBS, global_parser, main
from minicompose.commands.context import Context
from minicompose.errors import UsageError

STACK = """
services:
  db: {image: "postgres:17", volumes: ["data:/data"], models: [llm]}
  web:
    image: shop
    build: .
    depends_on: [db]
    volumes: ["cache:/cache"]
    profiles: [tools]
volumes: {data: {}, cache: {}, spare: {}}
models: {llm: {model: ai/llm}}
"""


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "compose.yaml").write_text(STACK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


Printed = pytest.CaptureFixture[str]


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_explains_itself(verb: str, capsys: Printed) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])

    assert ended.value.code == 0
    assert f"usage: minicompose {verb}" in capsys.readouterr().out


def test_an_unknown_verb_is_wrong_usage_and_names_the_near_one(capsys: Printed) -> None:
    assert main(["pss"]) == 2
    assert capsys.readouterr().err == 'minicompose: there is no verb "pss"\n  did you mean "ps"?\n'


def test_a_current_directory_that_was_removed_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    (gone := tmp_path / "gone").mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert main(["config"]) == 2
    assert capsys.readouterr().err == "minicompose: the current directory is there no more\n  go to one that is\n"


def test_no_verb_shows_the_help(capsys: Printed) -> None:
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: minicompose")
    assert err == ""


def test_the_version_is_told_in_the_same_words_by_the_option_and_the_verb(capsys: Printed) -> None:
    told = []
    for words in (["--version"], ["-v"], ["version"], ["version", "--format", "pretty"]):
        assert main(words) == 0
        told.append(capsys.readouterr().out)

    assert set(told) == {f"minicompose version {__version__}\n"}


def test_a_script_reads_the_version_alone_or_as_json(capsys: Printed) -> None:
    assert main(["version", "--short"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"
    for words in (["-f", "json"], ["-fjson"], ["--format=json"]):
        assert main(["version", *words]) == 0
        assert json.loads(capsys.readouterr().out) == {"version": __version__}


@pytest.mark.parametrize(
    "words",
    [
        ["up", "--force-recreate", "--no-recreate"],
        ["up", "--build", "--no-build"],
        ["up", "-d", "--abort-on-container-exit"],
        ["up", "-d", "--attach", "db"],
        ["up", "--wait-timeout", "3"],
    ],
)
def test_options_that_contradict_each_other_are_wrong_usage(words: list[str], stack: Path, capsys: Printed) -> None:
    assert main(words) == 2
    assert "go" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["up", "--scale", "web"], ["up", "-t", "soon"], ["logs", "-f", "--until", "soon"], ["--parallel", "no", "up"]],
)
def test_a_value_that_cannot_be_is_wrong_usage(words: list[str], stack: Path, capsys: Printed) -> None:
    assert main(words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_an_unknown_service_is_wrong_usage_and_names_the_near_one(stack: Path, capsys: Printed) -> None:
    assert main(["config", "dbb"]) == 2
    assert capsys.readouterr().err == 'minicompose: there is no service "dbb"\n  did you mean "db"?\n'


def test_a_wrong_stack_file_exits_with_2_and_shows_the_place(stack: Path, capsys: Printed) -> None:
    (stack / "compose.yaml").write_text("services:\n  db:\n    imgae: x\n")

    assert main(["config"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("compose.yaml:3:5: services.db.imgae: unknown attribute\n")


def test_problems_are_objects_for_programs_that_ask_for_json(stack: Path, capsys: Printed) -> None:
    (stack / "compose.yaml").write_text("services:\n  db:\n    imgae: x\n")

    assert main(["--progress", "json", "up"]) == 2

    problem = json.loads(capsys.readouterr().err.splitlines()[0])
    assert (problem["event"], problem["file"], problem["line"], problem["column"]) == ("Problem", "compose.yaml", 3, 5)
    assert problem["hint"] == 'did you mean "image"?'


def test_exec_does_not_pretend_to_have_a_dry_run(stack: Path, capsys: Printed) -> None:
    assert main(["--dry-run", "exec", "db", "true"]) == 2
    assert "no --dry-run" in capsys.readouterr().err


def test_config_prints_data_on_standard_output_alone(stack: Path, capsys: Printed) -> None:
    assert main(["config", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["services"]["db"]["image"] == "postgres:17"
    assert err == ""


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("--services", ["db"]),
        ("--images", ["postgres:17"]),
        ("--volumes", ["data"]),
        ("--models", ["ai/llm"]),
        ("--profiles", ["tools"]),
    ],
)
def test_config_lists_names(option: str, names: list[str], stack: Path, capsys: Printed) -> None:
    assert main(["config", option]) == 0
    assert capsys.readouterr().out.split() == names


def test_a_service_that_is_named_brings_its_profile(stack: Path, capsys: Printed) -> None:
    assert main(["config", "--format", "json", "web"]) == 0
    assert sorted(json.loads(capsys.readouterr().out)["services"]) == ["db", "web"]


def test_config_leaves_out_what_no_service_uses_unless_all_resources_are_wanted(stack: Path, capsys: Printed) -> None:
    assert main(["config", "--volumes"]) == 0
    assert main(["--all-resources", "config", "--volumes"]) == 0
    assert capsys.readouterr().out.split() == ["data", *("data", "cache", "spare")]


def test_names_are_those_of_the_whole_stack_but_images_those_of_the_services_named(
    stack: Path, capsys: Printed
) -> None:
    assert main(["config", "--services", "web"]) == 0
    assert main(["config", "--images", "web"]) == 0
    assert capsys.readouterr().out.split() == ["db", *("postgres:17", "shop")]


def test_a_pattern_names_the_enabled_services_that_match_it(stack: Path, capsys: Printed) -> None:
    assert main(["config", "--images", "[^w]*"]) == 0
    assert capsys.readouterr().out.split() == ["postgres:17"]
    assert main(["config", "w*"]) == 2
    assert 'there is no service "w*"' in capsys.readouterr().err


def test_no_engine_is_exit_code_3_and_one_message(stack: Path, capsys: Printed) -> None:
    assert main(["-H", f"unix://{stack}/none.sock", "up", "-d"]) == 3
    assert "cannot reach a Docker engine" in capsys.readouterr().err


def test_an_engine_that_does_not_speak_http_is_exit_code_3(stack: Path, capsys: Printed) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(stack / "deaf.sock"))

        assert main(["-H", f"unix://{stack}/deaf.sock", "ps"]) == 3

    assert "Traceback" not in capsys.readouterr().err


def test_a_bug_is_exit_code_4_and_keeps_the_traceback_in_a_file(
    stack: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(stack))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("minicompose.commands.version.run", lambda args, context: 1 // 0)

    assert main(["version"]) == 4

    err = capsys.readouterr().err
    assert "this is a bug of minicompose: ZeroDivisionError" in err
    assert "Traceback" not in err
    [report] = stack.glob("minicompose-bug-*.txt")
    assert "ZeroDivisionError" in report.read_text()


def test_ctrl_c_outside_of_a_run_is_exit_code_130(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicompose.commands.version.run", lambda args, context: signal.raise_signal(signal.SIGINT))

    assert main(["version"]) == 130


def test_a_file_that_cannot_be_written_is_no_bug(stack: Path, capsys: Printed) -> None:
    assert main(["config", "-o", str(stack / "nowhere" / "out.yaml")]) == 1
    assert capsys.readouterr().err == f"minicompose: {stack}/nowhere/out.yaml: No such file or directory\n"


@pytest.mark.parametrize("number", ["0", "-2", "many"])
def test_no_workers_at_all_are_refused_by_every_verb(stack: Path, capsys: Printed, number: str) -> None:
    assert main(["--parallel", number, "version"]) == 2
    assert f'--parallel: a number from 1 on is wanted, or -1 for no limit, not "{number}"' in capsys.readouterr().err

    context = Context(global_parser().parse_args([]), {"COMPOSE_PARALLEL_LIMIT": number}, str(stack))
    with pytest.raises(UsageError, match="COMPOSE_PARALLEL_LIMIT: a number from 1 on is wanted"):
        _ = context.workers


def test_no_limit_is_many_workers(stack: Path) -> None:
    context = Context(global_parser().parse_args(["--parallel", "-1"]), {}, str(stack))

    assert context.workers == 64


@pytest.mark.parametrize(
    ("words", "environment", "draws"),
    [
        ([], {}, True),
        (["--ansi", "never"], {}, False),
        ([], {"COMPOSE_ANSI": "never"}, False),
        ([], {"NO_COLOR": "1"}, True),
        (["--ansi", "never", "--progress", "tty"], {}, True),
    ],
)
def test_a_terminal_that_is_to_get_no_control_characters_gets_plain_lines(
    words: list[str], environment: dict[str, str], draws: bool, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stderr", Terminal())

    assert Context(global_parser().parse_args(words), environment, str(stack)).sink().draws is draws


def test_a_project_reached_by_a_link_has_the_links_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "compose.yaml").write_text("services: {web: {image: a, build: .}}")
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "link")
    monkeypatch.setenv("PWD", str(tmp_path / "link"))

    assert main(["config"]) == 0

    printed = capsys.readouterr().out
    assert printed.startswith("name: link\n")
    assert f"context: {tmp_path}/link\n" in printed


def test_the_default_platform_is_that_of_services_that_have_none_when_they_are_to_run(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    (stack / "compose.yaml").write_text("services: {a: {image: x}, b: {image: x, platform: linux/s390x}}")
    (stack / ".env").write_text("DOCKER_DEFAULT_PLATFORM=linux/arm64\n")
    context = Context(global_parser().parse_all([]), {}, str(stack))

    services = context.load().stack.services

    assert (services["a"].platform, services["b"].platform) == ("linux/arm64", "linux/s390x")
    assert main(["config"]) == 0
    assert "arm64" not in capsys.readouterr().out


@pytest.mark.parametrize("words", [["help"], ["help", "help"], ["help", "--help"], ["help", "-h"]])
def test_the_help_of_help_is_that_of_the_program(words: list[str], capsys: Printed) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("usage: minicompose [options] VERB")


def test_help_is_about_one_verb(capsys: Printed) -> None:
    assert main(["help", "ps", "logs"]) == 2
    assert capsys.readouterr().err.startswith('minicompose: there is one argument too many: "logs"\n')


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_who_closes_a_standard_stream_gets_the_command_all_the_same(stack: Path, closed: str) -> None:
    command = f'"$0" -c "from minicompose.cli import start; start()" config --services {closed}'

    done = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("" if " >&-" in f" {closed}" else "db\n")


@pytest.mark.parametrize("locale", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "latin-1"}])
def test_what_is_written_is_utf8_whatever_the_locale(stack: Path, locale: dict[str, str]) -> None:
    (stack / "compose.yaml").write_text("services: {a: {image: x, environment: {NAME: müsli, GIVEN: $GIVEN}}}")
    command = [sys.executable, "-c", "from minicompose.cli import start; start()", "config"]
    environment = os.environb | {os.fsencode(name): os.fsencode(value) for name, value in locale.items()}

    done = subprocess.run(command, capture_output=True, env={**environment, b"GIVEN": b"\xff"}, check=True)

    assert "NAME: müsli" in done.stdout.decode()
    assert "GIVEN: \N{REPLACEMENT CHARACTER}" in done.stdout.decode()


def test_a_bug_is_told_of_where_nothing_can_be_kept(
    stack: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("minicompose.commands.config.run", fail)
    monkeypatch.setattr("tempfile.tempdir", str(stack / "nowhere"))

    assert main(["config"]) == 4
    said = capsys.readouterr().err
    assert "this is a bug of minicompose: RuntimeError: broken" in said
    assert "Traceback" in said
