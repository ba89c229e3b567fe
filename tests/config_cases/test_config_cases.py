"""`config` says what the reference says, case by case."""

import os
from pathlib import Path

import pytest

from minicompose.cli import main
from minicompose.errors import ExitCode
from tests.config_cases.cases import Case, Laid, cases, lay_out
from tests.config_cases.comparison import differences, normalised, parsed

ALL = tuple(cases())
ACCEPTED = [case for case in ALL if case.expected["exit"] == 0]
WRONG = [case for case in ALL if case.expected["exit"] != 0]


@pytest.fixture
def config(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laid:
    """The case's project, with the process in it as the reference was."""
    laid = lay_out(case, tmp_path)
    monkeypatch.chdir(laid.cwd)
    monkeypatch.setattr(os, "environ", dict(laid.environment))
    return laid


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_the_canonical_form_is_that_of_the_reference(
    case: Case, config: Laid, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(config.words)

    printed, said = map(config.without_root, capsys.readouterr())
    assert code == ExitCode.OK, said
    assert differences(case.output, case.expected.get("output", ""), parsed(case.output, printed)) == []
    assert [word for word in case.mentions if word not in said] == []


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_what_the_reference_refuses_is_refused_and_the_culprit_named(
    case: Case, config: Laid, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(config.words)

    printed, said = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert printed == ""
    assert said
    assert [word for word in case.mentions if word not in said] == []


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        pytest.param({"services": {"a": {"tty": True}}}, {"services": {"a": {}}}, id="missing"),
        pytest.param({"services": {"a": {}}}, {"services": {"a": {"tty": True}}}, id="too much"),
        pytest.param({"services": {"a": {"scale": 1}}}, {"services": {"a": {"scale": "1"}}}, id="another kind"),
        pytest.param({"services": {"a": {"tty": True}}}, {"services": {"a": {"tty": 1}}}, id="a number for a boolean"),
        pytest.param({"services": {"a": {"dns": ["x", "y"]}}}, {"services": {"a": {"dns": ["y", "x"]}}}, id="order"),
        pytest.param({"services": {"a": {}}}, {"services": {"a": {"command": []}}}, id="an empty command"),
    ],
)
def test_the_comparison_sees_a_difference(expected: object, got: object) -> None:
    assert len(differences("json", expected, got)) >= 1


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        pytest.param({"services": {"a": {"command": None}}}, {"services": {"a": {}}}, id="null command"),
        pytest.param({"services": {"a": {"cpus": 1}}}, {"services": {"a": {"cpus": 1.0}}}, id="1 and 1.0"),
        pytest.param({"networks": {"n": {"ipam": {}}}}, {"networks": {"n": None}}, id="empty ipam"),
        pytest.param({"services": {}}, {"services": {}, "models": {"m": {}}}, id="models"),
        pytest.param({"services": {"a": {}}}, {"services": {"a": {"x-b": 1}}}, id="extensions"),
    ],
)
def test_the_comparison_lets_pass_what_makes_no_difference(expected: object, got: object) -> None:
    assert differences("json", expected, got) == []


def test_comparing_changes_nothing() -> None:
    document = {"services": {"a": {"command": None}}}

    normalised(document, "json")

    assert document == {"services": {"a": {"command": None}}}
