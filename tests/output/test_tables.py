"""Tables, and `ps`."""

import json

import pytest

from minicompose.output.tables import ago, cut, display_width, ps_json, ps_table, table
from minicompose.planning.observed import ObservedContainer, PublishedPort

CONTAINER = ObservedContainer(
    id="c1d61c62f655" + "0" * 52,
    name="fps-db-1",
    service="db",
    number=1,
    state="running",
    health="healthy",
    image="busybox:test",
    labels={"com.docker.compose.service": "db"},
    networks={"fps_default": "n"},
    ports=(
        PublishedPort(container_port=7000),
        PublishedPort(container_port=80, host_ip="0.0.0.0", host_port=8080),
        PublishedPort(container_port=80, host_ip="::", host_port=8080),
    ),
    command="sh -c 'echo a very long command'",
    created=1_700_000_000,
    status="Up 1 second (healthy)",
)
NOW = 1_700_000_003.0


def test_ps_prints_what_docker_compose_ps_prints() -> None:
    assert ps_table([CONTAINER], now=NOW) == (
        "NAME       IMAGE          COMMAND                  SERVICE   CREATED         STATUS                  PORTS\n"
        'fps-db-1   busybox:test   "sh -c \'echo a very …"   db        3 seconds ago   Up 1 second (healthy)   '
        "7000/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"
    )


def test_ps_json_has_the_keys_that_other_tools_read() -> None:
    told = json.loads(ps_json(CONTAINER, "fps", now=NOW))

    assert told["ID"] == "c1d61c62f655"
    assert told["Publishers"][1] == {"URL": "0.0.0.0", "TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"}
    assert {key: told[key] for key in ("Name", "Project", "Service", "State", "Health", "ExitCode", "RunningFor")} == {
        "Name": "fps-db-1",
        "Project": "fps",
        "Service": "db",
        "State": "running",
        "Health": "healthy",
        "ExitCode": 0,
        "RunningFor": "3 seconds ago",
    }
    assert told["CreatedAt"] == "2023-11-14 22:13:20 +0000 UTC"


def test_a_table_without_rows_is_its_header() -> None:
    assert table(("NAME", "STATUS"), []) == "NAME   STATUS"


def test_the_widest_cells_are_cut_so_that_a_table_fits() -> None:
    lines = table(("NAME", "PORTS"), [("web", "8080->80/tcp, 8081->81/tcp")], width=20).splitlines()

    assert lines == ["NAME   PORTS", "web    8080->80/tcp…"]


def test_wide_characters_take_two_columns() -> None:
    assert display_width("日本e\u0301") == 5
    assert cut("日本語", 4) == "日…"
    assert table(("A", "B"), [("日本", "x"), ("ab", "y")]).splitlines()[1:] == ["日本   x", "ab     y"]


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0.5, "Less than a second ago"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (61, "About a minute ago"),
        (150, "2 minutes ago"),
        (4000, "About an hour ago"),
        (8 * 3600, "8 hours ago"),
        (3 * 86400, "3 days ago"),
        (20 * 86400, "2 weeks ago"),
        (100 * 86400, "3 months ago"),
        (800 * 86400, "2 years ago"),
    ],
)
def test_a_span_is_told_in_the_unit_that_fits(span: float, text: str) -> None:
    assert ago(span) == text
