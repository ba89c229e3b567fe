"""Images that go to a registry and come from it: a real one on this machine, with a password and without."""

import contextlib
from collections.abc import Iterator

import pytest

from minicompose.errors import NotFound
from tests.counting_registry import CountingRegistry
from tests.flaky_door import FlakyDoor
from tests.registry import PASSWORD, USER, Registry, registry
from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine


@pytest.fixture(params=["open", "private"])
def shelf(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Registry]:
    with registry(stage.directory / "registry", private=request.param == "private") as running:
        yield running
        forget_images_of(running.host, stage)


def forget_images_of(host: str, stage: Stage) -> None:
    for name in stage.observe().images:
        if name.startswith(f"{host}/"):
            with contextlib.suppress(NotFound):
                stage.engine.remove_image(name)


def test_what_was_built_and_pushed_can_be_pulled(stage: Stage, shelf: Registry) -> None:
    name = shelf.image(stage.project)
    environment = {"DOCKER_CONFIG": str(shelf.docker_config(stage.directory / "docker"))} if shelf.private else {}
    stage.write(f"""
        services:
          web:
            image: {name}:1
            build: {{dockerfile_inline: "FROM busybox:test\\nRUN echo {stage.project} > /made", tags: ["{name}:2"]}}
          same: {{image: "{name}:1"}}
    """)
    stage.good("build")

    pushed = stage.run("push", environment=environment)
    assert (pushed.code, pushed.err.count(": pushed (")) == (0, 2), pushed.said
    for tag in "12":
        stage.engine.remove_image(f"{name}:{tag}")

    pulled = stage.run("pull", environment=environment)
    assert (pulled.code, pulled.err.count(": pulled (")) == (0, 1), pulled.said
    assert stage.engine.image_id(f"{name}:1") is not None


def test_a_push_without_the_password_is_refused_with_what_to_do(stage: Stage) -> None:
    with registry(stage.directory / "registry", private=True) as private:
        image = private.image(f"{stage.project}:1")
        stage.write(f"services: {{web: {{image: '{image}', build: {{dockerfile_inline: 'FROM busybox:test'}}}}}}")
        stage.good("build")

        for words in (("push",), ("push", "-q")):
            done = stage.run(*words, environment={"DOCKER_CONFIG": str(stage.directory)})
            assert (done.code, "minicompose login" in done.err) == (1, True), done.said
            assert "trying again" not in done.err
        ignored = stage.run("push", "--ignore-push-failures", environment={"DOCKER_CONFIG": str(stage.directory)})
        assert (ignored.code, "failed" in ignored.err) == (0, True)
        forget_images_of(private.host, stage)


@pytest.mark.parametrize("status", [503, 500, 0])
def test_a_registry_that_falters_is_asked_again(stage: Stage, status: int) -> None:
    with CountingRegistry() as flaky:
        flaky.falter(status, status)  # the engine itself asks for the head and then for the whole
        stage.write(f"services: {{web: {{image: '{flaky.host}/{stage.project}:1'}}}}")

        pulled = stage.good("pull")

        assert "trying again in 0.5s" in pulled.err
        forget_images_of(flaky.host, stage)


def test_a_push_whose_connection_is_lost_is_tried_again(stage: Stage) -> None:
    with registry(stage.directory / "registry") as running, FlakyDoor(running.host, 2) as door:
        image = f"{door.host}/{stage.project}:1"
        stage.write(f"services: {{web: {{image: '{image}', build: {{dockerfile_inline: 'FROM busybox:test'}}}}}}")

        done = stage.good("build", "--push")
        forget_images_of(door.host, stage)

    assert "trying again in 0.5s" in done.err
    assert ": pushed (" in done.err


@pytest.mark.parametrize("words", [("pull",), ("up", "-d")])
def test_ctrl_c_ends_a_pull_at_once_and_changes_nothing(stage: Stage, words: tuple[str, ...]) -> None:
    with CountingRegistry() as slow:
        slow.stall()
        stage.write(f"services: {{web: {{image: '{slow.host}/{stage.project}:1'}}}}")
        with stage.start(*words) as pulling:
            pulling.until(": pulling")
            slow.asked_for_a_layer()
            pulling.interrupt()
            done = pulling.end(within=20)

    assert done.code == 130, done.said
    assert stage.states() == {}


def test_ctrl_c_ends_the_wait_for_another_attempt(stage: Stage) -> None:
    with CountingRegistry() as flaky:
        flaky.falter(*[503] * 20)
        stage.write(f"services: {{web: {{image: '{flaky.host}/{stage.project}:1'}}}}")
        with stage.start("pull") as pulling:
            pulling.until("trying again in 4s")
            pulling.interrupt()
            done = pulling.end(within=20)

    assert (done.code, "trying again" in done.out.partition("interrupted")[2]) == (130, False), done.said


def test_an_image_of_several_services_is_asked_for_once(stage: Stage) -> None:
    with CountingRegistry() as registry:
        image = f"{registry.host}/{stage.project}:1"
        services = ", ".join(f"web{number}: {{image: '{image}'}}" for number in range(5))
        stage.write(f"services: {{{services}}}")
        for words in (("pull",), ("up", "--no-start", "--pull", "always")):
            registry.pulls = 0
            stage.good(*words)
            assert registry.pulls == 1
        stage.good("down")
        forget_images_of(registry.host, stage)


def test_an_image_that_the_registry_has_not_is_asked_for_once(stage: Stage) -> None:
    with registry(stage.directory / "registry") as running:
        stage.write(f"services: {{web: {{image: '{running.image('nothing:1')}'}}}}")

        failed = stage.run("pull")
        ignored = stage.run("pull", "--ignore-pull-failures")

    assert (failed.code, ignored.code) == (1, 0)
    assert "trying again" not in failed.err


def test_login_opens_a_registry_and_logout_closes_it(stage: Stage) -> None:
    environment = {"DOCKER_CONFIG": str(stage.directory / "docker")}
    with registry(stage.directory / "registry", private=True) as private:
        image = private.image(f"{stage.project}:1")
        stage.write(f"services: {{web: {{image: '{image}', build: {{dockerfile_inline: 'FROM busybox:test'}}}}}}")
        stage.good("build")

        login = stage.run("login", private.host, "-u", USER, "-p", PASSWORD, environment=environment)
        pushed = stage.run("push", environment=environment)
        stage.run("logout", private.host, environment=environment)
        refused = stage.run("push", environment=environment)
        wrong = stage.run("login", private.host, "-u", USER, "-p", "wrong", environment=environment)
        forget_images_of(private.host, stage)

    assert (login.code, login.out) == (0, "Login Succeeded\n"), login.said
    assert pushed.code == 0, pushed.said
    assert refused.code == 1
    assert (wrong.code, "are the name and the password right?" in wrong.err) == (3, True), wrong.said
