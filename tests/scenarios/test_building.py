"""Images that are built, by the engine's own builder."""

import contextlib
import re
from collections.abc import Iterator

import pytest

from minicompose.errors import NotFound
from tests.registry import registry
from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine


@pytest.fixture
def shop(stage: Stage) -> Iterator[Stage]:
    """A stage whose images go in the end: those that are called after the project."""
    yield stage
    stage.run("down")
    for name in stage.observe().images:
        if stage.project in name:
            with contextlib.suppress(NotFound):
                stage.engine.remove_image(name)


def dockerfile(stage: Stage, name: str, text: str) -> None:
    (stage.directory / name).mkdir()
    (stage.directory / name / "Dockerfile").write_text(text)


@pytest.mark.parametrize("words", [("build",), ("up", "--no-start")])
def test_an_image_can_begin_from_that_of_a_service_that_its_own_depends_on(shop: Stage, words: tuple[str, ...]) -> None:
    dockerfile(shop, "base", f"FROM busybox:test\nRUN sleep 0.3; echo {words[0]} of {shop.project} > /base\n")
    dockerfile(shop, "web", f"FROM {shop.project}-base\nRUN cat /base\n")
    shop.write("services: {web: {build: web, depends_on: [base]}, base: {build: base}}")

    done = shop.good(*words)

    assert re.search(rf"\| (#\d+ )?{words[0]} of {shop.project}\n", done.err)


def test_a_step_that_fails_is_told_with_its_output_even_quietly(shop: Stage) -> None:
    dockerfile(shop, "web", "FROM busybox:test\nRUN echo there is no disk; exit 4\n")
    shop.write("services: {web: {build: web}}")

    for words in (("build",), ("build", "-q")):
        done = shop.run(*words)
        assert done.code == 1
        assert "| there is no disk\n" in done.err
        assert "[2/2] RUN echo there is no disk; exit 4 (Dockerfile:2) failed with exit code 4" in done.err
    assert "| #1 [internal]" in shop.run("build").err


def test_the_classic_builder_tells_of_a_step_that_fails_too(shop: Stage) -> None:
    dockerfile(shop, "web", "FROM busybox:test\nRUN echo there is no disk; exit 4\n")
    shop.write("services: {web: {build: web}}")

    done = shop.run("build", environment={"DOCKER_BUILDKIT": "0"})

    assert done.code == 1
    assert "| there is no disk\n" in done.err
    assert "returned a non-zero code: 4" in done.err


def test_a_builds_steps_can_be_short_of_memory(shop: Stage) -> None:
    limit = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true"
    dockerfile(shop, "web", f"FROM busybox:test\nRUN {limit}\n")
    shop.write("services: {web: {build: web}}")

    assert "| 67108864\n" in shop.good("build", "--no-cache", "--memory", "64m").err


def test_what_is_built_is_pushed_on_request(shop: Stage) -> None:
    with registry(shop.directory / "registry") as running:
        image = running.image(f"{shop.project}:1")
        dockerfile(shop, "web", f"FROM busybox:test\nLABEL of={shop.project}\n")
        shop.write(f"services: {{web: {{image: '{image}', build: web}}, local: {{build: web}}}}")

        shop.good("build", "--push")
        shop.engine.remove_image(image)
        shop.good("pull", "web")

    assert shop.engine.image_id(image) is not None


@pytest.mark.parametrize("option", ["--check", "--ssh=default", "--sbom=true", "--builder=mine"])
def test_what_only_buildkit_does_is_an_error(shop: Stage, option: str) -> None:
    dockerfile(shop, "web", "FROM busybox:test\n")
    shop.write("services: {web: {build: web}}")

    done = shop.run("build", option, environment={"DOCKER_BUILDKIT": "0"})

    assert (done.code, "needs BuildKit" in done.err) == (2, True)
    assert shop.good("build", "--provenance", "false", "--sbom=false", "--dry-run")
