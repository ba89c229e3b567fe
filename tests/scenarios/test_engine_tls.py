"""An engine far away, with TLS: a dockerd of the tests' own that listens on TCP, and wants to know who calls."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose.engine.api import Api
from minicompose.engine.connect import find_endpoint, open_transport
from minicompose.engine.contexts import TlsFiles
from tests.certificates import Authority
from tests.real_engine import remove_project
from tests.scenarios.own_engine import TLS_PORT, OwnEngine
from tests.scenarios.passage import Passage
from tests.scenarios.stage import Stage

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine with tls")]

STACK = """
services:
  web:
    image: busybox:test
    command: sh -c 'trap exit TERM; i=0; while true; do echo line $$((i+=1)); sleep 0.2 & wait; done'
  echo: {image: busybox:test, command: "sh -c 'read line; echo heard $$line'", stdin_open: true}
  built: {image: "PROJECT-built", build: {dockerfile_inline: "FROM busybox:test\\nRUN echo hello > /greeting"}}
"""


class Far:
    """The engine's address, and what a client needs to be let in."""

    def __init__(self, engine: OwnEngine, port: int, authority: Authority, client: TlsFiles) -> None:
        self.engine = engine
        self.address = f"tcp://127.0.0.1:{port}"
        self.port = port
        self.authority = authority
        self.client = client

    @property
    def by_variables(self) -> dict[str, str]:
        return {
            "DOCKER_HOST": self.address,
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(Path(self.client.cert).parent),
        }

    def by_context(self, home: Path) -> dict[str, str]:
        """A configuration of Docker's whose context "far" is the engine, as `docker context create` writes it."""
        id = hashlib.sha256(b"far").hexdigest()
        meta, keys = home / "contexts" / "meta" / id, home / "contexts" / "tls" / id / "docker"
        for directory in (meta, keys):
            directory.mkdir(parents=True)
        said = {"Name": "far", "Endpoints": {"docker": {"Host": self.address, "SkipTLSVerify": False}}}
        (meta / "meta.json").write_text(json.dumps(said))
        for file in (self.client.ca, self.client.cert, self.client.key):
            shutil.copy(file, keys)
        return {"DOCKER_CONFIG": str(home), "DOCKER_CONTEXT": "far", "DOCKER_HOST": ""}


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    directory = tmp_path_factory.mktemp("far")
    authority = Authority(directory / "authority")
    engine = OwnEngine(directory, authority.sign("IP:127.0.0.1"))
    engine.start()
    try:
        engine.add_test_image()
        with Passage(engine.network, TLS_PORT) as passage:
            yield Far(engine, passage.port, authority, authority.sign("DNS:client"))
    finally:
        engine.stop()


@pytest.fixture
def stage(tmp_path: Path, far: Far, real_project: str) -> Iterator[Stage]:
    """A stage whose commands go to that engine."""
    endpoint = find_endpoint(None, None, far.by_variables)
    api = Api(open_transport(endpoint))
    with far.engine.connected() as engine:
        stage = Stage(tmp_path, real_project, engine, api, far.by_variables)
        stage.write(STACK.replace("PROJECT", real_project))
        yield stage
        remove_project(engine, real_project)
    api.transport.close()


def test_a_stack_lives_on_an_engine_with_tls(stage: Stage) -> None:
    up = stage.good("up", "-d", "--build", "web", "echo", "built")
    assert "built-1: started" in up.err, up.said

    with stage.start("logs", "-f", "web") as following:
        following.until("line 1")
        following.until("line 2")
        following.interrupt()
        assert following.end().code == 130

    greeting = stage.good("run", "--rm", "built", "cat", "/greeting")
    assert greeting.out == "hello\n"
    stage.good("down")
    assert stage.containers() == {}


def test_input_that_ends_ends_and_the_answer_to_it_still_comes(stage: Stage) -> None:
    stage.good("up", "-d", "web", "echo")
    much = b"0123456789abcde\n" * (1 << 16)

    done = stage.piped("exec", "-T", "web", "sh", "-c", "cat; echo end", given=much)

    assert (done.returncode, len(done.stdout), done.stdout[-4:]) == (0, len(much) + 4, b"end\n"), done.stderr
    attached = stage.piped("attach", "echo", given=b"you\n")
    assert (attached.returncode, attached.stdout) == (0, b"heard you\n"), attached.stderr
    ran = stage.piped("run", "--rm", "-T", "web", "sh", "-c", "wc -l; echo end", given=much)
    assert (ran.returncode, ran.stdout) == (0, b"65536\nend\n"), ran.stderr


def test_events_are_told_as_they_happen(stage: Stage) -> None:
    stage.good("up", "-d", "web")

    with stage.start("events") as following:
        stage.good("restart", "-t", "1", "web")
        following.until("restart")


def test_a_context_has_the_keys(stage: Stage, far: Far) -> None:
    by_context = far.by_context(stage.directory / "docker") | {"DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": ""}

    up = stage.run("up", "-d", "web", environment=by_context)

    assert (up.code, stage.states()) == (0, {"web-1": "running"}), up.said


@pytest.mark.parametrize(
    ("what", "complaint", "hint"),
    [
        ("no certificate of ours", "it wants to know who we are", "cert.pem"),
        ("a stranger's certificate", "it does not take our certificate", "signed by the engine's authority"),
        ("an expired certificate", "it does not take our certificate", ""),
        ("another authority", "of an authority that we do not know", "ca.pem does not have it"),
        ("another name", "its certificate is not for localhost", "by the name"),
        ("no TLS", "the engine speaks with TLS only", "DOCKER_TLS_VERIFY=1"),
        ("no directory", "of an authority that we do not know", "DOCKER_CERT_PATH"),
    ],
)
def test_whoever_is_not_let_in_hears_why(stage: Stage, far: Far, what: str, complaint: str, hint: str) -> None:
    keys = stage.directory / "keys"
    environment = far.by_variables | {"DOCKER_CERT_PATH": str(keys)}
    shutil.copytree(Path(far.client.cert).parent, keys)
    match what:
        case "no certificate of ours":
            (keys / "cert.pem").unlink()
        case "a stranger's certificate":
            stranger = Authority(stage.directory / "stranger").sign("DNS:client")
            shutil.copy(stranger.cert, keys)
            shutil.copy(stranger.key, keys)
        case "an expired certificate":
            expired = far.authority.sign(f"DNS:{stage.project}", days=-1)
            shutil.copy(expired.cert, keys)
            shutil.copy(expired.key, keys)
        case "another authority":
            shutil.copy(Authority(stage.directory / "stranger").ca, keys)
        case "another name":
            environment["DOCKER_HOST"] = f"tcp://localhost:{far.port}"
        case "no TLS":
            environment["DOCKER_TLS_VERIFY"] = ""
        case "no directory":
            shutil.rmtree(keys)

    done = stage.run("ps", environment=environment)

    assert (done.code, complaint in done.err, hint in done.err) == (3, True, True), done.said
