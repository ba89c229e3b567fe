"""What the user is logged in to: Docker's own `config.json`, and the credential helpers that it names.

Read as `docker` and `docker compose` read them: DOCKER_AUTH_CONFIG comes first; a helper for one registry
(`credHelpers`) comes before that for all (`credsStore`), and what has a helper is not looked for in the file.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from minicompose.engine.contexts import config_directory, docker_config
from minicompose.engine.credential_helpers import CredentialHelper
from minicompose.engine.protocol import Login
from minicompose.errors import EngineRefused, UsageError

# The name under which the login to Docker Hub is kept, as old as Docker.
DOCKER_HUB = "https://index.docker.io/v1/"
_HUBS_HOSTS = ("", "docker.io", "index.docker.io")


def server_of(word: str) -> str:
    """The name under which the login to a registry is kept: its host, whatever URL of it is given."""
    host = word.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return DOCKER_HUB if host in _HUBS_HOSTS else host


def server_of_image(image: str) -> str:
    """The same for the registry that an image's name speaks of: "redis:8" is on Docker Hub."""
    host, slash, _ = image.partition("/")
    names_a_host = slash and ("." in host or ":" in host or host == "localhost" or host != host.lower())
    return server_of(host if names_a_host else "")


class _GivenLogin(msgspec.Struct, forbid_unknown_fields=True):
    auth: str = ""


class _Given(msgspec.Struct, forbid_unknown_fields=True):
    auths: dict[str, _GivenLogin] = {}


class Credentials:
    """The logins of one user, by that user's environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def of(self, server: str) -> Login | None:
        """The login that is kept for a server, which is named as `server_of` does.

        Raises EngineRefused when its helper fails, UsageError when the file has it and it cannot be read.
        """
        from_environment = self._given()
        if server in from_environment:
            return self._login(server, from_environment[server], "DOCKER_AUTH_CONFIG")
        config = docker_config(self._environment)
        if helper := helper_of(config, server):
            return CredentialHelper(helper, self._environment).find(server)
        entries = _entries(config)
        known = next((name for name in (server, *entries) if name in entries and server_of(name) == server), None)
        return None if known is None else self._login(server, entries[known], self._file)

    def all(self, tell: Callable[[str], None]) -> dict[str, Login]:
        """All of them by their servers. What is wrong with one of them is told, and it is left out."""
        config = docker_config(self._environment)
        store = str(config.get("credsStore") or "")
        found: dict[str, Login] = {}
        for server in CredentialHelper(store, self._environment).servers() if store else _entries(config):
            _add(found, server, lambda it: self._kept(it, store, config), tell)
        for server in (*(config.get("credHelpers") or {}), *self._given()):
            _add(found, server, self.of, tell)
        return found

    def pull_headers(self, image: str) -> dict[str, str]:
        """The header with the credentials for the image's registry; empty without any."""
        login = self.of(server_of_image(image))
        return {"X-Registry-Auth": _header(_fields(login))} if login else {}

    def push_headers(self, image: str) -> dict[str, str]:
        """The same for a push, for which the engine insists on a header: one that says nobody, without any."""
        return self.pull_headers(image) or {"X-Registry-Auth": _header({})}

    def build_headers(self, tell: Callable[[str], None]) -> dict[str, str]:
        """The header with all credentials, for whatever images a build begins from."""
        found = self.all(tell)
        return {"X-Registry-Config": _header({server: _fields(it) for server, it in found.items()})} if found else {}

    def configuration(self, tell: Callable[[str], None]) -> bytes:
        """A `config.json` with all credentials in itself, for a client that has no credential store."""
        return msgspec.json.encode({"auths": {server: entry_of(login) for server, login in self.all(tell).items()}})

    @property
    def _file(self) -> str:
        return str(config_directory(self._environment) / "config.json")

    def _given(self) -> dict[str, Any]:
        """What DOCKER_AUTH_CONFIG has; as `docker compose` does it, nothing where that says more than `auth`."""
        try:
            said = msgspec.json.decode(self._environment.get("DOCKER_AUTH_CONFIG") or "{}", type=_Given)
        except msgspec.DecodeError:
            return {}
        return {server: {"auth": entry.auth} for server, entry in said.auths.items() if entry.auth}

    def _kept(self, server: str, store: str, config: dict[str, Any]) -> Login | None:
        """What is kept under this very name, by the helper for all or else in the file."""
        if store:
            return CredentialHelper(store, self._environment).find(server)
        return self._login(server, _entries(config)[server], self._file)

    def _login(self, server: str, entry: dict[str, Any], where: str) -> Login | None:
        name, password = str(entry.get("username") or ""), str(entry.get("password") or "")
        token = str(entry.get("identitytoken") or "")
        if entry.get("auth"):
            try:
                pair = base64.b64decode(entry["auth"], validate=True).decode()
            except (binascii.Error, ValueError, TypeError):
                pair = ""
            name, colon, password = pair.partition(":")
            if not name or not colon:
                raise UsageError(
                    f"the login to {server} in {where} cannot be read",
                    f"its auth is NAME:PASSWORD in base64; `minicompose login {server}` writes it anew",
                )
        if not name and not token:
            return None
        return Login(server=server, username=name, password=password.strip("\x00"), token=token)


def _add(
    found: dict[str, Login], server: str, find: Callable[[str], Login | None], tell: Callable[[str], None]
) -> None:
    try:
        login = find(server)
    except (EngineRefused, UsageError) as error:
        tell(error.message)
        return
    if login is not None:
        found[server] = login


def helper_of(config: dict[str, Any], server: str) -> str:
    """The helper that keeps the login to a server; an empty one for a server means the file."""
    helpers = config.get("credHelpers") or {}
    return str(helpers[server] if server in helpers else config.get("credsStore") or "")


def entry_of(login: Login) -> dict[str, str]:
    """A login as `config.json` has it."""
    pair = base64.b64encode(f"{login.username}:{login.password}".encode()).decode() if login.username else ""
    return {name: value for name, value in (("auth", pair), ("identitytoken", login.token)) if value}


def _entries(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    auths = config.get("auths")
    said = auths if isinstance(auths, dict) else {}
    return {server: entry if isinstance(entry, dict) else {} for server, entry in said.items()}


def _fields(login: Login) -> dict[str, str]:
    """A login as the engine takes it."""
    said = {"username": login.username, "password": login.password, "identitytoken": login.token}
    return {name: value for name, value in said.items() if value} | {"serveraddress": login.server}


def _header(said: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(said)).decode()
