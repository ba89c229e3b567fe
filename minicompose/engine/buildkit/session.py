"""What the engine asks of us while it builds: files, secrets, logins to registries, keys for ssh."""

import hashlib
import platform
import secrets
import threading
from collections.abc import Callable, Mapping

from minicompose.engine.api import Api
from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.calls import NOT_FOUND, UNIMPLEMENTED, Call, CallFailed, Link
from minicompose.engine.buildkit.files import DIFF_COPY, Directory, give_files
from minicompose.engine.buildkit.keys import Keys, check_keys, lend_keys
from minicompose.engine.credentials import DOCKER_HUB, server_of
from minicompose.engine.protocol import Login
from minicompose.errors import BadRequest, EngineRefused, MinicomposeError, UsageError
from minicompose.model import Sealed

_SERVING = 1
_HUBS_HOSTS = ("registry-1.docker.io", "auth.docker.io")

Logins = Callable[[str], Login | None]


class Session:
    """One for each build; `id` is what a build names it by. Also a context manager, which closes its connection.

    `directories`, `secrets` and `keys` are all that the engine can get, by the names that it has to say.
    """

    def __init__(
        self,
        directories: Mapping[str, Directory],
        secrets_: Mapping[str, Sealed],
        keys: Mapping[str, Keys],
        logins: Logins,
    ) -> None:
        self.id = secrets.token_hex(12)
        self.problem: MinicomposeError | None = None
        self._directories = directories
        self._secrets = secrets_
        self._keys = keys
        self._logins = logins
        self._asking = threading.Lock()  # a credential helper is asked for one login at a time

    def open(self, api: Api) -> Link:
        """Offer it to the engine."""
        context = self._directories.get("context", Directory())
        headers = {
            "X-Docker-Expose-Session-Uuid": self.id,
            "X-Docker-Expose-Session-Name": "minicompose",
            # By this the engine finds what it had of the same directory the last time.
            "X-Docker-Expose-Session-Sharedkey": hashlib.sha256(
                f"{platform.node()}:{context.path}".encode()
            ).hexdigest(),
            "X-Docker-Expose-Session-Grpc-Method": DIFF_COPY,
        }
        return Link(api.open("POST", "/session", headers=headers, upgrade="h2c").hijack(), self.serve)

    def serve(self, call: Call) -> None:
        """Answer one call of the engine."""
        match call.path:
            case "/moby.filesync.v1.FileSync/DiffCopy":
                self._give_files(call)
            case "/moby.buildkit.secrets.v1.Secrets/GetSecret":
                call.send(wire.octets(1, self._secret(_name_in(call))))
            case "/moby.filesync.v1.Auth/Credentials":
                call.send(self._login(_name_in(call)))
            case "/moby.sshforward.v1.SSH/CheckAgent":
                check_keys(_name_in(call), self._keys)
                call.send(b"")
            case "/moby.sshforward.v1.SSH/ForwardAgent":
                lend_keys(call, self._keys)
            case "/grpc.health.v1.Health/Check":
                call.send(wire.number(1, _SERVING))
            case other:
                raise CallFailed(UNIMPLEMENTED, f"there is no {other} here")

    def _give_files(self, call: Call) -> None:
        try:
            give_files(call, self._directories)
        except BadRequest as error:
            self.problem = self.problem or error
            raise CallFailed(NOT_FOUND, error.message) from error

    def _secret(self, id: str) -> bytes:
        if id not in self._secrets:
            raise CallFailed(NOT_FOUND, f"there is no secret {id} in build.secrets")
        return self._secrets[id].content

    def _login(self, host: str) -> bytes:
        """`username` and `secret`; an identity token is a secret without a name. Empty without a login."""
        try:
            with self._asking:
                login = self._logins(DOCKER_HUB if host in _HUBS_HOSTS else server_of(host))
        except (EngineRefused, UsageError) as error:
            self.problem = self.problem or error
            raise CallFailed(NOT_FOUND, error.message) from error
        if login is None:
            return b""
        if login.token:
            return wire.octets(2, login.token)
        return wire.octets(1, login.username) + wire.octets(2, login.password)


def _name_in(call: Call) -> str:
    """The first field of a request that names something."""
    for message in call.messages():
        return next((wire.text(value) for field, value in wire.fields(message) if field == 1), "")
    return ""
