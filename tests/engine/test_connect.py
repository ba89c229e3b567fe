"""Which engine is meant, and which version of its API is spoken."""

import hashlib
import json
from pathlib import Path

import pytest

from minicompose.engine.api import NEWEST, Api
from minicompose.engine.connect import connect, find_endpoint, open_transport
from minicompose.engine.contexts import Endpoint, TlsFiles
from minicompose.engine.sockets import SocketTransport, unix_dial
from minicompose.errors import EngineTooOld, UsageError
from tests.engine.canned import CannedServer, always


def _home(tmp_path: Path, current: str | None = None, **contexts: str) -> dict[str, str]:
    """An environment whose Docker configuration has these contexts: name -> host."""
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(json.dumps({"currentContext": current} if current else {}))
    for name, host in contexts.items():
        meta = tmp_path / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
        meta.mkdir(parents=True)
        told = {"Name": name, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
        (meta / "meta.json").write_text(json.dumps(told))
    return {"HOME": str(tmp_path)}


def test_without_a_word_it_is_this_machines_engine(tmp_path: Path) -> None:
    assert find_endpoint(None, None, {"HOME": str(tmp_path)}) == Endpoint(host="unix:///var/run/docker.sock")


def test_the_first_that_is_said_counts(tmp_path: Path) -> None:
    home = _home(tmp_path, current="a", a="unix:///a", b="unix:///b")
    env = {**home, "DOCKER_HOST": "unix:///host", "DOCKER_CONTEXT": "b"}

    assert find_endpoint("unix:///flag", "a", env).host == "unix:///flag"
    assert find_endpoint(None, "a", env).host == "unix:///host"
    del env["DOCKER_HOST"]
    assert find_endpoint(None, "a", env).host == "unix:///a"
    assert find_endpoint(None, None, env).host == "unix:///b"


def test_the_current_context_counts_when_nothing_is_said(tmp_path: Path) -> None:
    assert find_endpoint(None, None, _home(tmp_path, current="far", far="ssh://me@far")).host == "ssh://me@far"


def test_the_default_context_is_this_machines_engine(tmp_path: Path) -> None:
    home = _home(tmp_path, current="far", far="ssh://me@far")

    assert find_endpoint(None, "default", home).host == "unix:///var/run/docker.sock"


def test_a_context_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='no Docker context "nope"'):
        find_endpoint(None, "nope", _home(tmp_path))


def test_a_contexts_keys_are_found(tmp_path: Path) -> None:
    home = _home(tmp_path, far="tcp://far:2376")
    keys = tmp_path / ".docker" / "contexts" / "tls" / hashlib.sha256(b"far").hexdigest() / "docker"
    keys.mkdir(parents=True)
    (keys / "ca.pem").touch()

    assert find_endpoint(None, "far", home).tls == TlsFiles(ca=str(keys / "ca.pem"))


def test_docker_tls_verify_asks_for_tls(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").touch()
    env = {"DOCKER_HOST": "tcp://far:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}

    endpoint = find_endpoint(None, None, env)

    assert endpoint.tls == TlsFiles(cert=str(tmp_path / "cert.pem"), verify=True)
    assert open_transport(endpoint).address == "tcp://far:2376"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("unix:///run/x.sock", "unix:///run/x.sock"),
        ("/run/x.sock", "unix:///run/x.sock"),
        ("tcp://far:1234", "tcp://far:1234"),
        ("far:1234", "tcp://far:1234"),
        ("tcp://[::1]:1234", "tcp://[::1]:1234"),
        ("ssh://me@far:22", "ssh://me@far:22"),
    ],
)
def test_addresses_are_understood(host: str, address: str) -> None:
    assert open_transport(Endpoint(host=host)).address == address


@pytest.mark.parametrize("host", ["ftp://far", "tcp://", "ssh://-oProxyCommand=evil"])
def test_what_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(UsageError):
        open_transport(Endpoint(host=host))


# ---- versions ----


@pytest.mark.parametrize(("theirs", "spoken"), [("1.41", (1, 41)), ("1.47", (1, 47)), ("1.99", NEWEST)])
def test_the_lower_version_is_spoken(tmp_path: Path, theirs: str, spoken: tuple[int, int]) -> None:
    path = str(tmp_path / "s")
    with CannedServer(always(b"OK", headers=f"Api-Version: {theirs}\r\n"), path):
        transport = SocketTransport(unix_dial(path), "unix://s")

        assert Api(transport).version == spoken
        transport.close()


def test_an_engine_that_is_too_old_is_told_with_both_versions(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with CannedServer(always(b"OK", headers="Api-Version: 1.24\r\n"), path):
        transport = SocketTransport(unix_dial(path), "unix://s")

        with pytest.raises(EngineTooOld, match=r"1\.24.*1\.41"):
            Api(transport).get("/info")
        transport.close()


def test_docker_api_version_is_spoken_without_asking(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    env = {"DOCKER_HOST": f"unix://{path}", "DOCKER_API_VERSION": "1.42", "HOME": str(tmp_path)}

    with CannedServer(always(b'{"Version":"28.0"}'), path), connect(None, None, env) as engine:
        assert engine.info().api == (1, 42)


def test_an_api_version_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="DOCKER_API_VERSION"):
        connect("unix:///x", None, {"DOCKER_API_VERSION": "latest"})
