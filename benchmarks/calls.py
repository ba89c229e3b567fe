#!/usr/bin/env python3
"""Show the engine calls that a command makes: when each began, when its answer came, and the gaps between.

    python benchmarks/calls.py minicompose -f shop.yaml up -d
    python benchmarks/calls.py docker compose -f shop.yaml up -d

The command talks to the engine through a socket that notes the first line of each request and the time at which
the first byte of its answer comes back. That takes a fraction of a millisecond for each call.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import unquote

ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
_ID = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_VERSION = re.compile(r"^/v1[.][0-9]+")


class Calls:
    """Hands on what comes to `path`, and notes the calls: (began, answered, what), in seconds since 1970."""

    def __init__(self, path):
        self.seen, self.lock = [], threading.Lock()
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(path)
        self.door.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.door.accept()
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(ENGINE)
            waiting = []  # the call that is not answered yet, of this connection
            for pair in ((client, engine, self.asked), (engine, client, self.answered)):
                threading.Thread(target=self.pump, args=(*pair, waiting), daemon=True).start()

    def pump(self, source, target, note, waiting):
        try:
            while data := source.recv(1 << 16):
                note(data, waiting)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of the two has gone

    def asked(self, data, waiting):
        if not waiting:  # else it is more of the same request
            waiting.append((time.time(), data.split(b"\r\n", 1)[0].decode("latin-1")))

    def answered(self, _data, waiting):
        if waiting:
            began, what = waiting.pop()
            with self.lock:
                self.seen.append((began, time.time(), what))


def told(what):
    """The first line of a request without what all have in common."""
    method, path, *_ = what.split(" ")
    short = _ID.sub(lambda found: found[1], _VERSION.sub("", unquote(path)))
    return f"{method:6} {short[:110]}"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="calls-") as directory:
        path = str(Path(directory) / "engine.sock")
        calls = Calls(path)
        begin = time.time()
        code = subprocess.run(sys.argv[1:], env={**os.environ, "DOCKER_HOST": f"unix://{path}"}).returncode
        end = time.time()
    print(f"{'began':>7} {'answer':>7} {'ms':>6}  calls at the engine meanwhile, this one included; call")
    for began, answer, what in sorted(calls.seen):
        beside = sum(other[0] <= began < other[1] for other in calls.seen)
        print(f"{began - begin:7.3f} {answer - begin:7.3f} {(answer - began) * 1000:6.1f}  {beside}  {told(what)}")
    print(f"{end - begin:7.3f} end, exit code {code}")
    return code


if __name__ == "__main__":
    sys.exit(main())
