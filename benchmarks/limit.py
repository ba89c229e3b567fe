#!/usr/bin/env python3
"""The physical limit: the fewest engine calls, in the best order, and nothing else.

    python3 limit.py [--stack NAME ...] [--workers 1,2,4,8] [--runs N]

Raw HTTP over the engine's unix socket, one kept-alive connection a thread, no
configuration to read, no output. Every call is a task that runs as soon as the
calls it needs are done; a `service_healthy` edge waits for the engine's event,
not for a poll. compare.py uses run_phase() as its 'limit' column; run as a
script, it times each worker count and prints the best one.
"""

import argparse
import http.client
import json
import os
import queue
import socket
import threading
import time
from urllib.parse import quote, urlencode

from stacks import CONFIG_ONLY, STACKS, replicas

SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
DEFAULT_WORKERS = 4
PHASES = ("up", "noop", "ps", "recreate", "down")


class Connection(http.client.HTTPConnection):
    def __init__(self):
        super().__init__("docker")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


class Engine:
    """One connection for each calling thread."""

    def __init__(self):
        self.local = threading.local()

    def call(self, method, path, body=None, ok=()):
        connection = self.local.__dict__.setdefault("connection", Connection())
        data = json.dumps(body) if body is not None else None
        connection.request(method, path, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        if response.status >= 400 and response.status not in ok:
            raise RuntimeError(f"{method} {path}: {response.status} {text.decode().strip()}")
        return json.loads(text) if text.startswith((b"{", b"[")) else None

    def containers(self, project):
        filters = json.dumps({"label": [f"{PROJECT}={project}"]})
        return self.call("GET", "/containers/json?" + urlencode({"all": 1, "filters": filters}))

    def networks(self, project):
        filters = json.dumps({"label": [f"{PROJECT}={project}"]})
        return self.call("GET", "/networks?" + urlencode({"filters": filters}))


class Events(threading.Thread):
    """Calls seen(event) for each container event, of one project or all, until close()."""

    def __init__(self, project, seen, kinds=("start", "health_status")):
        super().__init__(daemon=True)
        filters = {"type": ["container"], "event": list(kinds)}
        if project:
            filters["label"] = [f"{PROJECT}={project}"]
        self.connection, self.seen = Connection(), seen
        self.connection.request("GET", "/events?" + urlencode({"filters": json.dumps(filters)}))
        self.response = self.connection.getresponse()  # headers: the subscription is live
        self.socket = self.connection.sock or self.response.fp.raw._sock
        self.start()

    def run(self):
        try:
            for line in self.response:
                self.seen(json.loads(line))
        except (OSError, ValueError, http.client.HTTPException):
            pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()
        self.connection.close()


class Tasks:
    """A dependency graph of calls; signals are nodes that something else completes."""

    def __init__(self):
        self.calls, self.needs, self.rank, self.lock = {}, {}, {}, threading.Lock()

    def add(self, key, call, needs=(), rank=0):
        self.calls[key], self.needs[key], self.rank[key] = call, set(needs), rank

    def run(self, workers):
        self.left, self.error = len(self.calls), None
        self.ready, self.users = queue.PriorityQueue(), {}
        for key, needs in self.needs.items():
            for need in needs:
                self.users.setdefault(need, []).append(key)
        for key, needs in self.needs.items():
            if not needs:
                self.ready.put((self.rank[key], key))
        threads = [threading.Thread(target=self.work) for _ in range(min(workers, self.left))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.error:
            raise self.error

    def signal(self, key):
        with self.lock:
            for user in self.users.pop(key, ()):
                self.needs[user].discard(key)
                if not self.needs[user]:
                    self.ready.put((self.rank[user], user))

    def work(self):
        while True:
            _, key = self.ready.get()
            if key is None:
                return
            try:
                self.calls[key]()
            except Exception as error:
                self.error = error
            self.signal(key)
            with self.lock:
                self.left -= 1
                finished = self.left == 0 or self.error
            if finished:
                for _ in range(threading.active_count()):
                    self.ready.put((-1, None))


def seconds(text):
    return int(float(text.removesuffix("s")) * 1e9)


def body_of(project, service, body, rev):
    probe = body.get("healthcheck")
    network = f"{project}_default"
    return {
        "Image": body["image"],
        "Cmd": body["command"],
        "Env": [f"REV={rev}"],
        "Labels": {PROJECT: project, SERVICE: service},
        "HostConfig": {"Init": True, "NetworkMode": network},
        "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": [service]}}},
        **({"Healthcheck": {"Test": probe["test"], "Interval": seconds(probe["interval"])}} if probe else {}),
    }


def names(project, service, body):
    return [f"{project}-{service}-{i}" for i in range(1, replicas(body) + 1)]


def create_and_start(engine, tasks, services, project, rev, recreate):
    """Add create and start for every container, starts before creates when both are ready."""
    depth = {}
    for service, body in services.items():  # stacks list dependencies first
        needs = []
        for dependency, how in body.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                needs.append(("healthy", dependency))
            else:
                needs += [("start", n) for n in names(project, dependency, services[dependency])]
        depth[service] = 1 + max((depth[d] for d in body.get("depends_on", {})), default=0)
        spec = body_of(project, service, body, rev)
        for name in names(project, service, body):
            if recreate:
                add_remove(engine, tasks, name, rank=depth[service])
            tasks.add(
                ("create", name),
                lambda n=name, s=spec: engine.call("POST", f"/containers/create?name={n}", s),
                [("remove", name)] if recreate else [],
                rank=100 + depth[service],
            )
            tasks.add(
                ("start", name),
                lambda n=name: engine.call("POST", f"/containers/{n}/start"),
                [("create", name), ("network",), *needs],
                rank=depth[service],
            )


def add_remove(engine, tasks, name, needs=(), rank=0):
    """SIGTERM with a limit of 1 s, then remove: what `down -t 1` promises."""
    tasks.add(("stop", name), lambda: engine.call("POST", f"/containers/{name}/stop?t=1", ok=[304]), needs, rank)
    tasks.add(("remove", name), lambda: engine.call("DELETE", f"/containers/{name}?v=0"), [("stop", name)], rank)


def up(engine, services, project, rev, workers, recreate=False):
    tasks = Tasks()
    create_and_start(engine, tasks, services, project, rev, recreate)
    if recreate:
        # No start beside a stop. With both at once, engine 20.10 was left three times with a
        # network that has no containers but "has active endpoints"; cause not proven.
        tasks.add(("network",), lambda: None, [key for key in tasks.calls if key[0] == "remove"])
    else:
        network = {"Name": f"{project}_default", "Labels": {PROJECT: project}}
        tasks.add(("network",), lambda: engine.call("POST", "/networks/create", network), rank=-1)
    events = None
    if any("healthcheck" in body for body in services.values()):

        def seen(event):
            if event["status"] == "health_status: healthy":
                tasks.signal(("healthy", event["Actor"]["Attributes"][SERVICE]))

        events = Events(project, seen, ["health_status"])
    tasks.run(workers)
    if events:
        events.close()


def down(engine, services, project, workers):
    tasks = Tasks()
    users = {}
    for service, body in services.items():
        for dependency in body.get("depends_on", {}):
            users.setdefault(dependency, []).append(service)
    for service, body in services.items():
        needs = [("stop", n) for u in users.get(service, ()) for n in names(project, u, services[u])]
        for name in names(project, service, body):
            add_remove(engine, tasks, name, needs)
    tasks.add(
        ("network",),
        lambda: engine.call("DELETE", f"/networks/{project}_default"),
        [key for key in tasks.calls if key[0] == "remove"],
    )  # stop may return before
    # the endpoint is released: the engine then refuses with 403 "has active endpoints"
    tasks.run(workers)


def run_phase(phase, stack, project, rev=1, workers=DEFAULT_WORKERS, engine=None):
    """Run one phase and return its seconds."""
    engine, services = engine or Engine(), stack["services"]
    begin = time.perf_counter()
    if phase in ("up", "recreate"):
        up(engine, services, project, rev, workers, phase == "recreate")
    elif phase == "noop":  # what has to be read to know that nothing is to be done
        engine.containers(project)
        engine.networks(project)
        for image in {body["image"] for body in services.values()}:
            engine.call("GET", f"/images/{quote(image)}/json")
    elif phase == "ps":
        engine.containers(project)
    elif phase == "down":
        down(engine, services, project, workers)
    return time.perf_counter() - begin


def force_clean(engine, project):
    for container in engine.containers(project):
        engine.call("DELETE", f"/containers/{container['Id']}?force=1", ok=[404, 409])
    for network in engine.networks(project):
        engine.call("DELETE", f"/networks/{network['Id']}", ok=[403, 404])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stack", action="append", choices=[*STACKS], metavar="NAME")
    parser.add_argument("--workers", default="1,2,3,4,8,16")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    counts = [int(n) for n in options.workers.split(",")]
    print(f"{'stack':8} {'phase':9} " + " ".join(f"{f'{n} w':>7}" for n in counts) + "   best")
    engine = Engine()
    for name in options.stack or [n for n in STACKS if n not in CONFIG_ONLY]:
        times = {}
        for run in range(options.runs):
            for count in counts if run % 2 == 0 else counts[::-1]:
                project = f"bench-limit-{name}-{count}"
                try:
                    for phase in PHASES:
                        spent = run_phase(phase, STACKS[name], project, 1 + (phase == "recreate"), count)
                        times.setdefault((phase, count), []).append(spent)
                except RuntimeError as error:
                    print(f"{name}, {count} workers, {phase}: {error}", flush=True)
                    force_clean(engine, project)
        for phase in PHASES:
            row = {n: min(times[phase, n]) for n in counts if (phase, n) in times}
            print(
                f"{name:8} {phase:9} "
                + " ".join(f"{row[n]:7.3f}" if n in row else f"{'-':>7}" for n in counts)
                + f"   {min(row, key=row.get)} workers",
                flush=True,
            )


if __name__ == "__main__":
    main()
