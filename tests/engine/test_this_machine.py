"""Which engine of this machine is meant where nobody says which."""

import pytest

from minicompose.engine.contexts import Endpoint
from minicompose.engine.this_machine import this_machines_engine

ANN = {"HOME": "/home/ann", "XDG_RUNTIME_DIR": "/run/user/1000"}
PODMAN = "/usr/bin/podman"


def found(
    *sockets: str, environment: dict[str, str] | None = None, podman: str | None = None, user: int = 1000
) -> Endpoint:
    """What is taken where these sockets are there, and this `podman`."""
    return this_machines_engine(
        ANN if environment is None else environment,
        usable=sockets.__contains__,
        program={"podman": podman}.get,
        user=user,
    )


def test_dockers_socket_counts_first_and_nothing_else_is_looked_at() -> None:
    looked: list[str] = []

    def usable(socket: str) -> bool:
        looked.append(socket)
        return True

    endpoint = this_machines_engine({**ANN, "CONTAINER_HOST": "unix:///other"}, usable, lambda name: PODMAN, 1000)

    assert endpoint == Endpoint(host="unix:///var/run/docker.sock")
    assert looked == ["/var/run/docker.sock"]


@pytest.mark.parametrize(
    ("socket", "user"),
    [
        ("/run/user/1000/docker.sock", 1000),
        ("/home/ann/.docker/run/docker.sock", 1000),
        ("/run/user/1000/podman/podman.sock", 1000),
    ],
)
def test_a_socket_of_ones_own_is_found(socket: str, user: int) -> None:
    assert found(socket, podman=PODMAN, user=user) == Endpoint(host=f"unix://{socket}")


def test_without_a_runtime_directory_the_usual_one_is_looked_into() -> None:
    assert found("/run/user/7/docker.sock", environment={}, user=7).host == "unix:///run/user/7/docker.sock"


def test_docker_without_root_counts_before_podman() -> None:
    docker, podman = "/run/user/1000/docker.sock", "/run/user/1000/podman/podman.sock"

    assert found(podman, docker).host == f"unix://{docker}"


def test_the_administrators_podman_is_the_administrators_alone() -> None:
    socket = "/run/podman/podman.sock"

    assert found(socket, environment={}, user=0).host == f"unix://{socket}"
    assert found(socket).host == "unix:///var/run/docker.sock"


def test_container_host_counts_where_there_is_no_docker() -> None:
    said = {**ANN, "CONTAINER_HOST": "unix:///srv/podman.sock"}

    assert found("/run/user/1000/podman/podman.sock", environment=said).host == "unix:///srv/podman.sock"
    assert found("/run/user/1000/docker.sock", environment=said).host == "unix:///run/user/1000/docker.sock"


def test_a_podman_without_a_socket_is_started_on_demand() -> None:
    ours = Endpoint(host="unix:///run/user/1000/minicompose/podman.sock", started_by=PODMAN)

    assert found(podman=PODMAN) == ours
    assert found(podman=PODMAN, environment={}, user=0).host == "unix:///run/minicompose/podman.sock"


def test_where_there_is_nothing_it_is_dockers_socket_that_is_missed() -> None:
    assert found() == Endpoint(host="unix:///var/run/docker.sock")
