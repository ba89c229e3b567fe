"""A credential helper, as Docker's clients call one: a program that keeps logins in a file."""

import json
import sys
from pathlib import Path

import msgspec

_PROGRAM = """#!{python}
import json, pathlib, sys
kept = pathlib.Path({file!r})
logins = json.loads(kept.read_text())
verb, said = sys.argv[1], sys.stdin.read()
if verb == "store":
    login = json.loads(said)
    logins[login["ServerURL"]] = login
elif verb == "erase":
    del logins[said]
elif verb == "get" and said in logins:
    print(json.dumps(logins[said]))
elif verb == "get":
    print("credentials not found in native keychain")
    sys.exit(1)
else:
    print(json.dumps({{server: login["Username"] for server, login in logins.items()}}))
kept.write_text(json.dumps(logins))
"""


class CredentialHelper(msgspec.Struct, frozen=True):
    """`docker-credential-NAME` in `directory`, which belongs into PATH."""

    directory: Path
    name: str = "test"

    def install(self) -> None:
        self.directory.mkdir()
        self._file.write_text("{}")
        program = self.directory / f"docker-credential-{self.name}"
        program.write_text(_PROGRAM.format(python=sys.executable, file=str(self._file)))
        program.chmod(0o755)

    def hold(self, server: str, name: str, secret: str) -> None:
        """It has this from before."""
        kept = json.loads(self._file.read_text())
        kept[server] = {"ServerURL": server, "Username": name, "Secret": secret}
        self._file.write_text(json.dumps(kept))

    @property
    def logins(self) -> dict[str, tuple[str, str]]:
        """Server -> name and password."""
        kept = json.loads(self._file.read_text())
        return {server: (login["Username"], login["Secret"]) for server, login in kept.items()}

    @property
    def _file(self) -> Path:
        return self.directory / "kept.json"
