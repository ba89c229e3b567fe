"""Looking at what runs, on the engine of this machine."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import time

import pytest

from tests.scenarios.stage import PATIENCE, ROOT, Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  db: {image: busybox:test, init: true, command: sleep 600, volumes: ["data:/data"]}
  web: {image: busybox:test, init: true, command: sleep 600, ports: ["127.0.0.1::80"]}
volumes: {data: }
"""
UNWELL = """
services:
  broken: {image: busybox:test, command: [sh, -c, "echo no such table users; exit 3"]}
  well: {image: busybox:test, init: true, command: sleep 600}
"""


def on_a_terminal(stage: Stage, columns: int, *words: str) -> list[str]:
    """What a command shows on a terminal of so many columns, in both its outputs."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    done = subprocess.Popen(
        [sys.executable, "-m", "minicompose", "-p", stage.project, *words],
        cwd=stage.directory,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # how the kernel says that nobody has the other end any more
        pass
    os.close(ours)
    assert done.wait(PATIENCE) == 0
    return shown.decode().splitlines()


def test_a_published_port_is_reached_where_port_says(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")

    told = stage.good("port", "web", "80").out.strip()

    ports = stage.inspect("web-1")["NetworkSettings"]["Ports"]["80/tcp"]
    assert told == f"{ports[0]['HostIp']}:{ports[0]['HostPort']}"


def test_usage_is_shown_live_and_what_is_started_meanwhile_joins_in(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d", "db")
    with stage.start("stats", "--format", "{{.Name}} {{.PIDs}}") as stats:
        stats.until(f"{stage.project}-db-1 2")
        stage.good("up", "-d", "web")
        stats.until(f"{stage.project}-web-1 2")
        stats.interrupt()

        assert stats.end().code == 130


def test_usage_is_measured_once(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")

    told = [json.loads(line) for line in stage.good("stats", "--no-stream", "--format", "json").out.splitlines()]

    assert [each["Name"] for each in told] == [f"{stage.project}-db-1", f"{stage.project}-web-1"]
    assert {each["PIDs"] for each in told} == {"2"}
    assert all(not each["MemUsage"].startswith("0B") for each in told)


def test_events_are_told_as_they_happen(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    # Since long ago: the command may not have subscribed yet when the container is killed.
    with stage.start("events", "--json", "--since", "1h", "web") as events:
        stage.engine.kill_container(f"{stage.project}-web-1", "KILL")
        events.until('"action":"die"')
        events.interrupt()
        done = events.end()

    told = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 130
    assert {each["service"] for each in told} == {"web"}
    assert told[-1]["attributes"]["exitCode"] == "137"
    assert not any(name.startswith(("com.docker.", "minicompose.")) for name in told[-1]["attributes"])


def test_events_end_at_the_time_that_was_asked_for(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d", "db")

    told = stage.run("events", "--since", "1h", "--until", "0s", within=20)

    assert told.code == 0
    assert " container start " in told.out


def test_logs_are_followed_until_the_time_that_was_asked_for(stage: Stage) -> None:
    stage.write("""
services:
  web: {image: busybox:test, init: true, command: [sh, -c, "while :; do echo tick; sleep 0.2; done"]}
""")
    stage.good("up", "-d")

    passed = stage.run("logs", "-f", "--until", "0s", within=20)
    ahead = stage.run("logs", "-f", "--until", f"{time.time() + 3:.3f}", within=20)

    assert (passed.code, ahead.code) == (0, 0)
    assert ahead.out.count("tick") > passed.out.count("tick")


def test_what_is_not_well_says_why_on_a_terminal(stage: Stage) -> None:
    stage.write(UNWELL)
    stage.run("up", "-d", "--on-failure", "keep")
    stage.run("wait", "broken")

    wide = on_a_terminal(stage, 140, "ps", "-a")
    narrow = on_a_terminal(stage, 40, "ps", "-a")
    running = on_a_terminal(stage, 100, "ps")

    assert "WHY" in wide[0]
    assert "no such table users" in next(line for line in wide if "broken-1" in line)
    assert narrow[2] == "  no such table users"
    assert all(len(line) <= 40 for line in narrow)
    assert running[-1].startswith(f"not shown, since it does not run: {stage.project}-broken-1")
    assert "WHY" not in stage.good("ps", "-a").out


def test_everything_is_listed_without_the_stack_file(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    (stage.directory / "compose.yaml").unlink()

    assert stage.good("volumes", "-q").out == f"{stage.project}_data\n"
    assert stage.good("images").out.count(" busybox ") == 2
    assert stage.good("top", "db").out.count("sleep 600") == 2  # its init has the same words
    assert stage.project in stage.good("ls", "-q").out.splitlines()
