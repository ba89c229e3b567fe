"""Ten updates under load, with minicompose and with docker compose; the table goes into docs/rolling-updates.md.

    python benchmarks/rolling.py [--updates N]

The stack in rolling/ has two replicas behind a proxy. A few clients ask through the proxy all the time, and every
update makes both replicas anew.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from load import Load, Outcome
from reference import reference_command

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
STACK = HERE / "rolling"
# As `delay` in the stack, between two updates also: by then the proxy has asked for the new addresses.
PROXY_REMEMBERS = 3.0  # seconds
DOCUMENT = ROOT / "docs" / "rolling-updates.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=10)
    updates = parser.parse_args().updates
    environment = Path(sys.prefix)
    subprocess.run([ROOT / "scripts" / "base-image"], check=True)
    reference = reference_command(environment)
    commands = {"minicompose": str(environment / "bin" / "minicompose"), "docker compose": reference}
    rows = [row(name, *under_load(command, updates)) for name, command in commands.items()]
    table = "\n".join(
        [
            f"| {updates} updates of two replicas | requests | failed | slowest answer | an update takes |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )
    print(table)
    text = DOCUMENT.read_text()
    DOCUMENT.write_text(re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{table}\n{END}", text, flags=re.DOTALL))
    return 0


def under_load(command: str, updates: int) -> tuple[Outcome, float]:
    """What became of the requests, and the seconds that one update took on average."""
    project = f"rolling-{os.getpid()}"

    def compose(*words: str, version: int = 0) -> str:
        return subprocess.run(
            [command, "-p", project, *words],
            cwd=STACK,
            env={**os.environ, "VERSION": str(version)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        ).stdout

    try:
        compose("up", "-d", "--wait")
        address = subprocess.run(
            ["docker", "port", f"{project}-proxy-1", "8080"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        host, port = address.strip().split(":")
        with Load(host, int(port)) as load:
            took = 0.0
            for version in range(1, updates + 1):
                began = time.monotonic()
                compose("up", "-d", version=version)
                took += time.monotonic() - began
                load.go_on(PROXY_REMEMBERS)
        return load.outcome, took / updates
    finally:
        compose("down", "-t", "0")


def row(name: str, outcome: Outcome, took: float) -> str:
    requests = outcome.answered + len(outcome.failed)
    return f"| {name} | {requests} | {len(outcome.failed)} | {outcome.slowest:.1f} s | {took:.1f} s |"


if __name__ == "__main__":
    sys.exit(main())
