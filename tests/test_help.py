"""What `--help` shows: how wide, in which order, with examples that are true."""

import importlib
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

from minicompose.cli import VERBS, global_parser, main, parser_of
from minicompose.help import GROUPS, described

Printed = pytest.CaptureFixture[str]

_COMMAND = re.compile(r"minicompose .*?(?=$|  |[|<>)])")


def module(verb: str) -> ModuleType:
    return importlib.import_module(f"minicompose.commands.{verb}")


def examples(verb: str) -> list[str]:
    """The commands in the examples of a verb's help, without what a shell does with them and without remarks."""
    _, lines = described((module(verb).__doc__ or "").partition("\n\n")[2])
    return [found[0] for line in lines for found in [_COMMAND.search(line)] if found is not None]


def shown(capsys: Printed, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_examples_that_the_command_line_takes(verb: str) -> None:
    assert examples(verb)
    for command in examples(verb):
        words = shlex.split(command)[1:]
        options = global_parser().parse_all(words)
        parser_of(options.verb, module(options.verb)).parse_all(options.words)


@pytest.mark.parametrize("verb", VERBS)
def test_the_examples_of_a_verb_are_of_that_verb(verb: str) -> None:
    assert any(global_parser().parse_all(shlex.split(command)[1:]).verb == verb for command in examples(verb))


HARMLESS = [command for verb in ("config", "graph", "version", "completion") for command in examples(verb)]


@pytest.mark.parametrize("command", HARMLESS)
def test_examples_that_need_no_engine_work_as_they_stand(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: shop, depends_on: [db]}, db: {image: postgres}}")
    monkeypatch.chdir(tmp_path)

    assert main(shlex.split(command)[1:]) == 0


def test_every_verb_stands_in_one_group_and_on_one_line(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    text = shown(capsys, "--help")

    grouped = [verb for verbs in GROUPS.values() for verb in verbs]
    assert sorted(grouped) == sorted([*VERBS, "help"]), "a new verb needs a place in GROUPS of minicompose/help.py"
    for verb in VERBS:
        assert re.findall(rf"^  {verb} +(.*)$", text, re.MULTILINE) == [VERBS[verb]]


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(columns: int, capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    texts = [shown(capsys, "--help"), *(shown(capsys, verb, "--help") for verb in VERBS)]

    # What cannot be broken stays whole: a command, and an option with the words that it takes.
    wide = [line for text in texts for line in text.splitlines() if len(line) >= columns]
    assert [line for line in wide if not re.match(r"  (minicompose|source) |  .{,4}--?\S+ \S+$", line)] == []


@pytest.mark.parametrize("words", [[], ["help"]])
def test_no_verb_and_help_show_what_the_option_shows(words: list[str], capsys: Printed) -> None:
    whole = shown(capsys, "--help")

    assert main(words) == 0
    assert capsys.readouterr() == (whole, "")


def test_help_of_a_verb_is_what_its_own_option_shows(capsys: Printed) -> None:
    assert shown(capsys, "help", "up") == shown(capsys, "up", "--help")


def test_help_of_an_unknown_verb_names_the_near_one(capsys: Printed) -> None:
    assert main(["help", "pss"]) == 2
    assert capsys.readouterr().err == 'minicompose: there is no verb "pss"\n  did you mean "ps"?\n'


def test_an_example_that_is_too_long_has_its_remark_below(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")

    text = shown(capsys, "up", "--help")

    assert "  minicompose up -d --wait\n      return when everything runs and is healthy\n" in text
