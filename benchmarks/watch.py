"""How long a save takes to be in a running container, with `watch` and with docker compose's. As root, on Linux.

    python benchmarks/watch.py [--saves N]

A file is saved as editors do, and looked for in the container's file system, which root sees under /proc, every
millisecond. The time is from the end of the save to that.
"""

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = "bench-watch"
STACK = """
services:
  web:
    image: busybox:test
    init: true
    command: sleep 1000
    develop: {watch: [{path: src, action: sync, target: /app}]}
"""
TOOLS = {"minicompose": [sys.executable, "-m", "minicompose"], "docker compose": ["docker", "compose"]}
BEGUN = ("watching ", "Watch enabled")
PATIENCE = 30.0
ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saves", type=int, default=25)
    saves = parser.parse_args().saves
    for tool, command in TOOLS.items():
        with tempfile.TemporaryDirectory() as directory:
            times = sorted(measured([*command, "-p", PROJECT], Path(directory), saves))
        told = f"best {times[0]:.0f}, median {statistics.median(times):.0f}, worst {times[-1]:.0f} ms"
        print(f"{tool:15}{told} (load {os.getloadavg()[0]:.1f})")


def measured(command: list[str], directory: Path, saves: int) -> list[float]:
    """The milliseconds of each save."""
    (directory / "compose.yaml").write_text(STACK)
    (directory / "src").mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    said = directory / "said"
    with said.open("w") as out:
        watch = subprocess.Popen([*command, "watch"], cwd=directory, stdout=out, stderr=out, env=environment)
    try:
        wait_until(lambda: any(word in said.read_text() for word in BEGUN), 0.1)
        found = f"/proc/{pid_of(f'{PROJECT}-web-1')}/root/app/file"
        return [saved(directory / "src", Path(found), str(number)) for number in range(saves)]
    finally:
        watch.send_signal(signal.SIGINT)
        watch.wait(PATIENCE)
        subprocess.run([*command, "down", "-t", "0"], cwd=directory, env=environment, capture_output=True, check=True)


def saved(directory: Path, found: Path, text: str) -> float:
    time.sleep(0.3)
    (new := directory / ".file~").write_text(text)
    begun = time.perf_counter()
    new.replace(directory / "file")
    wait_until(lambda: content(found) == text, 0.001)
    return (time.perf_counter() - begun) * 1000


def content(file: Path) -> str:
    with contextlib.suppress(OSError):
        return file.read_text()
    return ""


def wait_until(holds: Callable[[], bool], pause: float) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            raise SystemExit("it did not come")
        time.sleep(pause)


def pid_of(container: str) -> str:
    told = subprocess.run(
        ["docker", "inspect", "-f", "{{.State.Pid}}", container], capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


if __name__ == "__main__":
    main()
