"""What Podman says otherwise than Docker, made the same; no Podman is needed."""

import json
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minicompose.engine.api import Api
from minicompose.engine.connect import open_transport
from minicompose.engine.contexts import Endpoint
from minicompose.engine.http_engine import HttpEngine
from minicompose.engine.lacks.podman import lacking_on_podman
from minicompose.engine.podman.answers import answer_of_podman, event_of_podman, short_name, with_health_and_networks
from minicompose.engine.podman.late import LateAnswer
from minicompose.engine.podman.log_frames import with_times_once
from minicompose.engine.podman.refusals import refusal_of_podman
from minicompose.engine.podman.requests import body_for_podman, path_for_podman, query_for_podman
from minicompose.engine.protocol import Abilities, LoggedEvent
from minicompose.engine.sockets import SocketTransport, unix_dial
from minicompose.errors import Conflict, EngineError, NoProgram, NotFound
from minicompose.model import DeviceRequest, Healthcheck, Network, NetworkAttachment, Port, Service
from tests.engine.canned import CannedServer, answer, read_request


def answered(method: str, path: str, body: object) -> Any:
    return json.loads(answer_of_podman(method, path, json.dumps(body).encode()))


# ---- answers ----


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("docker.io/library/redis:8", "redis:8"),
        ("docker.io/grafana/grafana:12", "grafana/grafana:12"),
        ("localhost/shop:latest", "localhost/shop:latest"),
        ("quay.io/prometheus/prometheus:v3", "quay.io/prometheus/prometheus:v3"),
    ],
)
def test_images_of_docker_hub_have_short_names(theirs: str, ours: str) -> None:
    assert short_name(theirs) == ours


def test_a_container_without_a_check_tells_of_none() -> None:
    told = {"State": {"Status": "stopped", "Health": {"Status": ""}}, "Config": {"Image": "docker.io/library/redis:8"}}

    found = answered("GET", "/containers/a/json", told)

    assert found["State"] == {"Status": "exited"}
    assert found["Config"]["Image"] == "redis:8"


def test_an_inspected_container_tells_the_addresses_that_it_has() -> None:
    networks = {"podman": {"IPAMConfig": None, "IPAddress": "10.0.0.7", "GlobalIPv6Address": ""}}
    told = {"State": {"Status": "running"}, "Config": {"Image": "a"}, "NetworkSettings": {"Networks": networks}}

    found = answered("GET", "/containers/a/json", told)["NetworkSettings"]["Networks"]

    assert found["bridge"]["IPAMConfig"] == {"IPv4Address": "10.0.0.7", "IPv6Address": ""}


def test_its_own_list_of_networks_becomes_dockers() -> None:
    (found,) = answered(
        "GET",
        "/networks",
        [
            {
                "name": "shop_default",
                "id": "1f",
                "driver": "bridge",
                "labels": {"a": "b"},
                "options": {"mtu": "1400", "isolate": "true"},
                "subnets": [
                    {
                        "subnet": "10.9.2.0/24",
                        "gateway": "10.9.2.1",
                        "lease_range": {"start_ip": "10.9.2.129", "end_ip": "10.9.2.255"},
                    }
                ],
                "ipam_options": {"driver": "host-local"},
            }
        ],
    )

    assert (found["Name"], found["Id"], found["Labels"]) == ("shop_default", "1f", {"a": "b"})
    assert found["Options"] == {"com.docker.network.driver.mtu": "1400"}
    assert found["IPAM"]["Config"] == [
        {"Subnet": "10.9.2.0/24", "Gateway": "10.9.2.1", "IPRange": "10.9.2.128/25"},
    ]


def test_a_list_of_containers_tells_health_and_the_ids_of_networks() -> None:
    running = {"Id": "a", "State": "running", "Status": "Up 5 seconds"}
    containers = [{**running, "NetworkSettings": {"Networks": {"shop_default": {"NetworkID": "shop_default"}}}}]

    def told(health: str) -> Any:
        own = [{"Id": "a", "Status": health}]
        lists = (json.dumps(each).encode() for each in (containers, own, [{"Name": "shop_default", "Id": "1f"}]))
        return json.loads(with_health_and_networks(*lists))[0]

    assert [told(health)["Status"] for health in ("healthy", "starting", "")] == [
        "Up 5 seconds (healthy)",
        "Up 5 seconds (health: starting)",
        "Up 5 seconds",
    ]
    assert told("")["NetworkSettings"]["Networks"]["shop_default"]["NetworkID"] == "1f"


def test_a_list_of_containers_tells_the_ports_that_are_published_now() -> None:
    def told(state: str, *ports: dict[str, object]) -> Any:
        its = {"State": state, "Image": "a", "Ports": ports, "NetworkSettings": None}
        return answered("GET", "/containers/json", [its])[0]["Ports"]

    anywhere = {"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}
    here = {**anywhere, "IP": "127.0.0.1"}

    assert told("running", anywhere, here) == [{**anywhere, "IP": "0.0.0.0"}, here]
    assert told("exited", anywhere) == []


def test_one_that_does_not_run_has_no_processes() -> None:
    with pytest.raises(Conflict):
        answer_of_podman("GET", "/containers/a/top", b"")


def test_an_event_is_told_as_docker_tells_it() -> None:
    attributes = {"image": "docker.io/library/redis:8", "name": "a", "podId": "", "containerExitCode": "0"}

    removed = event_of_podman(LoggedEvent(action="remove", id="a", attributes=attributes))

    assert removed == LoggedEvent(action="destroy", id="a", attributes={"image": "redis:8", "name": "a"})
    assert event_of_podman(LoggedEvent(action="init", id="a")) is None


def test_what_is_the_same_is_not_touched() -> None:
    assert answer_of_podman("GET", "/volumes", b'{"Volumes": []}') == b'{"Volumes": []}'


# ---- requests ----


def test_events_are_chosen_by_podmans_names() -> None:
    query = query_for_podman("/events", {"filters": json.dumps({"event": ["start", "die", "destroy"]})})

    assert query is not None
    assert json.loads(str(query["filters"])) == {"event": ["start", "died", "remove"]}


def test_a_time_that_is_over_is_read_to_its_end_at_once() -> None:
    query = query_for_podman("/events", {"since": "100.000000000", "until": "200.5"})

    assert query == {"since": "99.999999000", "stream": "0"}


def test_a_time_that_is_to_come_is_waited_for() -> None:
    until = f"{time.time() + 1000:.3f}"

    assert query_for_podman("/events", {"until": until}) == {"until": until}


@pytest.mark.parametrize("path", ["/containers/create", "/containers/a/exec"])
def test_variables_without_a_value_are_left_out(path: str) -> None:
    body = body_for_podman(path, {"Env": ["A=1", "B"], "StopTimeout": 3})

    assert body == {"Env": ["A=1"], "StopTimeout": 3}


def test_a_container_that_says_nothing_of_its_stop_has_dockers_grace() -> None:
    assert body_for_podman("/containers/create", {"Image": "a"}) == {"Image": "a", "StopTimeout": 10}


@pytest.mark.parametrize(("asked", "sent"), [("/a/b/.", "/a/b"), ("/.", "/"), ("/a/b", "/a/b"), ("/a/b.", "/a/b.")])
def test_the_contents_of_a_directory_come_with_the_directory(asked: str, sent: str) -> None:
    assert query_for_podman("/containers/x/archive", {"path": asked}) == {"path": sent}


def test_networks_are_asked_for_in_its_own_words() -> None:
    assert path_for_podman("GET", "/networks") == "/libpod/networks/json"
    assert path_for_podman("GET", "/networks/shop_default") == "/networks/shop_default"


@pytest.mark.parametrize("pinned", [None, (1, 41)])
def test_its_own_api_is_asked_by_its_own_version(tmp_path: Path, pinned: tuple[int, int] | None) -> None:
    asked: list[str] = []

    def script(channel: socket.socket, number: int) -> None:
        while request := read_request(channel):
            asked.append(request.split()[1].decode())
            channel.sendall(answer(b"[]", headers="Api-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\n"))

    path = str(tmp_path / "s")
    with CannedServer(script, path):
        api = Api(SocketTransport(unix_dial(path), f"unix://{path}"), pinned)
        api.get("/networks")
        api.transport.close()

    assert (api.is_podman, asked) == (True, ["/_ping", "/v4.0.0/libpod/networks/json"])


def test_whoever_lists_containers_first_is_told_their_health(tmp_path: Path) -> None:
    its = {"Id": "a", "Names": ["/web"], "Image": "a", "State": "running", "Status": "Up 5 seconds"}
    lists = {
        "/_ping": b"OK",
        "/v1.41/containers/json": json.dumps([{**its, "NetworkSettings": {"Networks": {}}}]).encode(),
        "/v4.0.0/libpod/containers/json": b'[{"Id": "a", "Status": "healthy"}]',
        "/v4.0.0/libpod/networks/json": b"[]",
    }

    def script(channel: socket.socket, number: int) -> None:
        while request := read_request(channel):
            body = lists[request.split()[1].decode().partition("?")[0]]
            channel.sendall(answer(body, headers="Api-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\n"))

    path = str(tmp_path / "s")
    with CannedServer(script, path), HttpEngine(Api(SocketTransport(unix_dial(path), f"unix://{path}")), {}) as engine:
        assert [each.health for each in engine.project_containers("shop")] == ["healthy"]


def test_a_network_is_made_though_an_interface_has_gone_meanwhile(tmp_path: Path) -> None:
    asked: list[str] = []
    fault = b'{"message": "route ip+net: no such network interface"}'

    def script(channel: socket.socket, number: int) -> None:
        headers = "Api-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\n"
        while request := read_request(channel):
            asked.append(request.split()[1].decode())
            is_first = asked.count("/v1.41/networks/create") == 1
            channel.sendall(
                answer(fault, "500 Internal Server Error", headers) if is_first else answer(b"{}", headers=headers)
            )

    path = str(tmp_path / "s")
    with CannedServer(script, path), HttpEngine(Api(SocketTransport(unix_dial(path), f"unix://{path}")), {}) as engine:
        engine.create_network(Network(name="shop_default"), {})

    assert asked == ["/_ping", "/v1.41/networks/create", "/v1.41/networks/create"]


# ---- refusals ----


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        (
            'container create: the container name "a" is already in use by 9bc4cd6091e2721b970b. You have to',
            Conflict,
            'the name "a" is already in use',
        ),
        ('"n" has associated containers with it. Use -f to forcibly delete', Conflict, "active endpoints"),
        ("unable to find network with name or ID x: network not found", NotFound, "network not found"),
        ("container a is not connected to network n", NotFound, "not connected"),
        ("can only kill running containers. a is in state created: container state improper", Conflict, "improper"),
        ("crun: executable file `nope` not found in $PATH: No such file", NoProgram, 'no program "nope"'),
    ],
)
def test_a_refusal_is_what_docker_would_make_of_it(message: str, kind: type[EngineError], words: str) -> None:
    error = refusal_of_podman(500, message)

    assert isinstance(error, kind)
    assert words in error.message


# ---- a log that says nothing ----


def test_following_a_silent_log_can_be_ended() -> None:
    silent = threading.Event()

    def open() -> Any:
        silent.wait(20)
        raise EngineError("nobody waits for this any more")

    late = LateAnswer(open)
    threading.Timer(0, late.close).start()

    assert list(late.chunks()) == []
    silent.set()


def test_what_goes_wrong_is_told_to_whoever_reads() -> None:
    def open() -> Any:
        raise NotFound("no such container")

    with pytest.raises(NotFound):
        list(LateAnswer(open).chunks())


def frame(stream: int, content: bytes) -> bytes:
    return bytes([stream, 0, 0, 0, *len(content).to_bytes(4)]) + content


@pytest.mark.parametrize("cut", [1, 7, 30, 1000])
def test_a_line_that_comes_in_pieces_has_its_time_once(cut: int) -> None:
    told = b"".join(
        [
            frame(1, b"2026-11-26T13:59:34Z whole\n"),
            frame(1, b"2026-11-26T13:59:34Z in "),
            frame(2, b"2026-11-26T13:59:34Z another output\n"),
            frame(1, b"2026-11-26T13:59:35Z three "),
            frame(1, b"2026-11-26T13:59:35Z pieces\n"),
            frame(1, b"2026-11-26T13:59:36Z and no end"),
        ]
    )
    chunks = iter([told[place : place + cut] for place in range(0, len(told), cut)])

    found = b"".join(with_times_once(chunks))

    assert found == b"".join(
        [
            frame(1, b"2026-11-26T13:59:34Z whole\n"),
            frame(1, b"2026-11-26T13:59:34Z in "),
            frame(2, b"2026-11-26T13:59:34Z another output\n"),
            frame(1, b"three "),
            frame(1, b"pieces\n"),
            frame(1, b"2026-11-26T13:59:36Z and no end"),
        ]
    )


# ---- what it lacks ----


@pytest.mark.parametrize(
    ("fields", "path", "harmless"),
    [
        ({"links": ("db:database",)}, ("links", 0), False),
        ({"external_links": ("other",)}, ("external_links", 0), False),
        ({"network_mode": "bridge", "links": ("db",)}, ("links", 0), False),
        ({"ports": (Port(target=80, published="8000-8009"),)}, ("ports", 0, "published"), False),
        ({"security_opt": ("seccomp:profile.json",)}, ("security_opt", 0), False),
        ({"gpus": (DeviceRequest(),)}, ("gpus",), False),
        ({"environment": {"A": None}}, ("environment", "A"), True),
        ({"domainname": "example.org"}, ("domainname",), True),
        ({"memswap_limit": -1}, ("memswap_limit",), True),
        (
            {"networks": {"n": NetworkAttachment(link_local_ips=("169.254.8.8",))}},
            ("networks", "n", "link_local_ips"),
            True,
        ),
        ({"pull_policy": "every_12h"}, ("pull_policy",), True),
        ({"healthcheck": Healthcheck(retries=3)}, ("healthcheck",), True),
    ],
)
def test_what_podman_lacks_is_known_before(fields: dict[str, Any], path: tuple[str | int, ...], harmless: bool) -> None:
    (lack,) = lacking_on_podman(Service(name="web", **fields), Abilities())

    assert (lack.path, lack.harmless) == (path, harmless)


@pytest.mark.parametrize(
    "fields",
    [
        {"links": ("db",)},
        {"links": ("db:db",)},
        {"environment": {"A": ""}},
        {"ports": (Port(target=80, published="8000"),)},
        {"healthcheck": Healthcheck(test=("CMD", "true"))},
        {"pull_policy": "always"},
    ],
)
def test_what_podman_has_is_not_complained_of(fields: dict[str, Any]) -> None:
    assert list(lacking_on_podman(Service(name="web", **fields), Abilities())) == []


def test_where_nobody_makes_health_checks_it_is_said() -> None:
    service = Service(name="web", healthcheck=Healthcheck(test=("CMD", "true")))

    (lack,) = lacking_on_podman(service, Abilities(makes_checks=False))

    assert (lack.path, lack.harmless) == (("healthcheck",), True)
    assert "systemd" in lack.why


# ---- started on demand ----

# As Podman does: it takes the socket that it is given, and answers there.
STAND_IN = """#!{python}
import os, socket, sys
assert sys.argv[1:3] == ["system", "service"] and os.environ["LISTEN_PID"] == str(os.getpid())
with open({started!r}, "a") as note:
    note.write("started in " + os.getcwd() + "\\n")
listening = socket.socket(fileno=3)
while True:
    channel, _ = listening.accept()
    channel.recv(65536)
    last = os.path.exists({enough!r})
    if last:
        listening.close()  # nobody is taken in any more once it has answered
    channel.sendall(b"HTTP/1.1 200 OK\\r\\nApi-Version: 1.41\\r\\nLibpod-Api-Version: 4.3.1\\r\\n"
                    b"Connection: close\\r\\nContent-Length: 2\\r\\n\\r\\nOK")
    channel.close()
    if last:
        break
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[Path]:
    """A program that answers as a `podman` would; `started` notes how often it was."""
    program = tmp_path / "podman"
    places = {"started": str(tmp_path / "started"), "enough": str(tmp_path / "enough")}
    program.write_text(STAND_IN.format(python=sys.executable, **places))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    yield program
    (tmp_path / "enough").touch()
    _ask(tmp_path / "run" / "podman.sock", program)  # its last answer


def _ask(place: Path, program: Path) -> bytes:
    transport = open_transport(Endpoint(host=f"unix://{place}", started_by=str(program)))
    try:
        return transport.request("GET", "/_ping").read()
    finally:
        transport.close()


def test_a_podman_is_started_when_it_is_asked_and_once(stand_in: Path, tmp_path: Path) -> None:
    place = tmp_path / "run" / "podman.sock"

    assert [_ask(place, stand_in) for _ in range(3)] == [b"OK"] * 3

    assert (tmp_path / "started").read_text() == "started in /\n"  # which stays, whatever becomes of ours
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_one_that_has_ended_is_started_again(stand_in: Path, tmp_path: Path) -> None:
    place, enough = tmp_path / "run" / "podman.sock", tmp_path / "enough"
    enough.touch()

    assert [_ask(place, stand_in) for _ in range(2)] == [b"OK"] * 2

    assert (tmp_path / "started").read_text() == "started in /\n" * 2
