#!/usr/bin/env python3
"""`logs` of minicompose beside docker compose's, in turns: time, processor time and memory of the command.

    python benchmarks/logs.py [--runs N] [--lines N] [--write]     --write: the table into docs/performance.md

The engine reads its own log at some speed, and shares the processors with whoever reads it: what a tool itself costs is
its processor time. Every output is compared: as many lines from each container, in order.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from in_turns import table, tools, write

TEXT = "a line of a log as long as such lines often are"

# Each waits until it is told to begin, so that a follower can be there before.
COUNT = f"""awk 'BEGIN{{for(i=1;i<=%d;i++) print i,\\"{TEXT}\\"}}'"""
ONE, TEN, FAST = "bench-logs-one", "bench-logs-ten", "bench-logs-fast"


def stack(services, lines, *, waits=False):
    script = f"while [ ! -e /go ]; do sleep 0.1; done; {COUNT % lines}" if waits else COUNT % lines
    return "services:\n" + "".join(
        f'  s{number:02d}:\n    image: busybox:test\n    command: ["sh", "-c", "{script}"]\n'
        for number in range(services)
    )


def up(directory, project, text):
    file = Path(directory) / f"{project}.yml"
    file.write_text(text)
    subprocess.run(["docker", "compose", "-f", file, "-p", project, "up", "-d"], check=True, capture_output=True)
    return file


def containers(project):
    words = ["docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={project}"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()


def spent(command, out):
    """Seconds, seconds of processor time, and megabytes at most, of a command that runs to its end."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{command}: {told.decode()}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def through_a_pipe(command):
    """Into a reader that does nothing but read."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        found = spent(command, reader.stdin)
        reader.stdin.close()
    return found


def checked(file, services, lines):
    """Every container's numbers, in order; the prefix is there or not."""
    last = defaultdict(int)
    with Path(file).open("rb") as text:
        for line in text:
            if b"exited with code" in line:
                continue
            service, bar, rest = line.rpartition(b"| ")
            number = int(re.match(rb"(?:\S+Z )?(\d+) ", rest if bar else line)[1])
            if number != last[service] + 1:
                raise SystemExit(f"{file}: {number} after {last[service]} of {service!r}")
            last[service] = number
    if sorted(last.values()) != [lines] * services:
        raise SystemExit(f"{file}: {dict(last)}, and not {services} times {lines}")


def to_a_file(command, services, lines):
    with tempfile.NamedTemporaryFile() as out:
        found = spent(command, out)
        if lines:
            checked(out.name, services, lines)
    return found


def following(tool, directory, lines):
    """`logs -f` from before the first line until the writer has ended."""
    file = up(directory, FAST, stack(1, lines, waits=True))
    with tempfile.NamedTemporaryFile() as out:
        process = subprocess.Popen([*tool, "-f", file, "-p", FAST, "logs", "-f"], stdout=out, stderr=subprocess.PIPE)
        time.sleep(2)
        begun = time.perf_counter()
        subprocess.run(["docker", "exec", containers(FAST)[0], "touch", "/go"], check=True)
        _, _, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - begun
        process.stderr.close()
        checked(out.name, 1, lines)
    subprocess.run([*tool, "-f", file, "-p", FAST, "down", "-t", "0"], check=True, capture_output=True)
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(options, tools):
    """(what, tool) -> results."""
    lines, each = options.lines, options.lines // 10
    found = defaultdict(list)

    with tempfile.TemporaryDirectory(prefix="bench-logs-") as directory:
        one, ten = up(directory, ONE, stack(1, lines)), up(directory, TEN, stack(10, each))
        try:
            for project in (ONE, TEN):
                subprocess.run(["docker", "wait", *containers(project)], check=True, capture_output=True)
            for run in range(options.runs):
                for name in list(tools)[:: -1 if run % 2 else 1]:
                    tool = tools[name]

                    def note(what, result, name=name):
                        found[what, name].append(result)
                        print(f"{what:45} {name:15} " + "  ".join(f"{part:.2f}" for part in result), file=sys.stderr)

                    of_one, of_ten = [*tool, "-f", one, "-p", ONE, "logs"], [*tool, "-f", ten, "-p", TEN, "logs"]
                    note(f"{lines} lines to a file", to_a_file(of_one, 1, lines))
                    note(f"{lines} lines to a pipe", through_a_pipe(of_one))
                    note("the same with --no-log-prefix", to_a_file([*of_one, "--no-log-prefix"], 1, lines))
                    note("the same with --timestamps", to_a_file([*of_one, "--timestamps"], 1, lines))
                    note(f"the same with --tail {lines // 2}", to_a_file([*of_one, "--tail", str(lines // 2)], 1, 0))
                    note(f"10 services, {each} lines each", to_a_file(of_ten, 10, each))
                    note("-f, a writer as fast as it can", following(tool, directory, lines))
        finally:
            for project in (ONE, TEN, FAST):
                if found_there := containers(project):
                    subprocess.run(["docker", "rm", "-fv", *found_there], check=True, capture_output=True)
                words = ["docker", "network", "rm", f"{project}_default"]
                subprocess.run(words, check=False, capture_output=True)
    return found


HEAD = (
    "| `logs` of | ours, s | theirs, s | ours, processor s | theirs, processor s | ours / theirs, processor"
    " | ours, MB | theirs, MB |",
    "|---|--:|--:|--:|--:|--:|--:|--:|",
)


def row(ours, theirs):
    times = f"{ours[0]:.1f} | {theirs[0]:.1f} | {ours[1]:.1f} | {theirs[1]:.1f} | {ours[1] / theirs[1]:.2f}"
    return f"{times} | {ours[2]:.0f} | {theirs[2]:.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is taken away
    text = table(measure(options, tools()), options.runs, HEAD, row)
    print(text)
    if options.write:
        write("logs", text)


if __name__ == "__main__":
    main()
