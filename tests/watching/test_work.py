"""What is to be done about a batch of changes."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicompose.model import Hook
from minicompose.watching.rules import Action, Command, Rule
from minicompose.watching.work import Copy, work_for

RELOAD = Command(Hook(command=("app", "reload"), environment={"A": "b"}), "app reload")


def rule(action: Action, path: str, service: str = "web", target: str = "/app") -> Rule:
    command = RELOAD if action == "sync+exec" else None
    return Rule(service=service, action=action, root=path, written=path, target=target, command=command)


def test_changed_files_of_a_sync_are_copied_together() -> None:
    (work,) = work_for([rule("sync", "/src")], ["/src/b", "/src/a", "/src/b", "/other"])

    assert work.copies == (Copy(source="/src/a", target="/app/a"), Copy(source="/src/b", target="/app/b"))
    assert work.changed == ("/src/a", "/src/b")
    assert not work.rebuild and not work.restart and not work.commands


@pytest.mark.parametrize(
    ("action", "rebuild", "copies", "restart", "commands"),
    [
        ("sync", False, 1, False, ()),
        ("sync+restart", False, 1, True, ()),
        ("sync+exec", False, 1, False, (RELOAD,)),
        ("restart", False, 0, True, ()),
        ("rebuild", True, 0, False, ()),
    ],
)
def test_each_action_asks_for_what_it_says(
    action: Action, rebuild: bool, copies: int, restart: bool, commands: tuple[Command, ...]
) -> None:
    (work,) = work_for([rule(action, "/src")], ["/src/a"])

    assert (work.rebuild, len(work.copies), work.restart, work.commands) == (rebuild, copies, restart, commands)


def test_every_action_of_the_file_language_is_known() -> None:
    assert set(get_args(Action)) == {"sync", "sync+restart", "sync+exec", "restart", "rebuild"}


def test_a_thousand_changes_are_one_build_one_restart_and_one_command() -> None:
    rules = [rule("rebuild", "/src"), rule("restart", "/src"), rule("sync+exec", "/src")]

    (work,) = work_for(rules, [f"/src/{number}" for number in range(1000)])

    assert work.rebuild and work.restart
    assert work.commands == (RELOAD,)
    assert len(work.copies) == 1000


def test_one_file_can_be_the_business_of_several_services() -> None:
    rules = [rule("sync", "/lib", "web"), rule("sync", "/lib", "api", "/usr/lib")]

    found = work_for(rules, ["/lib/a"])

    assert [(work.service, work.copies[0].target) for work in found] == [("web", "/app/a"), ("api", "/usr/lib/a")]


def test_what_no_rule_is_about_is_no_work() -> None:
    assert work_for([rule("sync", "/src")], ["/elsewhere/a"]) == []


def test_a_later_rule_has_the_last_word_on_a_place() -> None:
    (work,) = work_for([rule("sync", "/one"), rule("sync", "/two")], ["/one/a", "/two/a"])

    assert work.copies == (Copy(source="/two/a", target="/app/a"),)


@given(st.lists(st.sampled_from(["/src/a", "/src/b", "/lib/a", "/x"])), st.randoms(use_true_random=False))
def test_the_order_of_changes_does_not_matter(paths: list[str], random: object) -> None:
    rules = [rule("sync", "/src"), rule("rebuild", "/lib", "api"), rule("restart", "/src/a")]
    shuffled = list(paths)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert work_for(rules, shuffled) == work_for(rules, paths)
