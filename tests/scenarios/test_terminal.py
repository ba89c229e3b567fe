"""Commands in containers at a terminal, and without one."""

import hashlib
import os
import signal
from pathlib import Path

import pytest

from tests.scenarios.cable import Cable
from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  web: {image: busybox:test, init: true, command: sleep 600}
  talker:
    image: busybox:test
    command: [sh, -c, "trap 'echo interrupted; exit 4' INT; while :; do echo tick; sleep 0.1; done"]
  console: {image: busybox:test, command: sh, stdin_open: true, tty: true}
"""
SIZES = "trap 'stty size; exit 5' WINCH; echo ready; while :; do sleep 0.1; done"


@pytest.fixture
def running(stage: Stage) -> Stage:
    stage.write(STACK)
    stage.good("up", "-d")
    return stage


def test_an_editor_at_a_terminal_gets_every_key_and_leaves_the_terminal_as_it_was(running: Stage) -> None:
    with running.at_terminal("exec", "web", "vi", "/tmp/letter") as typing:
        typing.until(b"/tmp/letter")
        typing.type(b"ihello")
        typing.until(b"hello")
        typing.type(b"\x03")  # Ctrl-C is a key as any other: it ends the insertion
        typing.until(b"/tmp/letter")
        typing.type(b":wq\r")

        assert typing.end() == 0
        assert typing.now == typing.before
    assert running.good("exec", "-T", "web", "cat", "/tmp/letter").out == "hello\n"


def test_a_command_sees_the_size_of_the_window_and_its_changes(running: Stage) -> None:
    with running.at_terminal("exec", "web", "sh", "-c", f"stty size; {SIZES}") as typing:
        typing.until(b"ready")
        typing.resize(101, 37)

        typing.until(b"37 101")
        assert typing.end() == 5


def test_a_full_screen_program_fills_the_window_whatever_its_size(running: Stage) -> None:
    with running.at_terminal("exec", "web", "top", "-d", "1") as typing:
        for columns, rows in ((80, 24), (60, 12), (100, 30)):
            typing.resize(columns, rows)
            typing.until(b"Mem:")
            typing.until(b"\x1b[J")  # the screen of before, which may be half of it
            screen = typing.until(b"\x1b[J")
            assert max(map(len, screen.splitlines())) <= columns + 20  # with the codes that make a line bright
        typing.type(b"q")

        assert typing.end() == 0
        assert typing.now == typing.before


def test_a_variable_without_a_value_is_the_one_that_is_here_or_none(stage: Stage) -> None:
    stage.write("services: {web: {image: busybox:test, init: true, command: sleep 600, environment: {THEIRS: old}}}")
    stage.good("up", "-d")
    variables = ("-e", "HERE", "-e", "THEIRS", "-e", "EMPTY=")
    script = "echo $HERE-${THEIRS-none}-${EMPTY-none}-"

    done = stage.run("exec", "-T", *variables, "web", "sh", "-c", script, environment={"HERE": "ours"})

    assert done.out == "ours-none--\n"


SIGNALS = [signal.SIGTERM, signal.SIGHUP]
WAYS = [("exec", "web"), ("run", "--rm", "--no-deps", "web"), ("attach", "--sig-proxy=false", "console")]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("way", WAYS)
def test_the_terminal_is_as_it_was_when_the_command_is_told_to_end(
    running: Stage, way: tuple[str, ...], number: signal.Signals
) -> None:
    attaches = way[0] == "attach"
    with running.at_terminal(*way, *(() if attaches else ("sh", "-c", "echo ready; sleep 600"))) as typing:
        if attaches:
            typing.type(b"echo re''ady\n")
        typing.until(b"ready")
        assert typing.now != typing.before

        typing.process.send_signal(number)

        assert typing.end() == 128 + number
        assert typing.now == typing.before


def test_the_terminal_is_as_it_was_when_the_container_is_killed(running: Stage) -> None:
    with running.at_terminal("exec", "web", "sh", "-c", "echo ready; sleep 600") as typing:
        typing.until(b"ready")
        running.good("kill", "web")

        assert typing.end() == 137
        assert typing.now == typing.before


def test_the_terminal_is_as_it_was_when_the_engine_is_gone(running: Stage, tmp_path: Path) -> None:
    cable = Cable(tmp_path / "engine.sock")
    with running.at_terminal(
        "exec", "web", "sh", "-c", "echo ready; sleep 600", environment={"DOCKER_HOST": cable.address}
    ) as typing:
        typing.until(b"ready")
        cable.cut()

        assert typing.end() == 3
        assert typing.now == typing.before


def test_a_command_that_is_stopped_and_goes_on_has_its_keys_again(running: Stage) -> None:
    with running.at_terminal("exec", "web", "sh", "-c", "stty -echo; echo ready; cat -v") as typing:
        typing.until(b"ready")
        typing.process.send_signal(signal.SIGSTOP)
        typing.set(typing.before)  # as a shell does
        typing.process.send_signal(signal.SIGCONT)
        typing.until_set(lambda now: now != typing.before)
        typing.type(b"\x1a")  # Ctrl-Z is the command's, which it stops
        typing.type(b"\x03")

        assert typing.end() != 0
        assert typing.now == typing.before


def test_every_byte_passes_both_ways(running: Stage) -> None:
    every = bytes(range(256)).replace(b"\x10", b"")  # Ctrl-P may begin the detach keys
    with running.at_terminal(
        "exec", "web", "sh", "-c", f"stty raw -echo; echo ready; head -c {len(every)} | tee /tmp/bytes; sleep 600"
    ) as typing:
        typing.until(b"ready")
        typing.type(every)
        typing.until(every)
    assert running.piped("exec", "-T", "web", "cat", "/tmp/bytes").stdout == every


def test_a_megabyte_that_is_pasted_arrives_whole(running: Stage) -> None:
    pasted = os.urandom(1 << 19).hex().encode()
    with running.at_terminal(
        "exec", "web", "sh", "-c", f"stty raw -echo; echo ready; head -c {len(pasted)} | sha256sum"
    ) as typing:
        typing.until(b"ready")
        typing.type(pasted)

        typing.until(hashlib.sha256(pasted).hexdigest().encode())
        assert typing.end() == 0


def test_detach_keys_leave_the_containers_command_running(running: Stage) -> None:
    with running.at_terminal("attach", "--detach-keys", "ctrl-x,x", "console") as typing:
        typing.type(b"echo $((40 + 2))\n")
        typing.until(b"\r\n42")
        typing.type(b"\x18")
        typing.type(b"x")

        assert typing.end() == 0
        assert typing.now == typing.before
    assert running.states()["console-1"] == "running"


def test_other_detach_keys_leave_the_usual_ones_to_the_command(running: Stage) -> None:
    with running.at_terminal(
        "exec", "--detach-keys", "ctrl-x", "web", "sh", "-c", "stty raw; echo ready; od -c"
    ) as typing:
        typing.until(b"ready")
        typing.type(b"\x10\x11" + b"x" * 16)
        typing.until(b"020 021")
        typing.type(b"\x18")

        assert typing.end() == 0


def test_attach_exits_with_the_code_of_the_containers_command(running: Stage) -> None:
    with running.at_terminal("attach", "console") as typing:
        typing.type(b"exit 7\n")

        assert typing.end() == 7
        assert typing.now == typing.before


def test_signals_reach_the_command_that_is_attached_to(running: Stage) -> None:
    with running.at_terminal("attach", "--no-stdin", "talker") as typing:
        typing.until(b"tick")
        typing.process.send_signal(signal.SIGINT)
        typing.until(b"interrupted")

        assert typing.end() == 4


def test_input_is_passed_to_its_end_and_both_outputs_stay_apart(running: Stage) -> None:
    done = running.piped("exec", "-T", "web", "sh", "-c", "cat; echo wrong >&2; exit 3", given=b"a\x00b\xff")

    assert (done.returncode, done.stdout, done.stderr) == (3, b"a\x00b\xff", b"wrong\n")


def test_a_large_amount_arrives_whole_in_both_directions(running: Stage) -> None:
    given = os.urandom(1 << 20) * 200

    done = running.piped("exec", "-T", "web", "cat", given=given)

    assert done.returncode == 0
    assert done.stdout == given


@pytest.mark.parametrize("command", ["nowhere-to-be-found", "/etc"])
def test_a_command_that_cannot_be_run_has_the_engines_code(running: Stage, command: str) -> None:
    assert running.run("exec", "-T", "web", command).code in (126, 127)


def test_input_and_the_terminal_can_be_declined(running: Stage) -> None:
    unfed = running.piped("exec", "-i=false", "-T", "web", "cat", given=b"not for it\n")
    with running.at_terminal("exec", "-t=false", "web", "sh", "-c", "test -t 0 || echo no terminal") as typing:
        typing.until(b"no terminal")

        assert typing.end() == 0
    assert (unfed.returncode, unfed.stdout) == (0, b"")
