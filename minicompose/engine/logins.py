"""Where logins to registries are kept: Docker's own `config.json`, and the credential helpers that it names.

What is written here is what `docker login` and `docker logout` write, so that each of them finds what the other left.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from minicompose.engine.contexts import config_directory, docker_config
from minicompose.engine.credential_helpers import CredentialHelper
from minicompose.engine.credentials import DOCKER_HUB, Credentials, entry_of, helper_of
from minicompose.engine.protocol import Login
from minicompose.wholefiles import whole_file


class Logins:
    """The logins of one user, by that user's environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        # Docker follows a link, and writes what it leads to.
        self.file = (config_directory(environment) / "config.json").resolve()

    def find(self, server: str) -> Login | None:
        """The login that is kept for a server."""
        return Credentials(self._environment).of(server)

    def keep(self, login: Login) -> str:
        """Keep a login, in the place of an earlier one. The name of the helper that has it; empty when the file has."""
        config = docker_config(self._environment)
        helper = helper_of(config, login.server)
        if not helper and not config.get("auths") and (helper := default_helper()):
            config["credsStore"] = helper
        entries = config.setdefault("auths", {})
        if helper:
            CredentialHelper(helper, self._environment).keep(login)
            entries[login.server] = {}
        else:
            entries[login.server] = entry_of(login)
        self._write(config)
        return helper

    def forget(self, server: str) -> bool:
        """Forget a login; False when there is none."""
        config = docker_config(self._environment)
        helper = helper_of(config, server)
        known = self.find(server) is not None
        if helper and known:
            CredentialHelper(helper, self._environment).forget(server)
        entries = config.get("auths") or {}
        kept = [name for name in _names_of(server) if name in entries]
        for name in kept:
            del entries[name]
        if kept:
            self._write(config)
        return known or bool(kept)

    def _write(self, config: dict[str, Any]) -> None:
        """Whole or not at all, and for nobody else to read."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(self.file, mode=0o600) as written:
            written.write(json.dumps(config, indent="\t", ensure_ascii=False).encode())


def default_helper() -> str:
    """The credential helper that `docker login` takes where none is configured; empty where it is not installed."""
    match sys.platform:
        case "darwin":
            name = "osxkeychain"
        case "win32":
            name = "wincred"
        case _:
            name = "pass" if shutil.which("pass") else "secretservice"
    return name if shutil.which(f"docker-credential-{name}") else ""


def _names_of(server: str) -> Iterator[str]:
    """Older clients kept it under its URL."""
    yield server
    if server != DOCKER_HUB:
        yield f"http://{server}"
        yield f"https://{server}"
