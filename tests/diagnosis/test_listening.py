"""Who listens on a port of this machine."""

import os
import socket
import sys
from pathlib import Path

import pytest

from minicompose.diagnosis.here import listening_on
from minicompose.diagnosis.listening import is_refused, listeners
from minicompose.diagnosis.ports import Holder, holder, overlap
from minicompose.planning.observed import ObservedContainer, PublishedPort

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@linux
@pytest.mark.parametrize(
    ("family", "address", "shown"),
    [(socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "::1")],
)
def test_a_listener_is_found_with_its_address_and_process(family: int, address: str, shown: str) -> None:
    with socket.socket(family) as listening:
        listening.bind((address, 0))
        listening.listen()
        port = listening.getsockname()[1]

        (found,) = listeners({("tcp", port)})

        assert (found.address, found.port, found.pid) == (shown, port, os.getpid())
        assert found.program
        assert is_refused("tcp", address, port)
    assert listeners({("tcp", port)}) == ()
    assert not is_refused("tcp", address, port)


@linux
def test_a_socket_of_udp_is_found() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]

        assert [each.protocol for each in listeners({("udp", port)})] == ["udp"]
        assert listeners({("tcp", port)}) == ()


def test_a_machine_without_proc_tells_nothing(tmp_path: Path) -> None:
    assert listeners({("tcp", 80)}, tmp_path) == ()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("", "127.0.0.1", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("0.0.0.0", "::1", False),
        ("::", "::1", True),
    ],
)
def test_addresses_that_are_in_each_others_way(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is expected


def test_what_listens_for_a_container_that_does_not_count_does_not_count_either() -> None:
    port = PublishedPort(container_port=80, host_port=8080)
    own = ObservedContainer(
        id="a" * 64,
        name="shop-web-1",
        service="web",
        number=1,
        state="running",
        ports=(PublishedPort(container_port=80, host_ip="0.0.0.0", host_port=8080),),
    )
    from minicompose.diagnosis.listening import Listener

    proxy = Listener(protocol="tcp", address="0.0.0.0", port=8080)

    assert holder(port, (own,), (proxy,), {own.id}) is None
    assert holder(port, (own,), (proxy,)) == Holder(container="shop-web-1")
    assert holder(port, (), (proxy,)) == Holder()


@linux
def test_a_port_that_two_ask_for_on_different_addresses_is_tried_on_both() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        number = listening.getsockname()[1]
        free, taken = (
            PublishedPort(container_port=80, host_ip=address, host_port=number)
            for address in ("127.0.0.2", "127.0.0.1")
        )

        assert len(listening_on([taken, free])) == 1
        assert listening_on([free]) == ()
