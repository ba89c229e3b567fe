"""`use_api_socket`: what is added to a container, and what the container then has."""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from minicompose.engine.api import Api
from minicompose.engine.api_socket import SOCKET, socket_of, with_api_socket
from minicompose.engine.connect import connect
from minicompose.engine.credentials import Credentials
from minicompose.model import Mount, Service
from minicompose.planning.plan import ContainerSpec
from tests.engine.making import Bench
from tests.real_engine import real_api

LOGIN = {"auths": {"reg.example": {"auth": "dTpw"}, "tokens.example": {"identitytoken": "t"}, "empty.example": {}}}


def asked(**fields: Any) -> ContainerSpec:
    service = Service(name="web", image="a", use_api_socket=True, **fields)
    spec = ContainerSpec(project="shop", name="shop-web-1", number=1, image="a", service=service)
    return with_api_socket(spec, "/run/engine.sock", b"{}")


def test_the_socket_is_mounted_where_clients_look_for_it() -> None:
    (mount,) = asked().service.volumes or ()

    assert (mount.type, mount.source, mount.target, mount.read_only) == ("bind", "/run/engine.sock", SOCKET, None)


def test_the_credentials_are_where_the_environment_says() -> None:
    spec = asked(environment={"A": "1"})

    assert spec.service.environment == {"A": "1", "DOCKER_CONFIG": "/run/secrets/docker"}
    assert [(file.target, file.mode) for file in spec.injected] == [("/run/secrets/docker/config.json", 0o444)]
    assert spec.file_volumes == ()


def test_what_the_service_says_itself_stays() -> None:
    own = Mount(type="bind", source="/proxy.sock", target=SOCKET)
    spec = asked(volumes=(own,), environment={"DOCKER_CONFIG": "/mine"})

    assert spec.service.volumes == (own,)
    assert spec.service.environment == {"DOCKER_CONFIG": "/mine"}


def test_a_read_only_container_has_a_volume_for_the_credentials() -> None:
    assert asked(read_only=True).file_volumes == ("/run/secrets/docker",)


@pytest.mark.parametrize(
    ("address", "engine", "socket"),
    [
        ("unix:///run/user/7/docker.sock", "Docker", "/run/user/7/docker.sock"),
        ("unix:///home/me/desktop.sock", "Docker Desktop 4.30.0", SOCKET),
        ("tcp://build:2375", "Docker", SOCKET),
        ("ssh://me@build", "Docker", SOCKET),
    ],
)
def test_the_socket_is_that_of_the_engines_own_host(
    address: str, engine: str, socket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Transport:
        def __init__(self) -> None:
            self.address = address

    monkeypatch.setattr(sys, "platform", "linux")

    assert socket_of(Api(Transport(), (1, 41)), engine) == socket  # type: ignore[arg-type]


def test_all_credentials_are_in_the_configuration_itself(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LOGIN))

    told = json.loads(Credentials({"DOCKER_CONFIG": str(tmp_path)}).configuration(print))

    assert told == {"auths": {"reg.example": {"auth": "dTpw"}, "tokens.example": {"identitytoken": "t"}}}


def test_without_a_login_the_configuration_is_empty(tmp_path: Path) -> None:
    assert json.loads(Credentials({"DOCKER_CONFIG": str(tmp_path)}).configuration(print)) == {"auths": {}}


@pytest.mark.engine
@pytest.mark.parametrize("read_only", [None, True])
def test_a_container_has_the_engines_socket_and_the_users_credentials(
    real_project: str, tmp_path: Path, read_only: bool | None
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LOGIN))
    with connect(None, None, {"DOCKER_CONFIG": str(tmp_path)}) as engine:
        bench = Bench(engine, real_project)
        script = "test -S /var/run/docker.sock && cat $DOCKER_CONFIG/config.json"
        id = bench.run_to_end(bench.spec("web", "sh", "-c", script, use_api_socket=True, read_only=read_only))

        printed = b"".join(chunk.data for chunk in engine.logs(id))

    assert json.loads(printed)["auths"]["reg.example"] == {"auth": "dTpw"}
    api = real_api()
    inspected = msgspec.json.encode(api.get(f"/containers/{id}/json"))
    api.transport.close()
    assert b"dTpw" not in inspected
