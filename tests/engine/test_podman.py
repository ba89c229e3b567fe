"""What Podman says otherwise than Docker, made the same; no Podman is needed."""

import contextlib
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
from minicompose.engine.failures import failure
from minicompose.engine.http_engine import HttpEngine
from minicompose.engine.lacks.podman import lacking_on_podman
from minicompose.engine.podman.answers import Refused, mended, short_name, with_health_and_networks
from minicompose.engine.podman.checks import HealthChecks
from minicompose.engine.podman.events import event_of_podman
from minicompose.engine.podman.late import LateAnswer
from minicompose.engine.podman.log_frames import with_times_once
from minicompose.engine.podman.refusals import refusal_of_podman
from minicompose.engine.podman.requests import body_for_podman, path_for_podman, query_for_podman
from minicompose.engine.protocol import Abilities, LogChunk
from minicompose.engine.sockets import SocketTransport, unix_dial
from minicompose.errors import Conflict, EngineError, NoProgram, NotFound
from minicompose.model import DeviceRequest, Healthcheck, Network, NetworkAttachment, Port, Service
from tests.engine.canned import CannedServer, answer, read_request


def answered(method: str, path: str, body: object) -> Any:
    mend = mended(method, path)
    assert mend is not None
    return json.loads(mend(json.dumps(body).encode()))


# ---- answers ----


def test_an_image_without_a_registry_is_found_by_its_short_name_unless_another_has_that() -> None:
    told = [
        {"RepoTags": ["localhost/app:1", "localhost/busybox:test"], "RepoDigests": []},
        {"RepoTags": ["docker.io/library/busybox:test"], "RepoDigests": None},
    ]

    names = [image["RepoTags"] for image in answered("GET", "/images/json", told)]

    assert names == [["localhost/app:1", "localhost/busybox:test", "app:1"], ["busybox:test"]]


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
    mend = mended("GET", "/containers/a/top")
    assert mend is not None

    with pytest.raises(Refused) as refused:
        mend(b"")

    assert refused.value.status == 409


def test_an_event_is_told_as_docker_tells_it() -> None:
    its = {"image": "docker.io/library/redis:8", "name": "a", "podId": "", "containerExitCode": "0"}

    removed = event_of_podman({"Action": "remove", "Actor": {"ID": "a", "Attributes": its}, "timeNano": 1})

    assert removed == {
        "Action": "destroy",
        "Actor": {"ID": "a", "Attributes": {"image": "redis:8", "name": "a"}},
        "timeNano": 1,
    }
    assert event_of_podman({"Action": "init", "Actor": {"ID": "a"}}) is None


def test_what_is_the_same_is_not_touched() -> None:
    assert mended("GET", "/volumes") is None


# ---- requests ----


def test_events_are_chosen_by_podmans_names() -> None:
    query = query_for_podman("/events", {"filters": json.dumps({"event": ["start", "die", "destroy"]})})

    assert query is not None
    assert json.loads(str(query["filters"])) == {"event": ["start", "died", "remove"]}


def test_a_time_that_is_over_is_read_to_its_end_at_once() -> None:
    query = query_for_podman("/events", {"since": "100.000000000", "until": "200.5"})

    assert query == {"since": "99.999999000", "stream": "0"}


def test_a_time_that_is_to_come_is_waited_for_and_time_to_read() -> None:
    until = time.time() + 1000

    query = query_for_podman("/events", {"until": f"{until:.3f}"})

    assert query is not None
    assert float(str(query["until"])) == pytest.approx(until + 3, abs=0.01)


@pytest.mark.parametrize("path", ["/containers/create", "/containers/a/exec"])
def test_variables_without_a_value_are_left_out(path: str) -> None:
    body = body_for_podman(path, b'{"Env": ["A=1", "B"], "StopTimeout": 3}')

    assert json.loads(body) == {"Env": ["A=1"], "StopTimeout": 3}


def test_a_container_that_says_nothing_of_its_stop_has_dockers_grace() -> None:
    assert json.loads(body_for_podman("/containers/create", b'{"Image": "a"}')) == {"Image": "a", "StopTimeout": 10}


@pytest.mark.parametrize(("asked", "sent"), [("/a/b/.", "/a/b"), ("/.", "/"), ("/a/b", "/a/b"), ("/a/b.", "/a/b.")])
def test_the_contents_of_a_directory_come_with_the_directory(asked: str, sent: str) -> None:
    assert query_for_podman("/containers/x/archive", {"path": asked}) == {"path": sent}


def test_networks_are_asked_for_in_its_own_words() -> None:
    assert path_for_podman("GET", "/networks") == "/libpod/networks/json"
    assert path_for_podman("GET", "/networks/shop_default") == "/networks/shop_default"


# ---- an engine that is one ----

_PODMAN = "Api-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\n"
# What is answered: a body, or a status and the body with it.
Canned = bytes | tuple[str, bytes]


class Podman:
    """Answers by method and path, and notes what it is asked; of several answers the last is given again."""

    def __init__(self, place: Path, answers: dict[str, list[Canned]]) -> None:
        self.asked: list[str] = []
        self._answers: dict[str, list[Canned]] = {"GET /_ping": [b"OK"], **answers}
        self._address = str(place / "s")
        self._server = CannedServer(self._serve, self._address)

    def __enter__(self) -> "Podman":
        return self

    def __exit__(self, *error: Any) -> None:
        self._server.__exit__(*error)

    def api(self, pinned: tuple[int, int] | None = None) -> Api:
        return Api(SocketTransport(unix_dial(self._address), f"unix://{self._address}"), pinned)

    def _serve(self, channel: socket.socket, number: int) -> None:
        while request := read_request(channel):
            method, target = request.decode().split()[:2]
            asked = f"{method} {target.partition('?')[0]}"
            self.asked.append(asked)
            answers = self._answers[asked]
            said = answers.pop(0) if len(answers) > 1 else answers[0]
            status, body = ("200 OK", said) if isinstance(said, bytes) else said
            channel.sendall(answer(body, status, _PODMAN))


@pytest.mark.parametrize("pinned", [None, (1, 41)])
def test_its_own_api_is_asked_by_its_own_version(tmp_path: Path, pinned: tuple[int, int] | None) -> None:
    with Podman(tmp_path, {"GET /v4.0.0/libpod/networks/json": [b"[]"]}) as podman:
        api = podman.api(pinned)
        api.get("/networks")
        api.transport.close()

    assert (api.is_podman, podman.asked) == (True, ["GET /_ping", "GET /v4.0.0/libpod/networks/json"])


def test_whoever_lists_containers_first_is_told_their_health(tmp_path: Path) -> None:
    its = {"Id": "a", "Names": ["/web"], "Image": "a", "State": "running", "Status": "Up 5 seconds"}
    lists: dict[str, list[Canned]] = {
        "GET /v1.41/containers/json": [json.dumps([{**its, "NetworkSettings": {"Networks": {}}}]).encode()],
        "GET /v4.0.0/libpod/containers/json": [b'[{"Id": "a", "Status": "healthy"}]'],
        "GET /v4.0.0/libpod/networks/json": [b"[]"],
    }

    with Podman(tmp_path, lists) as podman, HttpEngine(podman.api(), {}) as engine:
        assert [each.health for each in engine.project_containers("shop")] == ["healthy"]


def test_of_a_span_of_events_those_after_it_are_not_told(tmp_path: Path) -> None:
    its = {"Type": "container", "Action": "start", "Actor": {"ID": "a", "Attributes": {}}}
    told = b"".join(json.dumps({**its, "timeNano": time}).encode() + b"\n" for time in (100_000, 300_000))

    with (
        Podman(tmp_path, {"GET /v1.41/events": [told]}) as podman,
        HttpEngine(podman.api(), {}) as engine,
    ):
        assert [event.time for event in engine.event_log("shop", until="0.0002")] == [100_000]


def test_an_event_that_is_told_anew_is_told_once(tmp_path: Path) -> None:
    its = {"Type": "container", "Action": "start", "Actor": {"ID": "a", "Attributes": {}}}
    events = [{**its, "timeNano": 100}, {**its, "timeNano": 200}, {**its, "timeNano": 100, "Action": "init"}]
    events += [{**its, "timeNano": 100}, {**its, "timeNano": 200, "Action": "died"}, {**its, "timeNano": 200}]
    told = b"".join(json.dumps(event).encode() + b"\n" for event in events)

    with Podman(tmp_path, {"GET /v1.41/events": [told]}) as podman, HttpEngine(podman.api(), {}) as engine:
        found = [(event.time, event.action) for event in engine.event_log("shop", until="1")]

    assert found == [(100, "start"), (200, "start"), (200, "die")]


def test_a_network_is_made_though_an_interface_has_gone_meanwhile(tmp_path: Path) -> None:
    fault = b'{"message": "route ip+net: no such network interface"}'
    made: list[Canned] = [("500 Internal Server Error", fault), b"{}"]

    with (
        Podman(tmp_path, {"POST /v1.41/networks/create": made}) as podman,
        HttpEngine(podman.api(), {}) as engine,
    ):
        engine.create_network(Network(name="shop_default"), {})

    assert podman.asked == ["GET /_ping", *["POST /v1.41/networks/create"] * 2]


def test_what_it_refuses_is_an_error_of_ours_and_not_asked_for_again(tmp_path: Path) -> None:
    refusal = b'{"message": "network already exists"}'
    made: list[Canned] = [("500 Internal Server Error", refusal)]

    with (
        Podman(tmp_path, {"POST /v1.41/networks/create": made}) as podman,
        HttpEngine(podman.api(), {}) as engine,
        pytest.raises(Conflict),
    ):
        engine.create_network(Network(name="shop_default"), {})

    assert podman.asked.count("POST /v1.41/networks/create") == 1


def test_what_is_removed_by_force_is_killed_first_whether_it_runs_or_not(tmp_path: Path) -> None:
    answers: dict[str, list[Canned]] = {
        "GET /v1.41/containers/a/json": [
            b'{"State": {"Status": "created"}, "Config": {"Labels": {}, "Image": "a"}, "Mounts": []}'
        ],
        "POST /v1.41/containers/a/kill": [("500 Error", b'{"message": "container state improper"}')],
        "DELETE /v1.41/containers/a": [("204 No Content", b"")],
    }

    with Podman(tmp_path, answers) as podman, HttpEngine(podman.api(), {}) as engine:
        engine.remove_container("a", volumes=False, force=True)
        engine.remove_container("a", volumes=False)

    assert [asked.split()[0] for asked in podman.asked] == ["GET", "GET", "POST", "DELETE", "GET", "DELETE"]


def _begun_anew(times: int) -> bytes:
    its = {"State": {"Status": "exited"}, "Config": {"Labels": {}, "Image": "a"}, "Mounts": [], "RestartCount": times}
    return json.dumps(its).encode()


@pytest.mark.parametrize(("counts", "stops"), [((0,), 1), ((3, 3), 1), ((1, 2, 2, 5, 5, 5), 3)])
def test_what_begins_anew_after_a_stop_is_stopped_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counts: tuple[int, ...], stops: int
) -> None:
    monkeypatch.setattr("minicompose.engine.podman.transport._BEGUN_ANEW_WITHIN", 0)
    answers: dict[str, list[Canned]] = {
        "GET /v1.41/containers/a/json": [_begun_anew(count) for count in counts],
        "POST /v1.41/containers/a/stop": [("204 No Content", b"")],
    }

    with Podman(tmp_path, answers) as podman, HttpEngine(podman.api(), {}) as engine:
        engine.stop_container("a", 0)

    assert podman.asked.count("POST /v1.41/containers/a/stop") == stops


@pytest.mark.parametrize(
    ("restarts", "status", "is_removed"), [(2, "running", True), (2, "exited", True), (0, "running", False)]
)
def test_what_was_begun_anew_before_it_could_be_removed_is_stopped_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restarts: int, status: str, is_removed: bool
) -> None:
    monkeypatch.setattr("minicompose.engine.podman.transport._BEGUN_ANEW_WITHIN", 0)
    answers: dict[str, list[Canned]] = {
        "GET /v1.41/containers/a/json": [_begun_anew(restarts).replace(b"exited", status.encode())],
        "POST /v1.41/containers/a/stop": [("204 No Content", b"")],
        "DELETE /v1.41/containers/a": [
            ("500 Error", b'{"message": "cannot remove container a as it is running: container state improper"}'),
            ("204 No Content", b""),
        ],
    }

    with (
        Podman(tmp_path, answers) as podman,
        HttpEngine(podman.api(), {}) as engine,
        contextlib.nullcontext() if is_removed else pytest.raises(Conflict),
    ):
        engine.remove_container("a", volumes=False)

    assert podman.asked.count("POST /v1.41/containers/a/stop") == is_removed
    assert podman.asked.count("DELETE /v1.41/containers/a") == 1 + is_removed


def test_what_has_gone_with_its_end_is_stopped(tmp_path: Path) -> None:
    answers: dict[str, list[Canned]] = {
        "GET /v1.41/containers/a/json": [("404 Not Found", b'{"message": "no such container"}')],
        "POST /v1.41/containers/a/stop": [("204 No Content", b"")],
    }

    with Podman(tmp_path, answers) as podman, HttpEngine(podman.api(), {}) as engine:
        engine.stop_container("a", 0)

    assert podman.asked.count("POST /v1.41/containers/a/stop") == 1


def test_files_for_a_directory_that_is_not_there_are_not_sent(tmp_path: Path) -> None:
    with (
        Podman(tmp_path, {"HEAD /v1.41/containers/a/archive": [("404 Not Found", b"")]}) as podman,
        HttpEngine(podman.api(), {}) as engine,
        pytest.raises(NotFound),
    ):
        engine.write_files("a", "/nowhere", [b""])

    assert podman.asked == ["GET /_ping", "HEAD /v1.41/containers/a/archive"]


@pytest.mark.parametrize(("tty", "shown"), [(False, b"in pieces\n"), (True, b"in pieces\n")])
def test_a_log_with_times_has_each_once(tmp_path: Path, tty: bool, shown: bytes) -> None:
    pieces = frame(1, b"2026-11-26T13:59:34Z in ") + frame(1, b"2026-11-26T13:59:35Z pieces\n")
    log = b"2026-11-26T13:59:34Z in pieces\n" if tty else pieces
    its = {"Id": "a", "Name": "/a", "State": {"Status": "running"}, "Config": {"Image": "a", "Tty": tty}}
    answers: dict[str, list[Canned]] = {
        "GET /v1.41/containers/a/json": [json.dumps(its).encode()],
        "GET /v1.41/containers/a/logs": [log],
    }

    with Podman(tmp_path, answers) as podman, HttpEngine(podman.api(), {}) as engine:
        told = list(engine.logs("a", timestamps=True))

    assert told == [LogChunk(stream="stdout", data=b"2026-11-26T13:59:34Z " + shown)]


def test_a_log_that_is_refused_is_so_when_it_is_read(tmp_path: Path) -> None:
    its = {"Id": "a", "Name": "/a", "State": {"Status": "running"}, "Config": {"Image": "a"}}
    answers: dict[str, list[Canned]] = {
        "GET /v1.41/containers/a/json": [json.dumps(its).encode()],
        "GET /v1.41/containers/a/logs": [("500 Error", b'{"message": "no such container"}')],
    }

    with Podman(tmp_path, answers) as podman, HttpEngine(podman.api(), {}) as engine:
        log = engine.logs("a", follow=True)
        with pytest.raises(NotFound):
            list(log)


def test_its_name_for_itself_is_the_same_each_time(tmp_path: Path) -> None:
    told: list[Canned] = [
        json.dumps({"ID": id, "Name": "here", "DockerRootDir": "/var/lib/containers"}).encode() for id in ("one", "two")
    ]
    names = []
    for number in range(2):
        place = tmp_path / str(number)
        place.mkdir()
        with Podman(place, {"GET /v1.41/info": [told[number]]}) as podman, HttpEngine(podman.api(), {}) as engine:
            names.append(engine.identity())

    assert names == ["here:/var/lib/containers"] * 2


# ---- health checks ----


class Checked:
    """A Podman in which one container is checked as often as there are `answers`; an error is what it answers."""

    def __init__(self, answers: list[EngineError | None], running: list[bool]) -> None:
        self.answers = answers
        self.running = running
        self.over = threading.Event()

    def get(self, path: str, query: Any = None) -> Any:
        if path.endswith("/healthcheck"):
            if (error := self.answers.pop(0)) is not None:
                raise error
            return {}
        if len(self.answers) == 0:
            self.over.set()
        check = {"Test": ["CMD", "true"], "Interval": 1_000_000}
        running = self.running.pop(0) if len(self.running) > 1 else self.running[0]
        return {"Config": {"Healthcheck": check}, "State": {"Running": running}}


def test_a_check_that_could_not_be_made_once_is_made_again() -> None:
    podman = Checked([None, EngineError("it is busy"), None, EngineError("it has ended")], [True, True, False])

    checks = HealthChecks(podman, ["a=b"])
    checks.started("web")

    assert podman.over.wait(20)
    assert podman.answers == []
    checks.close()


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
        (
            "container a is already connected to network n: network is already connected",
            Conflict,
            "on network n already: it already exists",
        ),
        ("top can only be used on running containers", Conflict, "running"),
        (
            "renaming container a: updating container config table: UNIQUE constraint failed: ContainerConfig.Name",
            Conflict,
            "has that name already",
        ),
        ("can only kill running containers. a is in state created: container state improper", Conflict, "improper"),
        ("crun: executable file `nope` not found in $PATH: No such file", NoProgram, 'no program "nope"'),
    ],
)
def test_a_refusal_is_what_docker_would_make_of_it(message: str, kind: type[EngineError], words: str) -> None:
    error = failure(*refusal_of_podman(500, message))

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
