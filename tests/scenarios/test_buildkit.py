"""What only BuildKit does, on a real engine."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose.engine.builders import LIMITS_IN_BUILDKIT
from minicompose.errors import NotFound
from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine
SECRET = "open-sesame-4711"


@pytest.fixture
def shop(stage: Stage) -> Iterator[Stage]:
    """A stage whose images go in the end: those that are called after the project."""
    assert stage.engine.info().builder == "buildkit"
    yield stage
    stage.run("down")
    for name in stage.observe().images:
        if stage.project in name:
            with contextlib.suppress(NotFound):
                stage.engine.remove_image(name)


def _several_contexts(shop: Stage) -> bool:
    return shop.engine.info().api >= LIMITS_IN_BUILDKIT


def test_secrets_are_there_for_a_step_and_nowhere_else(shop: Stage) -> None:
    (shop.directory / "token").write_text(SECRET)
    shop.write(f"""
services:
  web:
    command: sleep 600
    init: true
    build:
      secrets: [token, {{source: word, target: renamed}}]
      dockerfile_inline: |
        FROM busybox:test
        RUN echo {shop.project}
        RUN --mount=type=secret,id=token --mount=type=secret,id=renamed \\
            cat /run/secrets/token /run/secrets/renamed | wc -c && cat /run/secrets/token | tr a-z A-Z > /seen
        RUN ls /run/secrets 2>/dev/null | wc -l | sed 's/^/left: /'
secrets:
  token: {{file: token}}
  word: {{environment: WORD}}
""")
    word = {"WORD": SECRET + SECRET}

    done = shop.run("--progress", "plain", "up", "-d", environment=word)
    seen = shop.good("exec", "web", "cat", "/seen").out
    told = [shop.run(*words, environment=word).said for words in (("plan", "--build"), ("history",), ("config",))]
    inspected = json.dumps(shop.api.get(f"/images/{shop.project}-web/json"))

    assert done.code == 0, done.said
    assert f"{3 * len(SECRET)}\n" in done.err and "left: 0\n" in done.err
    assert seen == SECRET.upper()
    assert not any(SECRET in text for text in (done.said, *told, inspected))


def test_a_secret_that_is_not_there_is_told_at_its_place_before_anything_is_built(shop: Stage) -> None:
    shop.write("""
services:
  web:
    build:
      dockerfile_inline: FROM busybox:test
      secrets: [gone, unset]
secrets: {gone: {file: ./no-such}, unset: {environment: NO_SUCH_VARIABLE}}
""")

    done = shop.run("build")

    assert done.code == 2
    assert "compose.yaml:6:17: services.web.build.secrets[0]" in done.err
    assert "the variable NO_SUCH_VARIABLE of the secret unset is not set" in done.err


def test_each_service_is_built_from_its_own_inline_dockerfile_though_they_are_of_one_size(shop: Stage) -> None:
    services = "".join(
        f"""
  {word}:
    command: cat /word
    build: {{dockerfile_inline: "FROM busybox:test\\nRUN echo {word} > /word\\n"}}"""
        for word in ("one", "two", "six")
    )
    shop.write(f"services:{services}\n")

    said = {}
    for word in ("one", "two", "six"):
        shop.good("build", word)
        said[word] = shop.good("run", "--rm", "-T", word).out.strip()

    assert said == {"one": "one", "two": "two", "six": "six"}


def test_images_are_built_from_directories_and_from_those_of_other_services(shop: Stage) -> None:
    for name in ("web", "shared"):
        (shop.directory / name).mkdir()
    (shop.directory / "shared" / "word").write_text("shared word\n")
    (shop.directory / "web" / "Dockerfile").write_text(
        "FROM base\nCOPY --from=shared word /word\nRUN cat /base /word\n"
    )
    shop.write(f"""
services:
  web:
    build:
      context: web
      additional_contexts: {{base: "service:base", shared: ./shared}}
  base:
    build: {{dockerfile_inline: "FROM busybox:test\\nRUN sleep 1; echo base of {shop.project} > /base\\n"}}
""")

    done = shop.run("build", "web")

    if _several_contexts(shop):
        assert done.code == 0, done.said
        assert f" base of {shop.project}\n" in done.err and " shared word\n" in done.err
    else:
        assert done.code == 2
        assert "compose.yaml:6:7: services.web.build.additional_contexts: with BuildKit this needs" in done.err


def test_a_build_may_use_the_keys_of_an_agent(shop: Stage) -> None:
    key = shop.directory / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    shop.write(f"""
services:
  web:
    build:
      ssh: ["deploy=./key"]
      dockerfile_inline: |
        FROM busybox:test
        RUN --mount=type=ssh,id=deploy test -S "$$SSH_AUTH_SOCK" && echo an agent for {shop.project}
""")

    assert f"an agent for {shop.project}\n" in shop.good("build").err


def test_keys_can_be_named_on_the_command_line(shop: Stage) -> None:
    shop.write("services: {web: {build: {dockerfile_inline: FROM busybox:test}}}")

    done = shop.run("build", "--ssh", "default", environment={"SSH_AUTH_SOCK": ""})

    assert (done.code, "no ssh agent runs here" in done.err) == (2, True)


def test_a_step_that_fails_is_told_with_its_own_output(shop: Stage) -> None:
    shop.write(f"""
services:
  web:
    build:
      target: both
      dockerfile_inline: |
        FROM busybox:test AS chatty
        RUN echo {shop.project}; for i in $$(seq 200); do echo chatter; sleep 0.02; done
        FROM busybox:test AS bad
        RUN echo {shop.project} has no disk; \\
            sleep 1; exit 4
        FROM busybox:test AS both
        COPY --from=chatty /bin/sh /chatty
        COPY --from=bad /bin/sh /bad
""")

    done = shop.run("build", "-q")

    assert done.code == 1
    assert "(dockerfile_inline:4) failed with exit code 4" in done.err
    assert f"| {shop.project} has no disk\n" in done.err
    assert "chatter" not in done.err


def test_builds_run_side_by_side_and_share_a_cache(shop: Stage) -> None:
    mount = f"--mount=type=cache,id={shop.project},target=/c"
    meet = "touch /c/{0}; for i in $$(seq 200); do [ -e /c/{1} ] && break; sleep 0.1; done; echo met $$(ls /c)"
    shop.write(f"""
services:
  one: {{build: {{dockerfile_inline: "FROM busybox:test\\nRUN {mount} {meet.format("one", "two")}\\n"}}}}
  two: {{build: {{dockerfile_inline: "FROM busybox:test\\nRUN {mount} {meet.format("two", "one")}\\n"}}}}
""")

    assert shop.good("build").err.count(" met one two\n") == 2


def _running(mark: str) -> bool:
    """Whether a process of this machine has the mark in its command line."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in file.read_bytes() and file.parent.name != str(os.getpid()):
                return True
    return False


def test_ctrl_c_ends_a_build_on_the_engine(shop: Stage) -> None:
    shop.write(f"""
services:
  web:
    build:
      dockerfile_inline: |
        FROM busybox:test
        RUN echo begun; sleep 600; : mark-of-{shop.project}
""")

    with shop.start("build") as build:
        build.until("| #5 begun")
        assert _running(f"mark-of-{shop.project}")
        build.interrupt()
        done = build.end()

    assert done.code == 130
    for _ in range(100):
        if not _running(f"mark-of-{shop.project}"):
            break
        time.sleep(0.1)  # the engine ends what runs after it has answered, and tells nobody when
    assert not _running(f"mark-of-{shop.project}")


def test_ten_thousand_files_are_sent_and_only_what_changed_of_them_again(shop: Stage) -> None:
    for part in range(100):
        (shop.directory / "many" / f"{part:02}").mkdir(parents=True)
        for number in range(100):
            (shop.directory / "many" / f"{part:02}" / f"{number:02}").write_text(f"{shop.project} {part}.{number}\n")
    (shop.directory / "many" / ".dockerignore").write_text("*/9?\n!07/99\n")
    (shop.directory / "many" / "Dockerfile").write_text(
        "FROM busybox:test\nCOPY . /many\nRUN find /many -type f -name '??' | wc -l; cat /many/42/17\n"
    )
    shop.write("services: {web: {build: many}}")

    first = shop.good("build")
    (shop.directory / "many" / "42" / "17").write_text("changed\n")
    second = shop.good("build")

    assert f"{shop.project} 42.17\n" in first.err
    assert " 9001\n" in first.err and " 9001\n" in second.err
    assert " changed\n" in second.err


def test_a_frontend_that_cannot_be_pulled_is_explained(shop: Stage) -> None:
    shop.write("""
services:
  web:
    build:
      dockerfile_inline: |
        # syntax=registry.invalid/docker/dockerfile:1
        FROM busybox:test
""")

    done = shop.run("build")

    assert done.code == 1
    assert "the `# syntax=` line of the Dockerfile names an image that the engine has to pull" in done.err


def test_a_named_builder_is_refused_and_the_engines_own_is_not(shop: Stage) -> None:
    shop.write("services: {web: {build: {dockerfile_inline: FROM busybox:test}}}")

    assert shop.run("build", "--builder", "mine").code == 2
    assert shop.run("build", "--sbom", "true").code == 2
    shop.good("build", "--builder", "default", "--provenance=false")


def test_a_limit_of_the_classic_builder_is_refused_to_who_needs_buildkit(shop: Stage) -> None:
    (shop.directory / "token").write_text(SECRET)
    shop.write("""
services: {web: {build: {dockerfile_inline: FROM busybox:test, secrets: [token]}}}
secrets: {token: {file: token}}
""")

    done = shop.run("build", "--memory", "64m")

    assert (done.code, "web needs BuildKit" in done.err) == (2, True)
