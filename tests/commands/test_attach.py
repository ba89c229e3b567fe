"""`attach`: what is refused, and which keys leave the command running."""

import argparse
from pathlib import Path

import pytest

from minicompose.commands.attach import detach_keys_of
from minicompose.commands.context import Context
from minicompose.errors import UsageError
from tests.commands.shop import Shop


def configured(directory: Path, text: str) -> Context:
    (directory / "config.json").write_text(text)
    return Context(argparse.Namespace(), {"DOCKER_CONFIG": str(directory)}, str(directory))


@pytest.mark.parametrize(
    ("said", "config", "keys"),
    [
        ("", "{}", ""),
        ("", '{"detachKeys": "ctrl-e,e"}', "ctrl-e,e"),
        ("ctrl-a", '{"detachKeys": "ctrl-e,e"}', "ctrl-a"),
    ],
)
def test_detach_keys_are_those_of_the_command_line_then_of_dockers_configuration(
    tmp_path: Path, said: str, config: str, keys: str
) -> None:
    assert detach_keys_of(said, configured(tmp_path, config)) == keys


def test_keys_of_dockers_configuration_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="detachKeys"):
        detach_keys_of("", configured(tmp_path, '{"detachKeys": "ctrl-"}'))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["attach", "--detach-keys", "ctrl-1", "web"], 2, "is no key"),
        (["--dry-run", "attach", "web"], 2, "no --dry-run"),
        (["attach", "wbe"], 2, 'did you mean "web"'),
        (["attach", "--index", "3", "web"], 1, "no running container number 3"),
        (["attach", "db"], 1, "no running container"),
    ],
)
def test_what_nobody_can_be_attached_to_is_said(shop: Shop, words: list[str], code: int, said: str) -> None:
    shop.up('services: {web: {image: web:1, command: sleep 9}, db: {image: db:1, command: "true"}}')

    shop.run(*words, code=code)

    assert said in shop.err


def test_a_paused_container_is_not_attached_to(shop: Shop) -> None:
    shop.up("services: {web: {image: web:1, command: sleep 9}}")
    shop.run("pause", "web")

    shop.run("attach", "web", code=1)

    assert "is paused" in shop.err
