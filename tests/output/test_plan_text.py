"""How a plan reads."""

import re
from typing import Any

import msgspec
import pytest

from minicompose.model import SourcePos
from minicompose.output.plan_text import plan_text
from minicompose.output.reasons import change_text, reason_text
from minicompose.planning.observed import Observed
from minicompose.planning.plan import Change, Changed, Plan, Subject
from minicompose.planning.up import UpOptions, plan_up
from tests.carrying_out import running
from tests.golden import assert_golden
from tests.stack_of import stack_of

WEB = "services: {web: {image: nginx}}"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change(path="a.b", old="x", new="y", pos=SourcePos("s.yaml", 1, 2)), 'a.b: "x" -> "y"   s.yaml:1:2'),
        (Change(path="tty", new=True), "tty: added true"),
        (Change(path="tty", old=True), "tty: removed true"),
        (Change(path="environment.TOKEN", old="***", new="***"), "environment.TOKEN: *** -> another value"),
        (Change(path="command", old=["a"], new=["a", "b"]), 'command: ["a"] -> ["a","b"]'),
    ],
)
def test_a_change_is_told_with_both_values_and_its_place(change: Change, text: str) -> None:
    assert change_text(change) == text


def test_a_long_value_is_cut() -> None:
    assert len(change_text(Change(path="x", new="y" * 500))) < 80


def test_of_several_changes_one_line_tells_the_first_and_how_many() -> None:
    changes = (Change(path="a", new=1), Change(path="b", new=2), Change(path="c", new=3))
    assert reason_text(Changed(changes=changes)) == "a: added 1, and 2 more"


def test_a_plan_without_steps_says_so() -> None:
    plan = Plan(project="shop", unchanged=(Subject(type="container", name="shop-web-1"),))
    assert plan_text(plan) == "stack shop: nothing to do, 1 unchanged\n\n  = container  shop-web-1\n"


def test_a_plan_that_cannot_be_tells_the_error_with_its_place() -> None:
    stack = stack_of("services: {web: {image: nginx, pull_policy: never}}")
    text = plan_text(plan_up(stack, Observed(project="shop")))
    assert text.startswith("stack shop: cannot be planned, 1 error\n")
    assert "error: stack.yaml:1:18: services.web.image: the engine has no image nginx" in text


def test_colour_adds_nothing_but_colour() -> None:
    stack = stack_of(WEB)
    plan = plan_up(stack, running(stack, web={"tty": True}))
    assert "\x1b" in plan_text(plan, color=True)
    assert re.sub(r"\x1b\[\d*m", "", plan_text(plan, color=True)) == plan_text(plan)


def test_no_secret_of_a_stack_is_shown() -> None:
    stack = stack_of("services: {web: {image: nginx, environment: {DB_PASSWORD: hunter2}}}")
    observed = running(stack, web={"environment": {"DB_PASSWORD": "hunter1"}})
    text = plan_text(plan_up(stack, observed))
    assert "DB_PASSWORD" in text
    assert "hunter" not in text
    assert "sha256" not in text


def test_the_containers_of_a_service_stand_together_and_say_once_why() -> None:
    stack = stack_of("""
        services:
          web: {image: nginx, scale: 3, environment: {LEVEL: debug, KEEP: "1"}, depends_on: [db]}
          db: {image: postgres, healthcheck: {test: [CMD, pg_isready]}}
          mail: {image: mail, scale: 2}
    """)
    observed = running(stack, web={"environment": {"LEVEL": "info"}}, mail={"scale": 3})
    assert_golden("plan-replicas", plan_text(plan_up(stack, observed, UpOptions(wait=True))))


def test_a_long_plan_tells_in_a_line_or_two_what_becomes_of_each() -> None:
    services = "".join(
        f"\n  service-{n}: {{image: nginx{f', depends_on: [service-{n // 7}]' if n else ''}}}" for n in range(200)
    )
    stack = stack_of(f"services:{services}\n  web: {{image: nginx, environment: {{A: '1', B: '2'}}}}")
    observed = running(stack, web={"environment": {"A": "0"}})
    kept = tuple(each for each in observed.containers if each.service in ("web", "service-3", "service-4"))

    text = plan_text(plan_up(stack, msgspec.structs.replace(observed, containers=kept)))

    assert_golden("plan-long", text)
    assert len(text.splitlines()) < 220
    assert max(map(len, text.splitlines())) <= 110


def test_a_plan_of_two_hundred_replacements_stays_readable() -> None:
    services = "".join(f"\n  service-{n}: {{image: nginx, tty: true}}" for n in range(200))
    stack = stack_of(f"services:{services}")
    changed: dict[str, Any] = {f"service-{n}": {"tty": None} for n in range(200)}

    lines = plan_text(plan_up(stack, running(stack, **changed))).splitlines()

    assert lines[0] == "stack shop: 200 to replace, 1 unchanged"
    assert len(lines) < 900
    assert max(map(len, lines)) <= 110


def test_lines_of_fifty_services_stay_narrow() -> None:
    names = ", ".join(f"service-{number}: {{image: nginx}}" for number in range(50))
    stack = stack_of(f"services: {{{names}}}")
    observed = running(stack)
    for plan in (plan_up(stack, observed), plan_up(stack, observed, UpOptions(pull="always"))):
        assert max(len(line) for line in plan_text(plan).splitlines()) <= 110


def test_the_same_plan_gives_the_same_text() -> None:
    stack = stack_of(WEB)
    plan = plan_up(stack, running(stack, web={"tty": True}))
    assert plan_text(msgspec.structs.replace(plan)) == plan_text(plan)
