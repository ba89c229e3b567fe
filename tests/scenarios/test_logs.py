"""`logs` and what an attached `up` shows, through all that happens to containers."""

import array
import fcntl
import re
import select
import subprocess
import termios
import time
from collections import defaultdict
from pathlib import Path
from typing import IO

import pytest

from tests.scenarios.stage import PATIENCE, Running, Stage

pytestmark = pytest.mark.engine

# Each life of each container counts from 1 on, as fast as it can for a while and then slowly, and says its last
# number when it is asked to end.
COUNTING = """
services:
  anchor: {image: busybox:test, init: true, command: sleep 600}  # while it runs, following does not end
  count:
    image: busybox:test
    environment: {REV: "${REV:-1}"}
    scale: ${COUNT:-1}
    stop_grace_period: 20s
    volumes: [state:/state]
    command:
      - sh
      - -c
      - |
        me=$$(hostname); echo >> /state/$$me; life=$$(wc -l < /state/$$me); n=0; over=
        trap 'over=yes' TERM
        while [ -z "$$over" ]; do n=$$((n+1)); echo "of $$me $$life $$n"; [ $$n -lt 3000 ] || sleep 0.02; done
        echo "end $$me $$life $$n"
volumes: {state: {}}
"""
_SAID = re.compile(r"(of|end) (\w+) (\d+) (\d+)")


class Counted:
    """The numbers that each life of each container said, and the last one of those that ended in order."""

    def __init__(self, text: str) -> None:
        self.numbers: dict[tuple[str, int], list[int]] = defaultdict(list)
        self.ends: dict[tuple[str, int], list[int]] = defaultdict(list)
        for kind, container, life, number in _SAID.findall(text):
            (self.ends if kind == "end" else self.numbers)[container, int(life)].append(int(number))

    def check(self, *, lives: int, ended: int) -> None:
        """Every line once, in order: of so many lives, of which so many ended in order."""
        for life, numbers in self.numbers.items():
            assert numbers == list(range(1, len(numbers) + 1)), f"{life}: {_odd(numbers)}"
            for end in self.ends.get(life, []):
                assert len(numbers) == end
        assert (len(self.numbers), sum(map(len, self.ends.values()))) == (lives, ended)


def _odd(numbers: list[int]) -> str:
    """The first place where they do not count on."""
    place = next(at for at, number in enumerate(numbers, start=1) if number != at)
    return f"{numbers[max(0, place - 3) : place + 3]} at line {place} of {len(numbers)}"


def until_new_life(following: Running, known: set[tuple[str, str]]) -> None:
    """Wait for the first line of a life that was not seen before."""
    while True:
        line = following.until(" ").strip()
        said = _SAID.search(line)
        if said and (said[2], said[3]) not in known:
            known.add((said[2], said[3]))
            return


def test_every_line_comes_once_through_restarts_replacements_and_scaling(stage: Stage) -> None:
    stage.write(COUNTING)
    stage.good("up", "-d")
    lives: set[tuple[str, str]] = set()
    with stage.start("logs", "-f", "--no-log-prefix") as following:
        until_new_life(following, lives)
        stage.good("restart", "count")
        until_new_life(following, lives)
        stage.good("stop", "count")
        stage.good("start", "count")
        until_new_life(following, lives)
        stage.good("kill", "count")
        stage.good("start", "count")
        until_new_life(following, lives)
        stage.run("up", "-d", environment={"REV": "2"})
        until_new_life(following, lives)
        stage.run("up", "-d", environment={"REV": "2", "COUNT": "3"})
        until_new_life(following, lives)
        until_new_life(following, lives)
        stage.run("up", "-d", environment={"REV": "2", "COUNT": "1"})
        stage.good("stop")
        told = following.end()

    assert told.code == 0
    Counted(told.out).check(lives=7, ended=6)


def test_an_attached_up_shows_every_line_of_what_it_replaces_and_starts(stage: Stage) -> None:
    stage.write(COUNTING)
    lives: set[tuple[str, str]] = set()
    with stage.start("up", "--no-log-prefix") as attached:
        until_new_life(attached, lives)
        stage.run("up", "-d", environment={"REV": "2"})
        until_new_life(attached, lives)
        stage.good("restart", "count")
        until_new_life(attached, lives)
        attached.interrupt()
        told = attached.end()

    assert told.code == 130
    Counted(told.out).check(lives=3, ended=3)


def test_history_and_what_is_printed_meanwhile_meet_without_a_seam(stage: Stage) -> None:
    stage.write(COUNTING)
    stage.run("up", "-d", environment={"COUNT": "3"})
    with stage.start("logs", "-f", "--no-log-prefix") as following:
        for _ in range(3):
            following.until(" 3100")
        stage.good("stop")
        told = following.end()

    assert told.code == 0
    Counted(told.out).check(lives=3, ended=3)


LONG = 3_000_000
ODD = f"""
services:
  long:
    image: busybox:test
    command: [sh, -c, "head -c {LONG} /dev/zero | tr '\\\\0' x; echo; echo after"]
  raw:
    image: busybox:test
    command: [sh, -c, "printf '\\\\377\\\\376\\\\t\\\\033[31mred\\\\033[0m\\\\n10%%\\\\r20%%\\\\nno end'"]
    logging: {{driver: local}}  # the usual driver keeps text alone
  kept: {{image: busybox:test, command: echo kept by the engine, logging: {{driver: local}}}}
  none: {{image: busybox:test, command: echo nowhere, logging: {{driver: none}}}}
  far:
    image: busybox:test
    command: echo far away
    logging: {{driver: syslog, options: {{syslog-address: "udp://127.0.0.1:9", cache-disabled: "true"}}}}
"""


@pytest.fixture
def odd(stage: Stage) -> Stage:
    stage.write(ODD)
    stage.good("up", "-d")
    stage.good("wait", "long", "raw", "kept", "none", "far")
    return stage


@pytest.mark.parametrize("follow", [(), ("-f",)])
def test_lines_of_megabytes_and_bytes_of_any_kind_arrive_as_they_were_printed(
    odd: Stage, follow: tuple[str, ...]
) -> None:
    long = odd.piped("logs", *follow, "--no-log-prefix", "long")
    raw = odd.piped("logs", *follow, "--no-log-prefix", "raw")

    assert (long.returncode, long.stdout) == (0, b"x" * LONG + b"\nafter\n")
    assert (raw.returncode, raw.stdout) == (0, b"\xff\xfe\t\x1b[31mred\x1b[0m\n10%\r20%\nno end\n")


@pytest.mark.parametrize("follow", [(), ("-f",)])
def test_logs_that_cannot_be_read_are_told_once_by_name_and_the_others_shown(
    odd: Stage, follow: tuple[str, ...]
) -> None:
    done = odd.run("logs", *follow, "kept", "none", "far")

    assert (done.code, done.out) == (0, "kept-1  | kept by the engine\n")
    for name in ("none", "far"):
        assert done.err.count(f"no logs of {odd.project}-{name}-1: ") == 1


MANY = 200_000
MANY_LINES = f"""
services:
  much:
    image: busybox:test
    command: [awk, 'BEGIN {{for (i = 1; i <= {MANY}; i++) print i, "of many lines, each of a usual length"}}']
"""


def until_it_waits(process: "subprocess.Popen[bytes]", pipe: IO[bytes]) -> None:
    """Wait until the pipe is as good as full, so that its writer waits for us, or has ended."""
    full = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ) // 2  # small pieces leave room between them
    waiting = array.array("i", [0])
    deadline = time.monotonic() + PATIENCE
    while waiting[0] < full and process.poll() is None and time.monotonic() < deadline:
        select.select([], [], [], 0.01)
        fcntl.ioctl(pipe, termios.FIONREAD, waiting)


def peak_of_memory(pid: int) -> int:
    """In kilobytes."""
    told = Path(f"/proc/{pid}/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0])


@pytest.mark.parametrize("follow", [(), ("-f",)])
def test_a_slow_reader_gets_every_line_and_costs_no_memory(stage: Stage, follow: tuple[str, ...]) -> None:
    stage.write(MANY_LINES)
    stage.good("up", "-d")
    stage.good("wait", "much")
    with stage.begin("logs", *follow, "--no-log-prefix") as process:
        assert process.stdout is not None
        number = 0
        # The engine may still call it running for a moment: its end is told then.
        printed = (line for line in process.stdout if line != b"much-1 exited with code 0\n")
        for number, line in enumerate(printed, start=1):
            assert line.startswith(b"%d of" % number)
            if number % 20_000 == 1:
                until_it_waits(process, process.stdout)
                most = peak_of_memory(process.pid)

    assert (process.returncode, number) == (0, MANY)
    assert most < 80_000


def test_a_reader_that_goes_away_ends_logs_without_a_word(odd: Stage) -> None:
    for words in (("logs", "long"), ("logs", "-f", "long")):
        with odd.begin(*words) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()

            assert process.stderr.read() == b""
            assert process.wait(PATIENCE) == 1
