"""An sshd of the tests' own on 127.0.0.1, with keys of its own, and an `ssh` that knows it."""

import getpass
import shutil
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

_PROGRAM = "/usr/sbin/sshd"
_CONFIGURATION = """
HostKey {directory}/host
AuthorizedKeysFile {directory}/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
"""
_CLIENTS = """
Host 127.0.0.1
  IdentityFile {directory}/user
  IdentitiesOnly yes
  UserKnownHostsFile {directory}/known
  GlobalKnownHostsFile /dev/null
"""


class Sshd:
    """Lets in whoever runs the tests, for whose `ssh` `directory / "bin"` belongs into PATH."""

    def __init__(self, directory: Path) -> None:
        if not Path(_PROGRAM).exists() or not shutil.which("ssh"):
            pytest.fail("there is no OpenSSH; scripts/openssh installs it", pytrace=False)
        directory.mkdir()
        self._directory = directory
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / key], check=True)
        (directory / "sshd").write_text(_CONFIGURATION.format(directory=directory))
        (directory / "client").write_text(_CLIENTS.format(directory=directory))
        self.bin = directory / "bin"
        self.bin.mkdir()
        ssh = self.bin / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {directory}/client "$@"\n')
        ssh.chmod(0o755)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._port = self._door.getsockname()[1]
        self._sessions: list[subprocess.Popen[bytes]] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.let_in()
        self.make_known()

    @property
    def address(self) -> str:
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self._port}"

    def let_in(self, instead: str = "") -> None:
        """Whoever has the key; to run `instead` of what they ask for, if that is given."""
        key = (self._directory / "user.pub").read_text()
        (self._directory / "authorized").write_text(f'command="{instead}" {key}' if instead else key)

    def let_nobody_in(self) -> None:
        (self._directory / "authorized").write_text("")

    def make_known(self) -> None:
        kind, key, *_ = (self._directory / "host.pub").read_text().split()
        (self._directory / "known").write_text(f"[127.0.0.1]:{self._port} {kind} {key}\n")

    def make_unknown(self) -> None:
        (self._directory / "known").write_text("")

    def __enter__(self) -> Self:
        Path("/run/sshd").mkdir(exist_ok=True)  # it wants to be there
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(30)
        for session in self._sessions:
            session.terminate()
            session.wait(30)

    def _accept(self) -> None:
        """One sshd for each connection, as inetd does it: it needs no port, and is ready when it is there."""
        with suppress(OSError), (self._directory / "log").open("ab") as log:
            while True:
                channel, _ = self._door.accept()
                command = [_PROGRAM, "-i", "-e", "-f", str(self._directory / "sshd")]
                with channel:
                    self._sessions.append(
                        subprocess.Popen(command, stdin=channel.fileno(), stdout=channel.fileno(), stderr=log)
                    )
