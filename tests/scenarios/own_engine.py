"""An engine of the test's own, to stop and to start: a second dockerd with its own directories and networks."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minicompose.engine.api import Api
from minicompose.engine.connect import connect, find_endpoint, open_transport
from minicompose.engine.contexts import TlsFiles
from minicompose.engine.http_engine import HttpEngine
from minicompose.errors import EngineError
from tests.real_engine import import_image

PATIENCE = 60.0
TLS_PORT = 2376

# A new network namespace's loopback is down: SIOCSIFFLAGS of netdevice(7) with IFF_UP.
_WITH_LOOPBACK = """
import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh22x", b"lo", 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""


class OwnEngine:
    """A dockerd below `directory`. Skips the test where there is none to run, or no right to.

    With `tls` it also listens on TLS_PORT of 127.0.0.1 in its own network namespace, for whom `tls.ca` has signed.
    """

    def __init__(self, directory: Path, tls: TlsFiles | None = None) -> None:
        if not shutil.which("dockerd") or os.geteuid() != 0:
            pytest.skip("an engine of one's own needs dockerd, and root")
        self.address = f"unix://{directory}/engine.sock"
        self._directory = directory
        self._tls = tls
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin it, and return when it answers."""
        places = {name: str(self._directory / name) for name in ("data-root", "exec-root", "pidfile")}
        words = [f"--{name}={place}" for name, place in places.items()]
        # In a network namespace of its own: it clears away the bridges that it finds.
        # In containerd, which it may share with another engine, it has names of its own, too.
        namespaces = ["--containerd-namespace=minicompose-test", "--containerd-plugins-namespace=minicompose-plugins"]
        options = ["--iptables=false", f"--host={self.address}", *namespaces, *words]
        command = ["unshare", "--net", "dockerd", *options]
        if self._tls is not None:
            keys = (f"--tlscacert={self._tls.ca}", f"--tlscert={self._tls.cert}", f"--tlskey={self._tls.key}")
            door = (f"--host=tcp://127.0.0.1:{TLS_PORT}", "--tlsverify", *keys)
            command[2:2] = [sys.executable, "-c", _WITH_LOOPBACK]
            command += door
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"dockerd does not answer:\n{(self._directory / 'log').read_text()[-2000:]}")
            time.sleep(0.05)  # it tells nobody when it is ready

    def stop(self) -> None:
        """End it as an administrator does; its containers end with it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    @property
    def network(self) -> str:
        """Its network namespace, as a file."""
        assert self._process is not None
        return f"/proc/{self._process.pid}/ns/net"

    def connected(self) -> HttpEngine:
        return connect(self.address, None, os.environ)

    def add_test_image(self) -> None:
        api = Api(open_transport(find_endpoint(self.address, None, os.environ)))
        with contextlib.closing(api.transport):
            import_image(api)

    def _answers(self) -> bool:
        with contextlib.suppress(EngineError):
            with self.connected() as engine:
                engine.info()
            return True
        return False
