"""A Podman that answers when it is asked: `podman system service`, started on demand.

It is given a socket that listens already, as systemd would. So whoever connects need not wait until it is there, nor
look again and again: its request is answered when Podman has begun. It ends by itself when nobody asks it any more;
its containers go on.
"""

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from minicompose.engine.sockets import Channel, Dial, unix_dial

IDLE_SECONDS = 300
# As systemd does it: the socket, which comes as standard input, is the file descriptor 3 of the process with that id.
# The shell between does not wait for it, so that it is no child of ours.
_START = """exec 3<&0 </dev/null; sh -c 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@"' sh "$@" &"""


def starting_dial(path: str, podman: str) -> Dial:
    """How to connect to the service at `path`, which the command `podman` is started as when it is not there."""
    connect = unix_dial(path)

    def dial() -> Channel:
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            return connect()
        with _alone(Path(path).parent):
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                return connect()  # another has started it meanwhile
            _start(Path(path), podman)
            return connect()

    return dial


def _start(path: Path, podman: str) -> None:
    path.unlink(missing_ok=True)  # of one that has ended
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening, path.with_suffix(".log").open("wb") as log:
        listening.bind(str(path))
        path.chmod(0o600)
        listening.listen()
        command = ["/bin/sh", "-c", _START, "sh", podman, "system", "service", f"--time={IDLE_SECONDS}"]
        # In a directory that stays: where its own is removed, Podman starts no container any more.
        subprocess.run(
            command, cwd="/", stdin=listening.fileno(), stdout=log, stderr=log, start_new_session=True, check=True
        )


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One at a time: a second one would take the socket away from the first."""
    import fcntl  # not on Windows, where there is no Podman to start

    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "podman.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
