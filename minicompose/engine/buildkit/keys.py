"""Keys for ssh that a build may use without ever having them: `moby.sshforward.v1.SSH`."""

import contextlib
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.calls import NOT_FOUND, Call, CallFailed, ConnectionLost
from minicompose.errors import BadRequest

_PIECE = 1 << 15
_DEFAULT = "default"


class Keys(msgspec.Struct, frozen=True):
    """An ssh agent that listens at `socket`."""

    socket: str


@contextlib.contextmanager
def agents(asked: Mapping[str, str | None], environment: Mapping[str, str]) -> Iterator[dict[str, Keys]]:
    """The agents for `build.ssh`: the user's own, one that listens at a path, or one made for a key in a file.

    Raises BadRequest for what is neither.
    """
    with contextlib.ExitStack() as stack:
        yield {id: Keys(stack.enter_context(_agent(id, path, environment))) for id, path in asked.items()}


@contextlib.contextmanager
def _agent(id: str, path: str | None, environment: Mapping[str, str]) -> Iterator[str]:
    place = path or environment.get("SSH_AUTH_SOCK", "")
    if not place:
        raise BadRequest(
            f"build.ssh asks for {id}, and no ssh agent runs here", "start one: eval $(ssh-agent); ssh-add"
        )
    try:
        is_socket = stat.S_ISSOCK(Path(place).stat().st_mode)
    except OSError as error:
        raise BadRequest(f"the key or agent {place} of build.ssh cannot be read: {error.strerror}") from error
    if is_socket:
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="minicompose-") as directory:
        own = str(Path(directory, "agent"))
        with _own_agent(own, environment):
            _add_key(place, own, environment)
            yield own


@contextlib.contextmanager
def _own_agent(path: str, environment: Mapping[str, str]) -> Iterator[None]:
    """An ssh-agent of ours, which ends with the block."""
    command = ["ssh-agent", "-D", "-a", path]
    try:
        agent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(environment))
    except OSError as error:
        raise BadRequest("a key in build.ssh needs the program ssh-agent", "install OpenSSH's client") from error
    with agent:
        try:
            assert agent.stdout is not None
            agent.stdout.readline()  # it says where it listens when it does
            yield
        finally:
            agent.terminate()


def _add_key(file: str, agent: str, environment: Mapping[str, str]) -> None:
    variables = {**environment, "SSH_AUTH_SOCK": agent, "SSH_ASKPASS_REQUIRE": "never"}
    command = ["ssh-add", file]
    done = subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        why = done.stderr.strip().splitlines()
        raise BadRequest(
            f"the key {file} of build.ssh cannot be used: {why[-1] if why else 'ssh-add says no'}",
            "a key with a passphrase can be added to your own agent: ssh-add",
        )


def check_keys(id: str, known: Mapping[str, Keys]) -> None:
    """Raises CallFailed when there are none of that name."""
    if (id or _DEFAULT) not in known:
        raise CallFailed(NOT_FOUND, f"there are no keys {id or _DEFAULT} in build.ssh")


def lend_keys(call: Call, known: Mapping[str, Keys]) -> None:
    """Connect the build with the agent, until either has had enough."""
    id = next(iter(call.values("buildkit.ssh.id")), _DEFAULT)
    check_keys(id, known)
    agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with agent:
        try:
            agent.connect(known[id].socket)
        except OSError as error:
            raise CallFailed(NOT_FOUND, f"the ssh agent at {known[id].socket} does not answer: {error}") from error
        threading.Thread(target=_bring_answers, args=(agent, call), name="ssh agent", daemon=True).start()
        with contextlib.suppress(OSError, CallFailed):
            for message in call.messages():
                for field, value in wire.fields(message):
                    if field == 1:
                        agent.sendall(wire.nested(value))
        with contextlib.suppress(OSError):
            agent.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads


def _bring_answers(agent: socket.socket, call: Call) -> None:
    with contextlib.suppress(OSError, CallFailed, ConnectionLost):
        while data := agent.recv(_PIECE):
            call.send(wire.octets(1, data))
    call.finish()
