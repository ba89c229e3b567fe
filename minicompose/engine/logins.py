"""Where logins to registries are kept: Docker's own `config.json`, and the credential helpers that it names.

What is written here is what `docker login` and `docker logout` write, so that each of them finds what the other left.
"""

import base64
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from minicompose.engine.contexts import config_directory, docker_config
from minicompose.engine.protocol import Login
from minicompose.engine.registry import Credentials, store_failed

DOCKER_HUB = "https://index.docker.io/v1/"
# A credential helper keeps a token under this name.
_TOKEN_USER = "<token>"


def server_of(word: str) -> str:
    """The name under which the login to a registry is kept: its host, whatever URL of it is given."""
    host = word.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return DOCKER_HUB if host in ("", "docker.io", "index.docker.io") else host


class Logins:
    """The logins of one user, by that user's environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        # Docker follows a link, and writes what it leads to.
        self.file = (config_directory(environment) / "config.json").resolve()

    def find(self, server: str) -> Login | None:
        """The login that is kept for a server."""
        found = Credentials(self._environment).of(server)
        said = {name.lower(): value for name, value in (found or {}).items() if value}
        if "identitytoken" in said:
            return Login(server=server, username=said.get("username", ""), token=said["identitytoken"])
        if "username" not in said or "password" not in said:
            return None
        return Login(server=server, username=said["username"], password=said["password"])

    def keep(self, login: Login) -> str:
        """Keep a login, in the place of an earlier one. The name of the helper that has it; empty when the file has."""
        config = docker_config(self._environment)
        helper = _helper(config, login.server)
        if not helper and not config.get("auths") and (helper := default_helper()):
            config["credsStore"] = helper
        entries = config.setdefault("auths", {})
        if helper:
            secret = (_TOKEN_USER, login.token) if login.token else (login.username, login.password)
            self._ask(helper, "store", login.server, *secret)
            entries[login.server] = {}
        else:
            entries[login.server] = _entry(login)
        self._write(config)
        return helper

    def forget(self, server: str) -> bool:
        """Forget a login; False when there is none."""
        config = docker_config(self._environment)
        helper = _helper(config, server)
        known = self.find(server) is not None
        if helper and known:
            self._ask(helper, "erase", server)
        entries = config.get("auths") or {}
        kept = [name for name in _names_of(server) if name in entries]
        for name in kept:
            del entries[name]
        if kept:
            self._write(config)
        return known or bool(kept)

    def _ask(self, helper: str, verb: str, *words: str) -> None:
        if shutil.which(f"docker-credential-{helper}") is None:
            raise store_failed(f"docker-credential-{helper} is not in PATH")
        from docker.credentials import Store  # the docker SDK costs 135 ms
        from docker.errors import DockerException

        try:
            getattr(Store(helper, dict(self._environment)), verb)(*words)
        except DockerException as error:
            raise store_failed(error) from error

    def _write(self, config: dict[str, Any]) -> None:
        """Whole or not at all, and for nobody else to read."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix="config.json", dir=self.file.parent)
        try:
            with os.fdopen(descriptor, "w") as written:  # made with the mode 0600
                json.dump(config, written, indent="\t", ensure_ascii=False)
            Path(name).replace(self.file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


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


def _helper(config: dict[str, Any], server: str) -> str:
    return str((config.get("credHelpers") or {}).get(server) or config.get("credsStore") or "")


def _entry(login: Login) -> dict[str, str]:
    pair = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    return {"auth": pair, "identitytoken": login.token} if login.token else {"auth": pair}


def _names_of(server: str) -> Iterator[str]:
    """Older clients kept it under its URL."""
    yield server
    if server != DOCKER_HUB:
        yield f"http://{server}"
        yield f"https://{server}"
