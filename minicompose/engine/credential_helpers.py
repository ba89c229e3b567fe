"""Docker's credential helpers: programs `docker-credential-NAME`, each of which keeps logins in a store of its own.

Their protocol (github.com/docker/docker-credential-helpers): a verb as the one argument, what it is about on standard
input, the answer on standard output; on failure that is the reason, and the status is not 0.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from minicompose.engine.protocol import Login
from minicompose.errors import EngineRefused

# In a name's place where the secret is a token.
_TOKEN_USER = "<token>"
# How helpers say that there is no such login.
_NONE_THERE = ("credentials not found in native keychain", "no credentials server URL", "no credentials username")


_Shape = TypeVar("_Shape")


class _Kept(msgspec.Struct):
    Username: str = ""
    Secret: str = ""


class CredentialHelper:
    """The one of this name. Every method raises EngineRefused when it is not there or says no."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self.program = f"docker-credential-{name}"
        self._environment = environment

    def find(self, server: str) -> Login | None:
        """What it has for a server."""
        said = self._ask("get", server)
        if said is None:
            return None
        kept = self._read(said, _Kept)
        if kept.Username == _TOKEN_USER:
            return Login(server=server, username="", token=kept.Secret)
        if not kept.Username and not kept.Secret:
            return None  # docker-credential-pass answers so where there is none
        return Login(server=server, username=kept.Username, password=kept.Secret)

    def servers(self) -> tuple[str, ...]:
        """The servers for which it has something."""
        return tuple(self._read(self._ask("list", "") or b"{}", dict[str, str]))

    def keep(self, login: Login) -> None:
        name, secret = (_TOKEN_USER, login.token) if login.token else (login.username, login.password)
        told = {"ServerURL": login.server, "Username": name, "Secret": secret}
        self._ask("store", msgspec.json.encode(told).decode())

    def forget(self, server: str) -> None:
        self._ask("erase", server)

    def _ask(self, verb: str, about: str) -> bytes | None:
        """Its answer; None when it has nothing about that."""
        import shutil  # only those who have a helper pay for these
        import subprocess

        program = shutil.which(self.program, path=self._environment.get("PATH"))
        if program is None:
            raise self._failed("it is not in PATH")
        try:
            done = subprocess.run(
                [program, verb], input=about.encode(), capture_output=True, env=dict(self._environment), check=False
            )
        except OSError as error:
            raise self._failed(str(error.strerror or error)) from error
        if done.returncode == 0:
            return done.stdout
        said = done.stdout.decode(errors="replace").strip()
        if said.startswith(_NONE_THERE):
            return None
        reason = said or done.stderr.decode(errors="replace").strip() or f"it ended with {done.returncode}"
        raise self._failed(f"{verb}: {reason}")

    def _read(self, said: bytes, shape: type[_Shape]) -> _Shape:
        try:
            return msgspec.json.decode(said, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # What it said may have a secret in it.
            raise self._failed("its answer is not what a credential helper answers") from error

    def _failed(self, why: str) -> EngineRefused:
        return EngineRefused(
            f"the credential helper {self.program} does not serve: {why}",
            "see credsStore and credHelpers in the config.json of Docker's configuration",
        )
