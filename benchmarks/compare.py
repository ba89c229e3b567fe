#!/usr/bin/env python3
"""Time compose tools side by side with the physical limit, and check what they did.

    python3 compare.py --ours "minicompose" --peer "docker compose"
                       [--stack NAME ...] [--runs N] [--workers N,N] [--json FILE]

A tool is any command line that takes `-f FILE -p PROJECT up -d`, and so on.
Each run takes every tool and the limit through every phase, in an order that
turns from run to run. After each phase the engine is asked what is true; a
phase that did not do its job counts as failed, not as fast. A phase during which
other projects' containers started is marked ~ and not used if there is a clean one.
"""

import argparse
import json
import os
import platform
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import date
from pathlib import Path

import limit
from stacks import CONFIG_ONLY, STACKS, replicas, write
from targets import judged

COMMANDS = {
    "version": ["version"],
    "config": ["config", "-q"],
    "up": ["up", "-d"],
    "noop": ["up", "-d"],
    "ps": ["ps"],
    "recreate": ["up", "-d"],
    "down": ["down", "-t", "1"],
}


# What a shell says to Python is no part of a tool: without byte code every start compiles every module again.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


class Failed(Exception):
    pass


def spawn(command, rev, timeout):
    begin = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            env={**ENVIRONMENT, "REV": str(rev)},
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"no end in {timeout} s") from None
    spent = time.perf_counter() - begin
    if done.returncode:
        raise Failed(f"exit {done.returncode}: {done.stderr.strip()[-200:]}")
    return spent


class Watch:
    """What the engine itself reports about a project while a phase runs."""

    def __init__(self, engine, project):
        self.engine, self.project, self.events, self.foreign = engine, project, [], 0
        self.stream = limit.Events(None, self.seen)

    def seen(self, event):
        if event["Actor"]["Attributes"].get(limit.PROJECT) == self.project:
            self.events.append(event)
        else:
            self.foreign += 1

    def times(self, service, status):
        return [
            e["timeNano"]
            for e in self.events
            if e["status"] == status and e["Actor"]["Attributes"].get(limit.SERVICE) == service
        ]

    def check(self, phase, services, rev, before):
        """Raise Failed unless the engine's state is what the phase must leave."""
        time.sleep(0.05)  # let the last events arrive
        self.stream.close()
        containers = self.engine.containers(self.project)
        if phase == "down":
            if containers or self.engine.networks(self.project):
                raise Failed(f"{len(containers)} containers or a network left")
            return {}
        for service, body in services.items():
            mine = [c for c in containers if c["Labels"].get(limit.SERVICE) == service]
            running = [c for c in mine if c["State"] == "running"]
            if len(mine) != len(running) or len(running) != replicas(body):
                raise Failed(f"{service}: {len(running)} of {replicas(body)} running, {len(mine)} exist")
            if not all(any(n.startswith(self.project) for n in c["NetworkSettings"]["Networks"]) for c in mine):
                raise Failed(f"{service}: not on the project's network")
        after = {c["Id"] for c in containers}
        if phase in ("noop", "ps"):
            if after != before or any(e["status"] == "start" for e in self.events):
                raise Failed("a phase that should do nothing touched containers")
            return after
        if after & before:
            raise Failed(f"{len(after & before)} containers were not recreated")
        for container in after:
            env = self.engine.call("GET", f"/containers/{container}/json")["Config"]["Env"]
            if f"REV={rev}" not in env:
                raise Failed("a container runs with the old environment")
        self.check_order(services)
        return after

    def check_order(self, services):
        for service, body in services.items():
            started = self.times(service, "start")
            if len(started) != replicas(body):
                raise Failed(f"{service}: {len(started)} starts for {replicas(body)} containers")
            for dependency, how in body.get("depends_on", {}).items():
                healthy = how["condition"] == "service_healthy"
                ready = self.times(dependency, "health_status: healthy" if healthy else "start")
                if not ready or min(started) < max(ready[: replicas(services[dependency])]):
                    raise Failed(f"{service} started before {dependency} was ready")


def settle(limit_s):
    """Wait until the machine has been four fifths idle for half a second."""

    def ticks():
        fields = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]

    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        total, idle = ticks()
        time.sleep(0.5)
        total_now, idle_now = ticks()
        if idle_now - idle >= 0.8 * (total_now - total):
            return


def cycle(tool, name, file, project, options, record, workers=None):
    """One tool, or the limit with some workers, through all the phases of one stack."""
    engine, stack, known = limit.Engine(), STACKS[name], set()
    command = [*shlex.split(tool), "-f", str(file), "-p", project] if tool != "limit" else None

    if name in CONFIG_ONLY:
        phases = ("config",) if command else ()
    else:
        phases = limit.PHASES
    for phase in phases:
        rev = 1 + (phase in ("recreate", "down"))
        settle(options.settle)
        try:
            if phase == "config":
                record(tool, phase, spawn(command + COMMANDS[phase], rev, options.timeout))
                continue
            watch = Watch(engine, project)
            if command:
                spent = spawn(command + COMMANDS[phase], rev, options.timeout)
            else:
                spent = limit.run_phase(phase, stack, project, rev, workers)
            known = watch.check(phase, stack["services"], rev, known)
            record(tool, phase, spent, disturbed=watch.foreign > 0)
        except (Failed, RuntimeError) as reason:
            record(tool, phase, None, str(reason))
            limit.force_clean(engine, project)
            return  # the phases that follow would start from a wrong state


def startup(tool, options, record):
    command = shlex.split(tool) + COMMANDS["version"]
    if tool == "limit":  # the floor of any tool in Python: the bare interpreter
        command = [getattr(sys, "_base_executable", sys.executable), "-I", "-S", "-c", "pass"]
    for _ in range(5):
        try:
            record(tool, "version", spawn(command, 1, options.timeout))
        except Failed as reason:
            return record(tool, "version", None, str(reason))


def summary(times, tools):
    """(stack, phase) -> tool -> min, median, failures; with the ratios of the medians."""
    rows = []
    for stack, phase in dict.fromkeys((s, p) for s, p, _ in times):
        row = {"stack": stack, "phase": phase}
        for tool in tools:
            runs = times[stack, phase, tool]
            clean = [r for r in runs if r[0] is not None and not r[2]]
            by_workers = defaultdict(list)  # one entry, but for the limit
            for spent, _, _, workers in clean or [r for r in runs if r[0] is not None]:
                by_workers[workers].append(spent)
            workers, good = min(by_workers.items(), key=lambda item: statistics.median(item[1]), default=(None, []))
            row[tool] = {
                "runs": len(runs),
                "disturbed": bool(good) and not clean,
                "workers": workers,
                "failed": [r[1] for r in runs if r[0] is None],
                "min": min(good, default=None),
                "median": statistics.median(good) if good else None,
            }
        for top in tools[:-1]:
            for under in tools[tools.index(top) + 1 :]:
                a, b = row[top]["median"], row[under]["median"]
                row[f"{top} / {under}"] = a / b if a and b else None
        rows.append(row)
    return rows


def show(rows, tools):
    ratios = [f"{a} / {b}" for i, a in enumerate(tools) for b in tools[i + 1 :]]
    compared = "ours / peer" in ratios
    heads = [*(f"{t}, s" for t in tools), *ratios, *(["target, ours / peer"] if compared else [])]
    print("| stack | phase | " + " | ".join(heads) + " |")
    print("|---|---|" + "--:|" * len(heads))
    for row in rows:
        cells = []
        for tool in tools:
            cell = row[tool]
            text = f"{cell['min']:.3f} / {cell['median']:.3f}" if cell["min"] is not None else "-"
            text += "~" if cell["disturbed"] else ""
            text += f" ({cell['workers']}w)" if cell["workers"] else ""
            cells.append(text + (f" FAILED {len(cell['failed'])}/{cell['runs']}" if cell["failed"] else ""))
        cells += [f"{row[r]:.2f}" if row[r] else "-" for r in ratios]
        cells += [judged(row["stack"], row["phase"], row["ours / peer"])] if compared else []
        print(f"| {row['stack']} | {row['phase']} | " + " | ".join(cells) + " |")
    for row in rows:
        for tool in tools:
            for why in dict.fromkeys(row[tool]["failed"]):
                print(f"FAILED {row['stack']} {row['phase']} {tool}: {why}")


def memory_gib():
    found = re.search(r"MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text())
    return int(found[1]) / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", help="command line of the tool under test")
    parser.add_argument("--peer", action="append", default=[], help="command line of a peer; may repeat")
    parser.add_argument("--stack", action="append", choices=[*STACKS], metavar="NAME")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", default="4", help="thread counts of the limit to try; the best one is shown (Nw)")
    parser.add_argument("--limit-runs", type=int, default=2, help="in how many of the runs the limit takes part")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one command")
    parser.add_argument(
        "--settle", type=float, default=20, help="seconds to wait, at most, for an idle machine before each phase"
    )
    parser.add_argument("--json", metavar="FILE", help="write all numbers to FILE")
    options = parser.parse_args()

    commands = {
        **({"ours": options.ours} if options.ours else {}),
        **{(p if len(options.peer) > 1 else "peer"): p for p in options.peer},
        "limit": "limit",
    }
    labels = {command: label for label, command in commands.items()}
    tools = list(commands)
    began = time.monotonic()
    counts = [int(n) for n in options.workers.split(",")]
    times = defaultdict(list)

    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        write(directory)

        def recorder(stack, workers=None):
            def record(tool, phase, spent, why=None, disturbed=False):
                times[stack, phase, labels[tool]].append((spent, why, disturbed, workers))
                print(
                    f"{stack:8} {phase:9} {labels[tool]:>8} "
                    + (f"{spent:.3f}{'~' * disturbed}" if why is None else f"FAILED: {why}"),
                    file=sys.stderr,
                )

            return record

        for tool in commands.values():
            startup(tool, options, recorder("-"))
        for name in options.stack or STACKS:
            for run in range(options.runs):
                turn = run % len(tools)
                for label in tools[turn:] + tools[:turn]:
                    if label == "limit" and run >= options.limit_runs:
                        continue
                    for workers in counts if label == "limit" else [None]:
                        project = f"bench-{name}-{os.getpid()}-{run}-{tools.index(label)}-{workers}"
                        cycle(
                            commands[label],
                            name,
                            Path(directory) / f"{name}.yml",
                            project.lower(),
                            options,
                            recorder(name, workers),
                            workers,
                        )

    rows = summary(times, tools)
    version = limit.Engine().call("GET", "/version")["Version"]
    facts = {
        "date": str(date.today()),
        "engine": version,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "kernel": platform.release(),
        "machine": f"{memory_gib():.0f} GiB",
        "runs": f"{options.runs} in turns, {options.limit_runs} of the limit",
        "minutes": round((time.monotonic() - began) / 60, 1),
        "workers": options.workers,
        "commands": commands,
    }
    print(", ".join(f"{k} {v}" for k, v in facts.items() if k != "commands"))
    print("; ".join(f"{k} = {v}" for k, v in commands.items()))
    print("Seconds are min / median; ratios are of medians; ~ others used the engine meanwhile.\n")
    show(rows, tools)
    if options.json:
        Path(options.json).write_text(json.dumps({**facts, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
