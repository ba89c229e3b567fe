"""What the engine asks of us, and what it gets."""

import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.calls import NOT_FOUND, UNIMPLEMENTED, CallFailed
from minicompose.engine.buildkit.keys import Keys, agents
from minicompose.engine.buildkit.session import Session
from minicompose.engine.credentials import DOCKER_HUB
from minicompose.engine.protocol import Login
from minicompose.errors import BadRequest, EngineRefused
from minicompose.model import Sealed
from tests.engine.buildkit.linked import linked

_LOGINS = {
    DOCKER_HUB: Login(server=DOCKER_HUB, username="me", password="secret"),
    "ghcr.io": Login(server="ghcr.io", username="", token="token"),
}


def _session(**fields: object) -> Session:
    given: dict[str, object] = {"directories": {}, "secrets_": {}, "keys": {}, "logins": _LOGINS.get, **fields}
    return Session(**given)  # type: ignore[arg-type]  # the test says which


def _ask(session: Session, path: str, name: str) -> dict[int, int | bytes]:
    with linked(session.serve) as link:
        (answer,) = link.call(path, wire.octets(1, name)).messages()
    return dict(wire.fields(answer))


def test_a_secret_is_given_as_it_is() -> None:
    session = _session(secrets_={"token": Sealed(b"\x00\xff sesame\n")})

    assert _ask(session, "/moby.buildkit.secrets.v1.Secrets/GetSecret", "token") == {1: b"\x00\xff sesame\n"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/moby.buildkit.secrets.v1.Secrets/GetSecret", NOT_FOUND),
        ("/moby.sshforward.v1.SSH/CheckAgent", NOT_FOUND),
        ("/moby.filesync.v1.FileSync/DiffCopy", NOT_FOUND),
        ("/moby.filesync.v1.Auth/FetchToken", UNIMPLEMENTED),
    ],
)
def test_what_was_not_offered_is_not_given(path: str, status: int) -> None:
    with pytest.raises(CallFailed) as told:
        _ask(_session(secrets_={"other": Sealed(b"x")}), path, "token")

    assert told.value.status == status


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("registry-1.docker.io", {1: b"me", 2: b"secret"}),
        ("ghcr.io", {2: b"token"}),
        ("elsewhere.example", {}),
    ],
)
def test_the_engine_pulls_with_the_users_logins(host: str, answer: dict[int, bytes]) -> None:
    assert _ask(_session(), "/moby.filesync.v1.Auth/Credentials", host) == answer


def test_a_login_that_cannot_be_had_is_the_builds_problem() -> None:
    def locked(server: str) -> None:
        raise EngineRefused("the keychain is locked")

    session = _session(logins=locked)
    with pytest.raises(CallFailed, match="locked"):
        _ask(session, "/moby.filesync.v1.Auth/Credentials", "ghcr.io")

    assert session.problem is not None
    assert "locked" in session.problem.message


def test_the_engine_hears_that_we_are_well() -> None:
    assert _ask(_session(), "/grpc.health.v1.Health/Check", "") == {1: 1}


# ---- keys for ssh ----


def _shouting(path: str) -> socket.socket:
    """An agent that answers in capitals, once."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()

    def answer() -> None:
        channel, _ = listening.accept()
        with channel:
            while data := channel.recv(100):
                channel.sendall(data.upper())

    threading.Thread(target=answer, daemon=True).start()
    return listening


def test_a_build_talks_with_the_agent_and_never_has_its_keys(tmp_path: Path) -> None:
    path = str(tmp_path / "agent")
    with _shouting(path), linked(_session(keys={"deploy": Keys(path)}).serve) as link:
        call = link.open_call("/moby.sshforward.v1.SSH/ForwardAgent", [("buildkit.ssh.id", "deploy")])
        answers = call.messages()
        for word in (b"sign", b"this"):
            call.send(wire.octets(1, word))
            assert dict(wire.fields(next(answers))) == {1: word.upper()}
        call.end_input()
        assert list(answers) == []


def test_the_agent_of_the_user_is_the_default(tmp_path: Path) -> None:
    path = str(tmp_path / "agent")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        with agents({"default": None}, {"SSH_AUTH_SOCK": path}) as found:
            assert found == {"default": Keys(path)}


with_openssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="scripts/openssh installs it")


@with_openssh
def test_a_key_in_a_file_gets_an_agent_of_its_own_which_ends(tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)

    with agents({"deploy": str(key)}, os.environ) as found:
        place = found["deploy"].socket
        listed = subprocess.run(
            ["ssh-add", "-L"], env={**os.environ, "SSH_AUTH_SOCK": place}, capture_output=True, text=True, check=True
        )
        assert listed.stdout.split()[1] == Path(f"{key}.pub").read_text().split()[1]

    assert not Path(place).exists()


@pytest.mark.parametrize("asked", [{"default": None}, {"deploy": "/no/key"}])
def test_keys_that_are_not_there_are_told(asked: dict[str, str | None]) -> None:
    with pytest.raises(BadRequest), agents(asked, {}):
        pass


@with_openssh
def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("nonsense\n")
    (tmp_path / "key").chmod(0o600)

    with pytest.raises(BadRequest, match="cannot be used"), agents({"deploy": str(tmp_path / "key")}, os.environ):
        pass
