"""docs/cli.md: it says what the parser says, and of what docker compose has nothing is left out without a reason."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from minicompose.errors import ExitCode

ROOT = Path(__file__).resolve().parents[1]


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cli_page = loaded("cli_page")
man_page = loaded("man_page")
SHARED_VERBS = [verb for verb in cli_page.reference() if verb == cli_page.GLOBAL or verb in cli_page.VERBS]


def test_the_page_is_what_the_parser_says() -> None:
    assert cli_page.PAGE.read_text() == cli_page.page(), "`python scripts/cli_page.py` writes it anew"


@pytest.mark.parametrize("verb", SHARED_VERBS)
def test_every_option_of_docker_compose_is_there_or_has_a_reason(verb: str) -> None:
    missing = {cli_page.long_name(option) for option in cli_page.missing(verb)}

    reasons = {option for of, option in cli_page.NO_OPTION if of == verb}
    assert missing == reasons, "NO_OPTION of scripts/cli_page.py has the reasons"


def test_every_verb_of_docker_compose_is_there_or_has_a_reason() -> None:
    assert set(cli_page.missing_verbs()) == set(cli_page.NO_VERB), "NO_VERB of scripts/cli_page.py has the reasons"


def test_the_table_that_shells_complete_by_is_what_the_parser_says() -> None:
    assert cli_page.TABLE.read_text() == cli_page.table(), "`python scripts/cli_page.py` writes it anew"


def test_the_manual_page_is_what_the_parser_says() -> None:
    assert man_page.PAGE.read_text() == man_page.page(), "`python scripts/cli_page.py` writes it anew"


def test_the_manual_page_has_every_verb_and_every_exit_code() -> None:
    text = man_page.page()

    assert [verb for verb in cli_page.VERBS if f"\n.SS minicompose {verb} " not in text] == []
    assert set(ExitCode) - set(man_page.CODES) == {ExitCode.CANNOT_RUN, ExitCode.NO_PROGRAM}, (
        "those are a command's own"
    )
