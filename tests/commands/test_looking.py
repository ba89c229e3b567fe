"""The verbs that only look, on the engine in memory."""

import json
from pathlib import Path

import pytest

from minicompose.engine.protocol import Usage
from tests.commands.shop import Shop

STACK = """
services:
  db: {image: "db:1", command: sleep 1, volumes: ["data:/data"], init: true}
  web:
    image: "web:1"
    command: sleep 1
    ports: ["8080:80", "127.0.0.1:9053:53/udp"]
    deploy: {replicas: 2}
  cache: {image: "cache:1", command: sleep 1, volumes: ["warm:/warm", "/scratch"]}
volumes: {data: , warm: }
"""
ONE_WEB = STACK.replace("replicas: 2", "replicas: 1")


@pytest.fixture
def running(shop: Shop) -> Shop:
    shop.up(ONE_WEB)
    return shop


# ---- ls ----


def test_projects_are_listed_with_their_states_and_files(running: Shop) -> None:
    file = running.directory / "compose.yaml"

    assert json.loads(running.run("ls", "--format", "json")) == [
        {"Name": "shop", "Status": "running(3)", "ConfigFiles": str(file)}
    ]
    assert running.run("ls").splitlines()[0] == "NAME                STATUS              CONFIG FILES"


def test_a_project_that_has_stopped_is_listed_when_all_are_asked_for(running: Shop) -> None:
    for name in running.engine.containers:
        running.engine.exit(name, 0)

    assert running.run("ls", "-q") == ""
    assert running.run("ls", "-q", "-a") == "shop\n"
    assert running.run("ls", "--format", "json") == "[]\n"


@pytest.mark.parametrize(("pattern", "told"), [("sho", "shop\n"), ("^hop", ""), ("^s.*p$", "shop\n")])
def test_projects_are_filtered_by_name(running: Shop, pattern: str, told: str) -> None:
    assert running.run("ls", "-q", "--filter", f"name={pattern}") == told


@pytest.mark.parametrize("filter", ["name", "label=x", "name=["])
def test_a_filter_that_means_nothing_is_wrong_usage(running: Shop, filter: str) -> None:
    running.run("ls", "--filter", filter, code=2)


# ---- port ----


def test_a_port_is_told_as_it_is_reached(running: Shop) -> None:
    assert running.run("port", "web", "80") == "0.0.0.0:8080\n"
    assert running.run("port", "--protocol", "udp", "web", "53") == "127.0.0.1:9053\n"


def test_a_port_that_is_not_published_is_an_error_that_lists_those_that_are(running: Shop) -> None:
    assert running.run("port", "web", "81", code=1) == ""
    assert "does not publish its port 81/tcp" in running.err
    assert "its ports: 127.0.0.1:9053->53/udp, 0.0.0.0:8080->80/tcp" in running.err


def test_a_container_that_there_is_not_has_no_port(running: Shop) -> None:
    running.run("port", "--index", "7", "web", "80", code=1)

    assert 'service "web" has no running container number 7' in running.err


@pytest.mark.parametrize("port", ["x", "65536", "-1"])
def test_a_port_is_a_number(running: Shop, port: str) -> None:
    running.run("port", "web", "--", port, code=2)


# ---- images and volumes ----


def test_images_are_listed_for_each_container(running: Shop) -> None:
    told = json.loads(running.run("images", "--format", "json"))

    assert [(each["ContainerName"], each["Repository"], each["Tag"]) for each in told] == [
        ("shop-cache-1", "cache", "1"),
        ("shop-db-1", "db", "1"),
        ("shop-web-1", "web", "1"),
    ]
    assert {type(each["Size"]) for each in told} == {int}
    assert running.run("images", "web").splitlines()[1].split()[:4] == ["shop-web-1", "web", "1", "linux/amd64"]


def test_an_image_is_listed_by_its_id_once(shop: Shop) -> None:
    shop.up("services: {web: {image: 'web:1', command: sleep 1, scale: 2}}")

    assert shop.run("images", "-q") == shop.engine.images["web:1"].removeprefix("sha256:") + "\n"


def test_the_projects_volumes_are_listed_without_anonymous_ones(running: Shop) -> None:
    assert running.run("volumes", "-q") == "shop_data\nshop_warm\n"
    assert running.run("volumes").splitlines() == [
        "DRIVER    VOLUME NAME",
        "local     shop_data",
        "local     shop_warm",
    ]


def test_volumes_of_services_are_those_that_they_have_mounted(running: Shop) -> None:
    assert running.run("volumes", "-q", "db") == "shop_data\n"
    assert running.run("volumes", "-q", "web") == ""


def test_volumes_are_printed_by_a_template(running: Shop) -> None:
    told = running.run("volumes", "--format", '{{.Name}} {{.Label "com.docker.compose.volume"}}')

    assert told == "shop_data data\nshop_warm warm\n"


# ---- top ----


def test_processes_are_told_with_the_service_that_they_belong_to(running: Shop) -> None:
    assert running.run("top", "web", "db").splitlines() == [
        "SERVICE  #   UID   PID  PPID  C   STIME  TTY  TIME      CMD",
        "db       1   root  100  1     0   12:00  ?    00:00:00  sleep 1",
        "web      1   root  100  1     0   12:00  ?    00:00:00  sleep 1",
    ]


def test_what_does_not_run_has_no_processes(running: Shop) -> None:
    running.engine.exit("shop-web-1", 0)

    assert running.run("top", "web") == ""


# ---- stats ----


def test_what_containers_use_is_told_in_the_columns_of_docker(running: Shop) -> None:
    running.engine.use(
        "shop-web-1",
        Usage(
            cpu=1.5,
            memory=340_000,
            memory_limit=1 << 30,
            received=1570,
            sent=0,
            read=12,
            written=7_100_000,
            processes=3,
        ),
    )

    told = running.run("stats", "--no-stream", "--format", "json", "web")

    id = running.engine.containers["shop-web-1"].id
    assert json.loads(told) == {
        "BlockIO": "12B / 7.1MB",
        "CPUPerc": "1.50%",
        "Container": id,
        "ID": id[:12],
        "MemPerc": "0.03%",
        "MemUsage": "332KiB / 1GiB",
        "Name": "shop-web-1",
        "NetIO": "1.57kB / 0B",
        "PIDs": "3",
    }


def test_what_does_not_run_is_told_of_when_all_are_asked_for(running: Shop) -> None:
    running.engine.exit("shop-web-1", 0)

    assert running.run("stats", "--no-stream", "--format", "{{.Name}}", "web") == ""
    assert running.run("stats", "--no-stream", "-a", "--format", "{{.Name}} {{.PIDs}}", "web") == "shop-web-1 0\n"


# ---- events ----


def test_what_happened_is_told_without_the_labels_that_everything_has(running: Shop) -> None:
    told = running.run("events", "--json", "--since", "1", "--until", "9999999999", "web")

    events = [json.loads(line) for line in told.splitlines()]
    assert [event["action"] for event in events] == ["create", "start"]
    assert set(events[0]) == {"action", "attributes", "id", "service", "time", "type"}
    assert events[0]["attributes"] == {"image": "web:1", "name": "shop-web-1"}
    assert (events[0]["service"], events[0]["type"]) == ("web", "container")


def test_what_happened_is_told_a_line_each(running: Shop) -> None:
    id = running.engine.containers["shop-db-1"].id

    first = running.run("events", "--since", "1", "--until", "9999999999", "db").splitlines()[0]

    assert first.endswith(f" container create {id} (image=db:1, name=shop-db-1)")


# ---- ps ----


def test_orphans_are_left_out_when_they_are_not_wanted(running: Shop) -> None:
    running.write(ONE_WEB.partition("  cache:")[0] + "volumes: {data: }\n")

    # The project is named by its directory here: with -p alone no file tells what is an orphan.
    assert running.run("ps", "--services", named=False) == "cache\ndb\nweb\n"
    assert running.run("ps", "--services", "--orphans=false", named=False) == "db\nweb\n"
    assert running.run("ps", "--services", "--no-orphans", named=False) == "db\nweb\n"
    assert running.run("ps", "--services", "--orphans=true", named=False) == "cache\ndb\nweb\n"
    assert running.run("ps", "--services", "--orphans=false") == "cache\ndb\nweb\n"


def test_why_something_is_not_well_is_a_field_of_templates(running: Shop) -> None:
    running.engine.say("shop-db-1", b"cannot open the file\n")
    running.engine.exit("shop-db-1", 3)

    told = running.run("ps", "-a", "--format", "{{.Service}}: {{.Why}}")

    assert told.splitlines() == ["cache: ", "db: cannot open the file", "web: "]
    assert "Why" not in json.loads(running.run("ps", "--format", "json", "web"))
    assert "WHY" not in running.run("ps", "-a")


def test_a_field_that_there_is_not_is_wrong_usage_and_names_the_near_one(running: Shop) -> None:
    running.run("ps", "--format", "{{.Statu}}", code=2)

    assert "there is no field .Statu" in running.err
    assert "did you mean .Status?" in running.err


# ---- all of them ----


@pytest.mark.parametrize(
    "words",
    [
        ("port", "nope", "80"),
        ("images", "nope"),
        ("volumes", "nope"),
        ("top", "nope"),
        ("stats", "--no-stream", "nope"),
        ("events", "--until", "1", "nope"),
        ("ps", "nope"),
        ("logs", "nope"),
    ],
)
def test_an_unknown_service_fails(running: Shop, words: tuple[str, ...]) -> None:
    assert running.run(*words, code=1) == ""
    assert 'there is no service "nope"' in running.err


@pytest.mark.parametrize(
    "words",
    [
        ("ls", "-q"),
        ("port", "web", "80"),
        ("images", "-q"),
        ("volumes", "-q"),
        ("top",),
        ("stats", "--no-stream", "--format", "{{.Name}}"),
        ("events", "--since", "1", "--until", "9999999999"),
        ("ps", "-q"),
    ],
)
def test_labels_tell_where_there_is_no_stack_file(running: Shop, words: tuple[str, ...]) -> None:
    with_file = running.run(*words)
    Path(running.directory / "compose.yaml").unlink()

    assert running.run(*words) == with_file != ""


def test_a_log_of_a_container_that_there_is_not_is_an_error(running: Shop) -> None:
    running.run("logs", "--index", "9", "web", code=1)

    assert 'service "web" has no container number 9' in running.err
