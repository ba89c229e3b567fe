"""How time and memory grow with the stack file: `config -q` from 10 to 10,000 services, in turns.

    python benchmarks/growth.py [--runs N] [--services 10,100,1000,10000]

The table replaces what stands between the marks in docs/performance.md. A service has typical
attributes and two dependencies. What a service costs is what it adds to the smallest file: time and
memory beyond those of the smallest file, for each service more.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reference import reference_command
from run import DOCUMENT
from stacks import big, to_yaml

BEGIN, END = "<!-- growth: begin -->", "<!-- growth: end -->"
LAYER = 10
COLUMNS = (
    "services",
    "file, KB",
    "ours, s",
    "ours, MB",
    "ours, ms for each more",
    "ours, KB for each more",
    "peer, s",
    "peer, MB",
    "ours / peer",
)
HEADING = f"| {' | '.join(COLUMNS)} |\n|{'--:|' * len(COLUMNS)}"


class Measured:
    """What the runs of one program over one file took: seconds, and the peak of memory in bytes."""

    def __init__(self):
        self.seconds = []
        self.peak = 0

    @property
    def median(self):
        return statistics.median(self.seconds)

    def run(self, command, file):
        begin = time.perf_counter()
        process = subprocess.Popen([*command, "-f", file, "-p", "growth", "config", "-q"], stderr=subprocess.PIPE)
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds.append(time.perf_counter() - begin)
        self.peak = max(self.peak, usage.ru_maxrss * 1024)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command} failed on {file}: {said.decode()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--services", default="10,100,1000,10000")
    parser.add_argument("--peer-up-to", type=int, default=1000, help="larger files would take the peer minutes")
    parser.add_argument("--write", metavar="DIR", help="only write the stack files")
    args = parser.parse_args()
    sizes = [int(size) for size in args.services.split(",")]
    if args.write:
        for size in sizes:
            written(Path(args.write), size)
        return
    environment = Path(sys.prefix)
    peer = reference_command(environment)
    commands = {"ours": [str(environment / "bin" / "minicompose")], "peer": [peer]}
    with tempfile.TemporaryDirectory() as directory:
        # In a process of its own: the system counts what a parent holds as its child's peak.
        subprocess.run([sys.executable, __file__, "--write", directory, "--services", args.services], check=True)
        files = {size: str(stack_file(Path(directory), size)) for size in sizes}
        measured = {(name, size): Measured() for name in commands for size in sizes}
        for _ in range(args.runs):
            for size, file in files.items():
                for name, command in commands.items():
                    if name == "ours" or size <= args.peer_up_to:
                        measured[name, size].run(command, file)
        rows = [row(size, Path(files[size]).stat().st_size, measured, sizes[0]) for size in sizes]
    table = "\n".join([f"{args.runs} runs, medians; load {os.getloadavg()[0]:.1f}", "", HEADING, *rows])
    print(table)
    text = DOCUMENT.read_text()
    DOCUMENT.write_text(re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{table}\n{END}", text, flags=re.DOTALL))


def stack_file(directory, size):
    return directory / f"{size}.yaml"


def written(directory, size):
    """Write a stack file of `size` services."""
    stack_file(directory, size).write_text("\n".join(to_yaml(big(size // LAYER, LAYER))) + "\n")


def row(size, length, measured, smallest):
    ours, peer, least = measured["ours", size], measured["peer", size], measured["ours", smallest]
    more = size - smallest
    each = (
        f"{(ours.median - least.median) / more * 1000:.2f} | {(ours.peak - least.peak) / more / 1000:.1f}"
        if more
        else "- | -"
    )
    beside = (
        f"{peer.median:.2f} | {peer.peak / 1e6:.0f} | {ours.median / peer.median:.2f}" if peer.seconds else "- | - | -"
    )
    return f"| {size} | {length / 1000:.0f} | {ours.median:.2f} | {ours.peak / 1e6:.0f} | {each} | {beside} |"


if __name__ == "__main__":
    main()
