"""Images that are pulled again when they have become old, from a registry on this machine."""

import contextlib
from collections.abc import Iterator

import pytest

from minicompose.errors import NotFound
from tests.counting_registry import CountingRegistry
from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine


@pytest.fixture
def registry() -> Iterator[CountingRegistry]:
    with CountingRegistry() as registry:
        yield registry


@pytest.fixture
def image(registry: CountingRegistry, stage: Stage) -> Iterator[str]:
    """The image's name; in the end neither it nor what was made from it is left."""
    name = f"{registry.host}/{stage.project}:1"
    yield name
    stage.run("down")
    for left in stage.observe().images:  # one that has lost its tag to a newer one goes by its digest
        if left.startswith(f"{registry.host}/"):
            with contextlib.suppress(NotFound):
                stage.engine.remove_image(left)


def test_an_image_is_pulled_again_when_it_has_become_old_and_not_before(
    stage: Stage, registry: CountingRegistry, image: str
) -> None:
    stage.write(f"services: {{web: {{image: '{image}', pull_policy: weekly}}}}")
    stage.good("up", "--no-start")
    assert registry.pulls == 1

    stage.good("up", "--no-start")
    assert registry.pulls == 1

    stage.write(f"services: {{web: {{image: '{image}', pull_policy: every_0s}}}}")
    assert "pull_policy: every_0s, and it was pulled" in stage.good("plan").out
    stage.good("up", "--no-start")
    assert registry.pulls == 2


def test_an_old_image_that_has_changed_replaces_its_container(
    stage: Stage, registry: CountingRegistry, image: str
) -> None:
    stage.write(f"services: {{web: {{image: '{image}', pull_policy: refresh, pull_refresh_after: 0s}}}}")
    stage.good("up", "--no-start")
    first = stage.ids()

    stage.good("up", "--no-start")
    assert stage.ids() == first

    registry.hold("second")
    stage.good("up", "--no-start")
    assert stage.ids()["web-1"] != first["web-1"]
