"""A private registry for tests that are marked `engine`: Debian's docker-registry, run on a free port."""

import base64
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Self

import msgspec
import pytest

from minicompose.engine.api import Api
from minicompose.engine.contexts import TlsFiles
from tests.real_engine import IMAGE, real_api

USER, PASSWORD = "ann", "secret"
_ENTRY = f"{USER}:$2b$04$N/j4NR7Akl11eRIFeyE5huPj8xgJP4GoHUC39smlXDOPrR6Lx4eDS\n"  # of htpasswd -B

_LISTENING = re.compile(r"listening on ([0-9.]+:[0-9]+)")


class Registry(msgspec.Struct, frozen=True):
    """A registry that runs. `host` is its address with its port; `private` that it asks who is there."""

    host: str
    private: bool

    def image(self, name: str) -> str:
        return f"{self.host}/{name}"

    def push_test_image(self, name: str) -> str:
        """Put the test image there under `name`, and under no name on the engine; returns its digest there."""
        api = real_api()
        repository, _, tag = self.image(name).rpartition(":")
        api.post(f"/images/{IMAGE}/tag", query={"repo": repository, "tag": tag})
        try:
            said = api.open("POST", f"/images/{repository}/push", {"tag": tag}, headers=self._credentials()).read()
        finally:
            api.delete(f"/images/{self.image(name)}")
            api.transport.close()
        digests = re.findall(rb'"Digest":"(sha256:[0-9a-f]{64})"', said)
        assert digests, said.decode()
        return str(digests[0].decode())

    def docker_config(self, directory: Path) -> Path:
        """A configuration of Docker's in which the user is logged in here."""
        auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        directory.mkdir()
        (directory / "config.json").write_text(json.dumps({"auths": {self.host: {"auth": auth}}}))
        return directory

    def _credentials(self) -> dict[str, str]:
        who = {"username": USER, "password": PASSWORD} if self.private else {}
        return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(who).encode()).decode()}


@contextmanager
def registry(
    directory: Path, *, private: bool = False, address: str = "127.0.0.1", tls: TlsFiles | None = None
) -> Iterator[Registry]:
    """A registry that keeps what it has in `directory`, for as long as the context lasts.

    An engine insists on TLS with all but those on 127.0.0.0/8.
    """
    program = shutil.which("docker-registry")
    if program is None:
        pytest.fail("there is no docker-registry; scripts/registry installs it", pytrace=False)
    with _Running(program, _configuration(directory, private, address, tls)) as running:
        yield Registry(running.host, private)


def own_address() -> str:
    """An address of this machine that is not 127.0.0.1: that on the engine's own bridge.

    An engine that has found its bridge made already does not tell it; then it is the first one there is.
    """
    with closing(real_api().transport) as transport:
        told = Api(transport).get("/networks/bridge")["IPAM"]["Config"][0]
    return str(told.get("Gateway") or ip_network(told["Subnet"])[1])


@contextmanager
def trusted(host: str, ca: Path) -> Iterator[None]:
    """The engine knows the authority of the registry there, as an administrator tells it."""
    if os.geteuid() != 0:
        pytest.skip("an engine is told of an authority by root")
    directory = Path("/etc/docker/certs.d") / host
    made = [place for place in (directory, *directory.parents) if not place.exists()]
    directory.mkdir(parents=True)
    try:
        shutil.copy(ca, directory / "ca.crt")
        yield
    finally:
        (directory / "ca.crt").unlink()
        for place in made:
            with suppress(OSError):  # another test may have its own there
                place.rmdir()


class _Running:
    def __init__(self, program: str, configuration: Path) -> None:
        self._process = subprocess.Popen(
            [program, "serve", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        self._said = self._process.stderr
        # What it says later is of no interest, but has to go somewhere.
        self._reading = threading.Thread(target=self._said.read)
        self.host = ""

    def __enter__(self) -> Self:
        """Wait until it says where it listens."""
        said = ""
        for line in self._said:
            said += line
            if found := _LISTENING.search(line):
                self.host = found[1]
                self._reading.start()
                return self
        pytest.fail(f"docker-registry ended: {said}", pytrace=False)

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._reading.join()
        self._said.close()


def _configuration(directory: Path, private: bool, address: str, tls: TlsFiles | None) -> Path:
    directory.mkdir()
    http: dict[str, object] = {"addr": f"{address}:0"}
    if tls is not None:
        http["tls"] = {"certificate": tls.cert, "key": tls.key}
    said: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "info", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(directory / "data")}},
        "http": http,
    }
    if private:
        (directory / "htpasswd").write_text(_ENTRY)
        said["auth"] = {"htpasswd": {"realm": "tests", "path": str(directory / "htpasswd")}}
    file = directory / "config.yml"
    file.write_text(json.dumps(said))
    return file
