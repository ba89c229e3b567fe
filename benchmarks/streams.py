#!/usr/bin/env python3
"""A gigabyte through `exec -T`, into a container and out of it, beside docker compose, in turns.

    python benchmarks/streams.py [--runs N] [--megabytes N] [--write]     --write: the table into docs/performance.md

What arrives is compared by its SHA-256. Time, processor time and memory are the command's.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from in_turns import table, tools, write

PROJECT = "bench-streams"
STACK = """
services:
  web: {image: "busybox:test", init: true, command: sleep infinity, network_mode: none}
"""
MEGABYTE = 1 << 20


def ended(process, begun):
    """Seconds, processor seconds and megabytes at most of a command, when it has ended with 0."""
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{process.args} exited with {process.returncode}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def into(command, file, digest):
    """A file to the input of `sha256sum` in the container."""
    with file.open("rb") as given, tempfile.TemporaryFile() as out:
        begun = time.perf_counter()
        found = ended(subprocess.Popen([*command, "sha256sum"], stdin=given, stdout=out), begun)
        out.seek(0)
        if out.read().split()[0].decode() != digest:
            raise SystemExit(f"{command}: what arrived differs")
    return found


def out_of(command, place, digest):
    """A file in the container to our standard output, a pipe."""
    begun = time.perf_counter()
    process = subprocess.Popen([*command, "cat", place], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    hashed = hashlib.sha256()
    while data := process.stdout.read1(MEGABYTE):
        hashed.update(data)
    process.stdout.close()
    found = ended(process, begun)
    if hashed.hexdigest() != digest:
        raise SystemExit(f"{command}: what arrived differs")
    return found


def through(command, file, digest):
    """Both at once: `cat` in the container."""
    begun = time.perf_counter()
    with file.open("rb") as given:
        process = subprocess.Popen([*command, "cat"], stdin=given, stdout=subprocess.PIPE)
    hashed = hashlib.sha256()
    while data := process.stdout.read1(MEGABYTE):
        hashed.update(data)
    process.stdout.close()
    found = ended(process, begun)
    if hashed.hexdigest() != digest:
        raise SystemExit(f"{command}: what arrived differs")
    return found


def random_file(directory, megabytes):
    """A file of bytes of all kinds, and its SHA-256."""
    file, hashed = directory / "random", hashlib.sha256()
    with file.open("wb") as out:
        for _ in range(megabytes):
            piece = os.urandom(MEGABYTE)
            out.write(piece)
            hashed.update(piece)
    return file, hashed.hexdigest()


def measure(options, tools):
    """(what, tool) -> results."""
    found = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench-streams-") as directory:
        stack = Path(directory) / "stack.yaml"
        stack.write_text(STACK)
        file, digest = random_file(Path(directory), options.megabytes)
        words = ["-f", str(stack), "-p", PROJECT]
        try:
            subprocess.run([*tools["minicompose"], *words, "up", "-d"], check=True, capture_output=True)
            subprocess.run(["docker", "cp", file, f"{PROJECT}-web-1:/random"], check=True, capture_output=True)
            for run in range(options.runs):
                for name in list(tools)[:: -1 if run % 2 else 1]:
                    command = [*tools[name], *words, "exec", "-T", "web"]
                    for what, result in (
                        ("into the container", into(command, file, digest)),
                        ("out of the container", out_of(command, "/random", digest)),
                        ("in and out at once", through(command, file, digest)),
                    ):
                        found[what, name].append(result)
                        print(f"{what:25} {name:15} " + "  ".join(f"{p:.2f}" for p in result), file=sys.stderr)
        finally:
            subprocess.run([*tools["minicompose"], *words, "down", "-t", "0"], check=False, capture_output=True)
    return found


def head(megabytes):
    return (
        f"| {megabytes} MB | ours, s | theirs, s | ours / theirs | ours, processor s | theirs, processor s"
        " | ours, MB | theirs, MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    )


def row(ours, theirs):
    times = f"{ours[0]:.1f} | {theirs[0]:.1f} | {ours[0] / theirs[0]:.2f} | {ours[1]:.1f} | {theirs[1]:.1f}"
    return f"{times} | {ours[2]:.0f} | {theirs[2]:.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    text = table(measure(options, tools()), options.runs, head(options.megabytes), row)
    print(text)
    if options.write:
        write("streams", text)


if __name__ == "__main__":
    main()
