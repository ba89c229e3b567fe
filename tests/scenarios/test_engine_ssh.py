"""An engine that is reached through ssh: this machine's own, behind an sshd of the tests'."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose.engine.api import Api
from minicompose.engine.http_engine import HttpEngine
from tests.scenarios.stage import Stage
from tests.sshd import Sshd

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(os.geteuid() != 0, reason="an sshd that knows everybody is root's"),
    pytest.mark.skipif(not shutil.which("docker"), reason="docker system dial-stdio is the other end"),
]

STACK = """
services:
  web:
    image: busybox:test
    command: sh -c 'trap exit TERM; i=0; while true; do echo line $$((i+=1)); sleep 0.2 & wait; done'
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Sshd]:
    with Sshd(tmp_path / "sshd") as sshd:
        yield sshd


@pytest.fixture
def stage(tmp_path: Path, host: Sshd, real_engine: HttpEngine, real_project: str, api: Api) -> Stage:
    """A stage whose commands go through ssh."""
    environment = {"DOCKER_HOST": host.address, "PATH": f"{host.bin}{os.pathsep}{os.environ['PATH']}"}
    stage = Stage(tmp_path, real_project, real_engine, api, environment)
    stage.write(STACK)
    return stage


def test_a_stack_lives_on_an_engine_behind_ssh(stage: Stage) -> None:
    stage.good("up", "-d")
    assert stage.states() == {"web-1": "running"}

    with stage.start("logs", "-f", "web") as following:
        following.until("line 1")
        following.until("line 2")
        following.interrupt()
        assert following.end().code == 130

    given = b"0123456789abcde\n" * (1 << 16)
    done = stage.piped("exec", "-T", "web", "sh", "-c", "cat; echo end", given=given)
    assert (done.returncode, len(done.stdout), done.stdout[-4:]) == (0, len(given) + 4, b"end\n"), done.stderr
    stage.good("down", "-t", "1")
    assert stage.states() == {}


@pytest.mark.parametrize(
    ("what", "complaint", "hint"),
    [
        ("unknown", "ssh does not know the host's key", "keeps it when it is the right one"),
        ("not let in", "ssh is not let in", "an agent or ~/.ssh/config has the key"),
        ("no docker", "there is no docker command on the host", "install Docker's command line there"),
        ("no engine", "docker on it does not reach an engine", "docker version` work?"),
    ],
)
def test_what_ssh_or_the_host_lacks_is_said(stage: Stage, host: Sshd, what: str, complaint: str, hint: str) -> None:
    match what:
        case "unknown":
            host.make_unknown()
        case "not let in":
            host.let_nobody_in()
        case "no docker":
            host.let_in("PATH=/nowhere; eval $SSH_ORIGINAL_COMMAND")
        case "no engine":
            host.let_in("DOCKER_HOST=unix:///nowhere $SSH_ORIGINAL_COMMAND")

    done = stage.run("ps")

    assert (done.code, complaint in done.err, hint in done.err) == (3, True, True), done.said
