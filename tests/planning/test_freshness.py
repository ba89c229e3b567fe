"""When an image that is there is pulled again."""

import msgspec
import pytest

from minicompose.model import Stack
from minicompose.output.reasons import reason_text
from minicompose.planning.freshness import aging_images
from minicompose.planning.observed import Observed
from minicompose.planning.plan import PullImage
from minicompose.planning.up import UpOptions, plan_up
from tests.carrying_out import running
from tests.stack_of import stack_of

HOUR = 3_600.0
DAY = 24 * HOUR
NOW = 1_800_000_000.0


def web(attributes: str, image: str = "nginx") -> Stack:
    return stack_of(f'services: {{web: {{image: "{image}", {attributes}}}}}')


def there(stack: Stack, age: float | None) -> Observed:
    """The stack is up, with an image of this age; None is one that the engine does not know."""
    image = stack.services["web"].image or ""
    up = running(stack, web={"pull_policy": None})
    return msgspec.structs.replace(up, named_at={} if age is None else {image: NOW - age})


def reasons(stack: Stack, age: float | None, options: UpOptions | None = None) -> list[str]:
    """Why the image is pulled, if it is."""
    options = msgspec.structs.replace(options or UpOptions(), now=NOW)
    steps = plan_up(stack, there(stack, age), options).steps
    return [reason_text(step.because) for step in steps if isinstance(step.action, PullImage)]


@pytest.mark.parametrize(
    ("attributes", "limit"),
    [
        ("pull_policy: daily", DAY),
        ("pull_policy: weekly", 7 * DAY),
        ("pull_policy: every_12h", 12 * HOUR),
        ("pull_policy: every_1w2d3h4m5s", 9 * DAY + 3 * HOUR + 4 * 60 + 5),
        ("pull_policy: refresh, pull_refresh_after: 1h30m", 1.5 * HOUR),
    ],
)
def test_an_image_is_pulled_again_when_it_is_older_than_its_policy_allows(attributes: str, limit: float) -> None:
    assert reasons(web(attributes), limit) == []
    assert len(reasons(web(attributes), limit + 1)) == 1


def test_the_reason_says_how_old_it_is() -> None:
    assert reasons(web("pull_policy: daily"), 3 * DAY) == ["pull_policy: daily, and it was pulled 3 days ago"]
    assert reasons(web("pull_policy: refresh, pull_refresh_after: 1h"), 2 * HOUR) == [
        "pull_refresh_after: 1h0m0s, and it was pulled 2 hours ago"
    ]


def test_an_image_of_unknown_age_is_pulled() -> None:
    assert reasons(web("pull_policy: weekly"), None) == ["pull_policy: weekly, and nobody knows when it was pulled"]


def test_a_missing_image_is_pulled_because_it_is_missing() -> None:
    plan = plan_up(web("pull_policy: weekly"), Observed(project="shop"), UpOptions(now=NOW))

    assert reason_text(plan.steps[0].because) == "web needs it"


@pytest.mark.parametrize("policy", ["missing", "never", "refresh"])
def test_other_policies_ask_for_no_age(policy: str) -> None:
    stack = web(f"pull_policy: {policy}")

    assert aging_images(stack) == ()
    assert reasons(stack, 1000 * DAY) == []


@pytest.mark.parametrize("pull", ["missing", "never"])
def test_the_command_line_comes_before_the_policy(pull: str) -> None:
    assert reasons(web("pull_policy: daily"), 2 * DAY, UpOptions(pull=pull)) == []


def test_an_image_named_by_its_digest_never_becomes_old() -> None:
    assert reasons(web("pull_policy: daily", image=f"nginx@sha256:{'a' * 64}"), 1000 * DAY) == []


def test_a_service_that_builds_is_pulled_too_where_it_says_so_and_names_its_image() -> None:
    assert reasons(web("build: ., pull_policy: daily"), 2 * DAY) == ["pull_policy: daily, and it was pulled 2 days ago"]


def test_an_image_that_has_changed_replaces_its_container() -> None:
    stack = web("pull_policy: daily")

    plan = plan_up(stack, there(stack, 2 * DAY), UpOptions(now=NOW))

    assert [type(step.action).__name__ for step in plan.steps][:2] == ["PullImage", "CreateContainer"]
    assert all(step.when for step in plan.steps[1:] if step.subject.type == "container")


def test_each_image_is_asked_for_once() -> None:
    stack = stack_of("""
        services:
          a: {image: x, pull_policy: daily}
          b: {image: x, pull_policy: weekly}
          c: {image: y}
          d: {build: ., pull_policy: daily}
    """)

    assert aging_images(stack) == ("x",)
