"""An engine through ssh, as Docker's own command line reaches it: `docker system dial-stdio` there is its socket."""

import socket
import subprocess
import threading
from collections.abc import Callable

from minicompose.engine.failures import NoWayIn

# So much of what ssh complains of is kept, and so long is waited for its end when its output has ended.
_MOST_WORDS = 8192
_PATIENCE = 5.0
_NO_SUCH_COMMAND = 127


def ssh_dial(destination: str, port: int | None) -> "Callable[[], SshChannel]":
    """How to connect through ssh; `destination` is a host, or a user at one."""

    def dial() -> SshChannel:
        return SshChannel(destination, port)

    return dial


class SshChannel:
    """What is used of a socket: one end of a pair, of which an ssh has the other. Raises OSError."""

    def __init__(self, destination: str, port: int | None) -> None:
        self._destination = f"{destination} -p {port}" if port else destination
        self._socket, theirs = socket.socketpair()
        options = ["-p", str(port)] if port else []
        there = ["docker", "system", "dial-stdio"]
        command = ["ssh", *options, "-o", "ConnectTimeout=30", "-T", "--", destination, *there]
        with theirs:
            try:
                self._ssh = subprocess.Popen(
                    command,
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=subprocess.PIPE,
                    start_new_session=True,  # Ctrl-C is ours; what is put back then goes through this ssh
                )
            except OSError as error:
                self._socket.close()
                raise NoWayIn("there is no ssh command here", "install OpenSSH's client") from error
        self._heard = False  # whether anything has come from there
        self._complaints = b""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def fileno(self) -> int:
        return self._socket.fileno()

    def recv(self, size: int) -> bytes:
        try:
            data = self._socket.recv(size)
        except ConnectionResetError:
            data = b""
        if not data and not self._heard:
            raise self._why()
        self._heard = True
        return data

    def sendall(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            if self._heard:
                raise
            raise self._why() from error

    def shutdown(self, how: int) -> None:
        self._socket.shutdown(how)

    def close(self) -> None:
        """Its ssh ends with it."""
        self._socket.close()

    def _listen(self) -> None:
        """Keep what ssh says to people: beside a live display it would be in the way, and mostly it is nothing."""
        assert self._ssh.stderr is not None
        with self._ssh.stderr as words:
            while said := words.read1(_MOST_WORDS):  # type: ignore[attr-defined]  # it is buffered
                self._complaints = (self._complaints + said)[-_MOST_WORDS:]
        self._ssh.wait()

    def _why(self) -> NoWayIn:
        self._listener.join(_PATIENCE)
        said = self._complaints.decode(errors="replace").strip()
        return explained(said, self._ssh.poll(), self._destination)


def explained(said: str, code: int | None, destination: str) -> NoWayIn:
    """What an ssh that never got as far as the engine said and ended with, in words for the reader."""
    attempt = f"`ssh {destination}`"
    last = said.splitlines()[-1].rstrip(".") if said else f"ssh ended with {code}"
    if "IDENTIFICATION HAS CHANGED" in said:
        return NoWayIn(
            "the host's key is another than ssh knows", f"{attempt} says which line of known_hosts has the old one"
        )
    if "Host key verification failed" in said:
        return NoWayIn("ssh does not know the host's key", f"{attempt} shows it, and keeps it when it is the right one")
    if "Permission denied" in said and code != _NO_SUCH_COMMAND:
        return NoWayIn(f"ssh is not let in: {last}", f"does {attempt} work? an agent or ~/.ssh/config has the key")
    if code == _NO_SUCH_COMMAND:
        return NoWayIn(
            "there is no docker command on the host",
            "install Docker's command line there; of an engine without it, forward the socket (`ssh -L`)",
        )
    if "docker" in said.lower() or "raw stream" in said:
        return NoWayIn(
            f"the host is there, and docker on it does not reach an engine: {last}",
            f"does `ssh {destination} docker version` work?",
        )
    return NoWayIn(last, f"does {attempt} work?")
