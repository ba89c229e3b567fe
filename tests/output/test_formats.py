"""What `--format` makes of records, as with docker compose v2.40.3."""

import json

import pytest

from minicompose.errors import UsageError
from minicompose.output.containers import FORM, container_record, quoted_command
from minicompose.output.formats import check_format, formatted
from minicompose.output.ports import ports_text
from minicompose.planning.observed import ObservedContainer, ObservedMount, PublishedPort

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
    assert "\n".join(formatted("table", FORM, [container_record(CONTAINER, "fps", now=NOW)])) == (
        "NAME       IMAGE          COMMAND                  SERVICE   CREATED         STATUS                  PORTS\n"
        'fps-db-1   busybox:test   "sh -c \'echo a very …"   db        3 seconds ago   Up 1 second (healthy)   '
        "7000/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"
    )


def test_ps_json_has_the_keys_that_other_tools_read() -> None:
    told = json.loads(*formatted("json", FORM, [container_record(CONTAINER, "fps", now=NOW, why="x")]))

    assert told["ID"] == "c1d61c62f655"
    assert told["Publishers"][0] == {"URL": "0.0.0.0", "TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"}
    assert {key: told[key] for key in ("Name", "Project", "Service", "State", "Health", "ExitCode", "RunningFor")} == {
        "Name": "fps-db-1",
        "Project": "fps",
        "Service": "db",
        "State": "running",
        "Health": "healthy",
        "ExitCode": 0,
        "RunningFor": "3 seconds ago",
    }
    assert "Why" not in told
    assert told["CreatedAt"] == "2023-11-14 22:13:20 +0000 UTC"


def test_a_template_is_filled_for_each_record() -> None:
    records = [container_record(CONTAINER, "fps", now=NOW)] * 2

    assert formatted("{{.Name}}:{{.State}}", FORM, records) == ["fps-db-1:running", "fps-db-1:running"]


def test_a_template_table_has_titles_and_aligned_columns() -> None:
    record = container_record(CONTAINER, "fps", now=NOW, why="it sleeps")

    told = formatted(
        r'table {{.Service}}\t{{upper .Name}}\t{{.Label "com.docker.compose.service"}}\t{{.Why}}', FORM, [record]
    )

    assert told == ["SERVICE   NAME       service   WHY", "db        FPS-DB-1   db        it sleeps"]


def test_mounts_are_shortened_unless_all_is_asked_for() -> None:
    mounts = (
        ObservedMount(type="volume", target="/a", name="502a095427d43554", driver="local"),
        ObservedMount(type="bind", target="/b", source="/srv"),
    )
    container = ObservedContainer(id="1" * 64, name="a", service="a", number=1, state="running", mounts=mounts)

    short, full = container_record(container, "p"), container_record(container, "p", full=True)

    assert (short["Mounts"], short["LocalVolumes"]) == ("502a095427d435…,/srv", "1")
    assert full["Mounts"] == "502a095427d43554,/srv"
    assert (short["ID"], full["ID"]) == ("1" * 12, "1" * 64)


@pytest.mark.parametrize("format", ["x", "pretty", "table x", "raw"])
def test_a_format_that_prints_nothing_of_a_record_is_refused(format: str) -> None:
    with pytest.raises(UsageError):
        check_format(format)


def test_ports_of_one_number_on_both_sides_are_told_as_a_range() -> None:
    def port(inside: int, host: int | None = None, address: str | None = "0.0.0.0") -> PublishedPort:
        return PublishedPort(container_port=inside, host_port=host, host_ip=address if host else None)

    assert ports_text([port(82, 82), port(80, 80), port(81, 81)]) == "0.0.0.0:80-82->80-82/tcp"
    assert ports_text([port(80), port(81), port(90)]) == "80-81/tcp, 90/tcp"
    assert ports_text([port(80, 8080), port(7000)]) == "7000/tcp, 0.0.0.0:8080->80/tcp"
    assert ports_text([port(80, 80, "::")]) == "[::]:80->80/tcp"


def test_quotes_in_a_command_are_written_as_in_a_program() -> None:
    assert quoted_command("sh -c 'echo \"hi\"'", full=False) == '"sh -c \'echo \\"hi\\"\'"'
    assert quoted_command("a\nb", full=True) == '"a\\nb"'
