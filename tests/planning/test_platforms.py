"""An image that is there for another platform than the one asked for is not there."""

import msgspec
import pytest

from minicompose.model import Stack
from minicompose.output.reasons import reason_text
from minicompose.planning.observed import Observed
from minicompose.planning.plan import BuildImage, Plan, PullImage
from minicompose.planning.platforms import same_platform
from minicompose.planning.up import UpOptions, plan_up
from tests.carrying_out import running
from tests.stack_of import stack_of

ARM = "linux/arm64/v8"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("amd64", "linux/amd64"),
        ("linux", "linux/arm64/v8"),
        ("linux/arm64", "linux/arm64/v8"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm/v7", "linux/arm"),
        ("linux/arm/7", "linux/arm/v7"),
        ("linux/armhf", "linux/arm/v7"),
        ("Linux/AMD64", "linux/amd64"),
    ],
)
def test_a_platform_has_several_names(asked: str, found: str) -> None:
    assert same_platform(asked, found)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("linux/arm64", "linux/amd64"),
        ("windows/amd64", "linux/amd64"),
        ("linux/arm/v6", "linux/arm/v7"),
        ("arm64", "linux/amd64"),
        ("windows", "linux/amd64"),
    ],
)
def test_another_platform_is_another(asked: str, found: str) -> None:
    assert not same_platform(asked, found)


def there(stack: Stack, platform: str) -> Observed:
    """The stack is up, with an image for this platform."""
    return msgspec.structs.replace(running(stack), platforms={"web": platform})


def bringing(plan: Plan) -> list[str]:
    """Why an image is brought, for each that is."""
    return [reason_text(step.because) for step in plan.steps if isinstance(step.action, PullImage | BuildImage)]


def test_an_image_for_another_platform_is_pulled() -> None:
    stack = stack_of("services: {web: {image: nginx, platform: linux/amd64}}")

    plan = plan_up(stack, there(stack, ARM))

    assert bringing(plan) == ["it is there for linux/arm64/v8, and not for linux/amd64"]
    assert bringing(plan_up(stack, there(stack, "linux/amd64"))) == []
    assert bringing(plan_up(stack, running(stack))) == []


def test_an_image_for_another_platform_is_built() -> None:
    stack = stack_of("services: {web: {build: ., platform: linux/amd64}}")

    assert bringing(plan_up(stack, there(stack, ARM))) == ["it is there for linux/arm64/v8, and not for linux/amd64"]
    assert bringing(plan_up(stack, there(stack, "linux/amd64"))) == []


@pytest.mark.parametrize(
    ("attributes", "options", "why"),
    [
        ("image: nginx, pull_policy: never", UpOptions(), "pull_policy: never says not to pull it"),
        ("image: nginx", UpOptions(pull="never"), "--pull never says not to pull it"),
        ("build: .", UpOptions(no_build=True), "--no-build says not to build it"),
    ],
)
def test_an_image_for_another_platform_that_may_not_be_brought_is_an_error(
    attributes: str, options: UpOptions, why: str
) -> None:
    stack = stack_of(f"services: {{web: {{{attributes}, platform: linux/amd64}}}}")

    (note,) = plan_up(stack, there(stack, ARM), options).notes

    assert (note.severity, note.pos is not None) == ("error", True)
    assert note.summary.endswith(f"for linux/arm64/v8, and not for linux/amd64, and {why}")
