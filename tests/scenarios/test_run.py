"""`run` on the real engine: a command in a container of its own."""

import signal

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  web:
    image: busybox:test
    init: true
    command: sleep 600
    ports: ["127.0.0.1::80"]
    environment: {LEVEL: info, KEPT: "yes"}
    labels: {kind: shop}
    restart: always
    volumes: ["data:/data"]
    depends_on: {db: {condition: service_healthy}}
  db:
    image: busybox:test
    init: true
    command: sleep 600
    healthcheck: {test: "true", interval: 1s}
  wrong: {image: busybox:test, command: "false"}
  needy: {image: busybox:test, command: echo never, depends_on: {wrong: {condition: service_completed_successfully}}}
volumes: {data: {}}
"""


@pytest.fixture
def ready(stage: Stage) -> Stage:
    stage.write(STACK)
    return stage


def test_a_command_runs_when_what_it_depends_on_is_healthy_and_nothing_is_left_of_it(ready: Stage) -> None:
    done = ready.run("run", "--rm", "-T", "web", "sh", "-c", "echo $LEVEL; echo wrong >&2; exit 7")

    assert (done.code, done.out) == (7, "info\n")
    assert done.err.endswith("wrong\n")
    assert ready.containers()["db-1"].health == "healthy"
    assert list(ready.containers()) == ["db-1"]


def test_a_one_off_has_the_labels_and_the_name_by_which_others_know_it(ready: Stage) -> None:
    id = ready.good("run", "-d", "--no-deps", "web").out.strip()

    (name,) = ready.containers()
    told = ready.inspect(name)
    labels = told["Config"]["Labels"]
    assert name.startswith("web-run-")
    assert told["Id"] == id
    assert labels["com.docker.compose.oneoff"] == "True"
    assert labels["com.docker.compose.slug"].startswith(name.removeprefix("web-run-"))
    assert "com.docker.compose.container-number" not in labels
    assert not told["HostConfig"]["PortBindings"]
    assert told["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")


def test_a_one_off_is_as_the_command_line_says(ready: Stage) -> None:
    (ready.directory / "some.env").write_text("LEVEL=file\nFROM_FILE=1\n")
    (ready.directory / "here").mkdir()

    ready.good(
        *(
            "run",
            "-d",
            "--no-deps",
            "--name",
            f"{ready.project}-own",
            "-e",
            "LEVEL=debug",
            "--env-from-file",
            "some.env",
        ),
        *("-v", "./here:/mnt:ro", "-p", "127.0.0.1::81", "-u", "5", "-w", "/mnt", "-l", "kind=job", "--use-aliases"),
        *("--cap-add", "SYS_TIME", "--cap-drop", "CHOWN", "--entrypoint", "sleep 300", "web"),
    )

    told = ready.inspect("own")
    assert {"LEVEL=debug", "FROM_FILE=1", "KEPT=yes"} <= set(told["Config"]["Env"])
    assert {mount["Destination"] for mount in told["Mounts"]} == {"/data", "/mnt"}
    assert list(told["HostConfig"]["PortBindings"]) == ["81/tcp"]
    assert (told["Config"]["User"], told["Config"]["WorkingDir"]) == ("5", "/mnt")
    assert (told["Config"]["Entrypoint"], told["Config"]["Cmd"]) == (["sleep", "300"], [])
    assert told["Config"]["Labels"]["kind"] == "job"
    assert (told["HostConfig"]["CapAdd"], told["HostConfig"]["CapDrop"]) == (["SYS_TIME"], ["CHOWN"])
    assert "web" in told["NetworkSettings"]["Networks"][f"{ready.project}_default"]["Aliases"]


def test_a_one_off_does_not_answer_to_its_services_name(ready: Stage) -> None:
    ready.good("run", "-d", "--no-deps", "--name", f"{ready.project}-own", "-P", "web")

    told = ready.inspect("own")
    assert "web" not in told["NetworkSettings"]["Networks"][f"{ready.project}_default"]["Aliases"]
    assert list(told["HostConfig"]["PortBindings"]) == ["80/tcp"]


def test_input_reaches_the_command_to_its_end(ready: Stage) -> None:
    done = ready.piped("run", "--rm", "-T", "--no-deps", "web", "sh", "-c", "cat; echo end", given=b"a\x00\xff")

    assert (done.returncode, done.stdout) == (0, b"a\x00\xffend\n")


def test_the_services_own_containers_are_left_alone(ready: Stage) -> None:
    ready.good("up", "-d", "web", "db")
    before = ready.ids()

    ready.good("run", "--rm", "web", "true")

    assert ready.ids() == before


def test_nothing_runs_when_what_it_depends_on_has_failed(ready: Stage) -> None:
    done = ready.run("run", "--rm", "needy")

    assert done.code == 1
    assert "never" not in done.out
    assert list(ready.containers()) == ["wrong-1"]


@pytest.mark.parametrize(("command", "code"), [("nowhere-to-be-found", 127), ("/etc", 126)])
def test_a_command_that_cannot_be_run_has_the_shells_code_and_leaves_nothing(
    stage: Stage, command: str, code: int
) -> None:
    stage.write("services: {job: {image: busybox:test}}")

    done = stage.run("run", "job", command)

    assert done.code == code
    assert command in done.err
    assert stage.containers() == {}


def test_ctrl_c_reaches_the_command_and_rm_removes_it(ready: Stage) -> None:
    with ready.start(
        "run", "--rm", "--no-deps", "web", "sh", "-c", "trap 'exit 9' INT; echo begun; sleep 60 & wait"
    ) as going:
        going.until("begun")
        going.interrupt()

        assert going.end().code == 9
    assert ready.containers() == {}


def test_a_second_ctrl_c_kills_a_command_that_does_not_heed_the_first(ready: Stage) -> None:
    script = "trap 'echo unmoved' INT; echo begun; while :; do sleep 0.1; done"
    with ready.start("run", "--rm", "--no-deps", "web", "sh", "-c", script) as going:
        going.until("begun")
        going.interrupt()
        going.until("unmoved")
        going.interrupt()

        assert going.end().code == 137
    assert ready.containers() == {}


def test_a_terminal_that_goes_away_takes_the_container_along(ready: Stage) -> None:
    with ready.at_terminal("run", "--rm", "--no-deps", "web", "sh", "-c", "echo begun; sleep 600") as typing:
        typing.until(b"begun")
        typing.process.send_signal(signal.SIGHUP)

        assert typing.end() == 128 + signal.SIGHUP
        assert typing.now == typing.before
    assert ready.containers() == {}


def test_a_full_screen_program_runs_at_a_terminal_of_its_size(ready: Stage) -> None:
    with ready.at_terminal("run", "--rm", "--no-deps", "web", "sh", "-c", "stty size; top") as typing:
        typing.until(b"Load average")
        typing.resize(90, 30)
        typing.type(b"q")

        assert typing.end() == 0
        assert typing.now == typing.before


def test_another_command_may_change_the_project_while_one_runs(ready: Stage) -> None:
    with ready.start("run", "--rm", "--no-deps", "web", "sh", "-c", "echo begun; sleep 60") as going:
        going.until("begun")

        ready.good("up", "-d", "--no-wait", "db")
    ready.good("down")
    assert [name for name in ready.containers() if not name.startswith("web-run")] == []
