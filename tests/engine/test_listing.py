"""What the engine's lists and streams say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from minicompose.engine.builds import build_query, follow_build
from minicompose.engine.lacks.builds import is_remote
from minicompose.engine.listing import exit_code_in, health_in, observed
from minicompose.engine.moments import timestamp
from minicompose.engine.progress import Progress
from minicompose.engine.protocol import LogChunk
from minicompose.engine.registry import follow_transfer, name_and_tag
from minicompose.engine.streams import gathered, output_chunks
from minicompose.engine.transport import lines
from minicompose.errors import EngineFault, EngineRefused, UsageError
from minicompose.model import Build, ByteSize, Ulimit
from minicompose.planning.observed import Observed, ObservedContainer, PublishedPort
from minicompose.planning.plan import BuildImage


def _observed(*containers: dict[str, Any], images: list[dict[str, Any]] | None = None) -> Observed:
    bodies = [json.dumps(part).encode() for part in (containers, [], {"Volumes": None}, images or [])]
    return observed("shop", *bodies)


def test_a_container_is_read_out_of_the_list() -> None:
    found = _observed(
        {
            "Id": "abc",
            "Names": ["/other/alias", "/shop-web-1"],
            "Image": "web:1",
            "ImageID": "sha256:1",
            "Command": "serve",
            "Created": 7,
            "State": "running",
            "Status": "Up 5 minutes (healthy)",
            "Ports": [
                {"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp", "IP": "0.0.0.0"},
                {"PrivatePort": 53, "Type": "udp"},
            ],
            "Labels": {
                "com.docker.compose.service": "web",
                "com.docker.compose.container-number": "2",
                "com.docker.compose.oneoff": "False",
            },
            "NetworkSettings": {"Networks": {"shop_default": {"NetworkID": "n1"}}},
            "Mounts": [],
        }
    ).containers

    assert found == (
        ObservedContainer(
            id="abc",
            name="shop-web-1",
            service="web",
            number=2,
            state="running",
            health="healthy",
            image="web:1",
            image_id="sha256:1",
            labels=found[0].labels,
            networks={"shop_default": "n1"},
            ports=(
                PublishedPort(container_port=80, protocol="tcp", host_ip="0.0.0.0", host_port=8080),
                PublishedPort(container_port=53, protocol="udp"),
            ),
            command="serve",
            created=7,
            status="Up 5 minutes (healthy)",
        ),
    )


def test_a_container_without_our_labels_is_read_too() -> None:
    (found,) = _observed(
        {"Id": "a", "Names": None, "Image": "i", "State": "dead", "Labels": None, "Ports": None}
    ).containers

    assert (found.name, found.service, found.number, found.networks) == ("", "", 0, {})


def test_one_that_is_listed_as_running_with_an_exit_has_exited() -> None:
    (found,) = _observed(
        {"Id": "a", "Names": ["/a"], "Image": "i", "State": "running", "Status": "Exited (3) Less than a second ago"}
    ).containers

    assert (found.state, found.exit_code) == ("exited", 3)


def test_images_are_known_by_tag_and_digest() -> None:
    found = _observed(
        images=[
            {"Id": "sha256:1", "RepoTags": ["a:1", "b:1"], "RepoDigests": ["a@sha256:d"]},
            {"Id": "sha256:2", "RepoTags": ["<none>:<none>"], "RepoDigests": None},
        ]
    ).images

    assert found == {"a:1": "sha256:1", "b:1": "sha256:1", "a@sha256:d": "sha256:1"}


@pytest.mark.parametrize(
    ("status", "health", "code"),
    [
        ("Up 5 minutes", "none", None),
        ("Up 2 hours (healthy)", "healthy", None),
        ("Up 2 hours (unhealthy)", "unhealthy", None),
        ("Up 1 second (health: starting)", "starting", None),
        ("Up 5 minutes (Paused)", "none", None),
        ("Exited (137) 2 hours ago", "none", 137),
        ("Restarting (1) 3 seconds ago", "none", 1),
        ("Created", "none", None),
        ("", "none", None),
    ],
)
def test_health_and_exit_code_are_in_the_status_sentence(status: str, health: str, code: int | None) -> None:
    assert (health_in(status), exit_code_in(status)) == (health, code)


# ---- streams ----


def _cut(data: bytes, size: int) -> Iterator[bytes]:
    return iter([data[start : start + size] for start in range(0, len(data), size)])


def _frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


@pytest.mark.parametrize("size", [1, 3, 8, 11, 1000])
def test_output_is_told_apart_however_it_is_cut(size: int) -> None:
    framed = _frame(1, b"out\n") + _frame(2, b"error\n") + _frame(1, b"") + _frame(1, b"more\n")

    assert list(output_chunks(_cut(framed, size), tty=False)) == [
        LogChunk(stream="stdout", data=b"out\n"),
        LogChunk(stream="stderr", data=b"error\n"),
        LogChunk(stream="stdout", data=b"more\n"),
    ]


def test_what_comes_at_once_of_one_stream_is_one_piece() -> None:
    framed = _frame(1, b"one\n") + _frame(1, b"\x01\0\0\0") + _frame(2, b"error\n") + _frame(1, b"cut")[:-1]

    assert list(output_chunks(iter([framed, b"t"]), tty=False)) == [
        LogChunk(stream="stdout", data=b"one\n\x01\0\0\0"),
        LogChunk(stream="stderr", data=b"error\n"),
        LogChunk(stream="stdout", data=b"cut"),
    ]


def test_a_log_that_the_engine_cannot_read_on_is_a_fault_in_its_words() -> None:
    with pytest.raises(EngineFault, match="invalid character"):
        list(output_chunks(iter([_frame(1, b"one\n") + _frame(3, b"Error grabbing logs: invalid character\n")]), False))


def test_a_terminals_output_has_no_frames() -> None:
    assert list(output_chunks(iter([b"ab"]), tty=True)) == [LogChunk(stream="stdout", data=b"ab")]


def test_a_line_is_passed_on_before_more_is_waited_for() -> None:
    coming = iter([b"one\n", b"two\n"])

    first = next(gathered(coming))

    assert (first, list(coming)) == (b"one\n", [b"two\n"])


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_lines_are_whole_however_they_are_cut(size: int) -> None:
    assert list(lines(_cut(b"one\r\n\ntwo\nthree", size))) == [b"one\r", b"two", b"three"]


# ---- pulls ----


def test_a_pull_tells_layers_and_bytes() -> None:
    told: list[Progress] = []
    said = [
        {"status": "Pulling from library/redis", "id": "8"},
        {"status": "Downloading", "progressDetail": {"current": 5, "total": 10}, "id": "a1"},
        {"status": "Pull complete", "progressDetail": {}, "id": "a1"},
    ]

    follow_transfer(iter([b"\r\n".join(json.dumps(line).encode() for line in said)]), told.append)

    assert told[1:] == [
        Progress(layer="a1", status="Downloading", current=5, total=10),
        Progress(layer="a1", status="Pull complete"),
    ]


def test_an_error_in_the_midst_of_a_pull_is_raised() -> None:
    said = b'{"errorDetail":{"message":"unauthorized: no"},"error":"unauthorized: no"}\n'

    with pytest.raises(EngineRefused, match="unauthorized") as told:
        follow_transfer(iter([said]), lambda progress: None)

    assert "minicompose login" in told.value.hint


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("redis", ("redis", "latest")),
        ("redis:8", ("redis", "8")),
        ("localhost:5000/a/b", ("localhost:5000/a/b", "latest")),
        ("localhost:5000/a/b:1", ("localhost:5000/a/b", "1")),
        ("redis@sha256:12", ("redis", "sha256:12")),
        ("localhost:5000/redis:8@sha256:12", ("localhost:5000/redis", "sha256:12")),
    ],
)
def test_an_images_name_has_a_tag(image: str, parts: tuple[str, str]) -> None:
    assert name_and_tag(image) == parts


# ---- builds ----


def _asked(platform: str | None = None, **fields: Any) -> BuildImage:
    return BuildImage(image="shop-web", service="web", labels={"mine": "1"}, build=Build(**fields), platform=platform)


def test_every_build_attribute_reaches_its_parameter() -> None:
    query = build_query(
        _asked(
            context=".",
            args={"A": "1", "B": None},
            labels={"x": "y"},
            cache_from=("c:1",),
            no_cache=True,
            network="host",
            pull=True,
            target="t",
            shm_size=ByteSize(5),
            extra_hosts=("h=1.2.3.4",),
            isolation="default",
            tags=("shop-web:2",),
            ulimits={"nofile": Ulimit(soft=1, hard=2)},
            platform="linux/amd64",
        ),
        "Dockerfile",
    )

    assert query == {
        "t": ("shop-web", "shop-web:2"),
        "dockerfile": "Dockerfile",
        "rm": "1",
        "forcerm": "1",
        "labels": '{"x":"y","mine":"1"}',
        "buildargs": '{"A":"1","B":null}',
        "target": "t",
        "networkmode": "host",
        "isolation": "default",
        "platform": "linux/amd64",
        "shmsize": "5",
        "cachefrom": '["c:1"]',
        "ulimits": '[{"Name":"nofile","Soft":1,"Hard":2}]',
        "nocache": "1",
        "pull": "1",
        "extrahosts": ("h:1.2.3.4",),
    }


@pytest.mark.parametrize(
    ("context", "remote"),
    [
        ("https://github.com/a/b.git#main", True),
        ("https://example.org/context.tar.gz", True),
        ("git@github.com:a/b.git", True),
        ("github.com/a/b", True),
        (".", False),
        ("/srv/app", False),
    ],
)
def test_a_url_is_fetched_by_the_engine(context: str, remote: bool) -> None:
    assert is_remote(context) is remote
    assert build_query(_asked(context=context), "Dockerfile").get("remote") == (context if remote else None)


# ---- moments ----


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10m", 400.0), ("1h30m", -4400.0), ("1.5s", 998.5), ("1970-01-01T00:00:05Z", 5.0), ("12.5", 12.5)],
)
def test_a_moment_is_sent_in_seconds(text: str, seconds: float) -> None:
    assert float(timestamp(text, now=1000.0)) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["yesterday", "10x", "10m ago"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=text):
        timestamp(text, now=0.0)


def test_a_failed_build_keeps_the_end_of_its_output() -> None:
    said = [{"stream": f"line {number}\n"} for number in range(50)] + [{"error": "it failed"}]

    with pytest.raises(EngineFault, match="it failed") as told:
        follow_build(iter([json.dumps(line).encode() + b"\n" for line in said]), lambda progress: None)

    assert (told.value.output or "").splitlines() == [f"line {number}" for number in range(20, 50)]
