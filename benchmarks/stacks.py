#!/usr/bin/env python3
"""Benchmark stacks: plain dicts in Compose form, and a writer of compose files.

    python3 stacks.py DIR        write every stack to DIR/NAME.yml

Every service carries REV=${REV:-1} in its environment: running `up -d` with
another REV in the caller's environment makes every container out of date.
`init: true` lets SIGTERM end `sleep` at once, so `down` measures the tool and
the engine and not a stop timeout.
"""

import json
import re
import sys
from pathlib import Path

IMAGE = "busybox:test"


def service(**extra):
    return {
        "image": IMAGE,
        "init": True,
        "command": ["sleep", "infinity"],
        "environment": {"REV": "${REV:-1}"},
        **extra,
    }


def after(names, condition="service_started"):
    return {"depends_on": {name: {"condition": condition} for name in names}}


def four(healthy):
    # 1s is the shortest interval in common use; see README.md.
    probe = {"healthcheck": {"test": ["CMD", "true"], "interval": "1s"}} if healthy else {}
    condition = "service_healthy" if healthy else "service_started"
    return {
        "db": service(**probe),
        "redis": service(**probe),
        "backend": service(**after(["db", "redis"], condition)),
        "frontend": service(**after(["backend"])),
    }


def layers(count, size, **extra):
    services, previous = {}, []
    for layer in range(count):
        names = [f"s{layer:02d}x{i:02d}" for i in range(size)]
        for name in names:
            services[name] = service(**extra, **(after(previous) if previous else {}))
        previous = names
    return services


def big(count=20, size=50):
    """Typical attributes, for `config` only."""
    services = layers(count, size)
    for number, (name, body) in enumerate(services.items()):
        body["environment"] |= {
            "APP_NAME": name,
            "DATABASE_URL": f"postgres://app:${{DB_PASSWORD:-secret}}@db{number % 7}:5432/{name}",
            "LOG_LEVEL": "${LOG_LEVEL:-info}",
            "WORKERS": 4,
        }
        body["labels"] = {
            "com.example.team": f"team-{number % 9}",
            "traefik.enable": "true",
            f"traefik.http.routers.{name}.rule": f"Host(`{name}.example.com`)",
        }
        body["volumes"] = [f"./conf/{name}:/etc/{name}:ro", f"data{number % 20}:/var/lib/data"]
        body["ports"] = [f"{10000 + number}:80", f"127.0.0.1:{20000 + number}:9090/tcp"]
        body["healthcheck"] = {
            "test": ["CMD", "wget", "-q", "-O-", "http://localhost/health"],
            "interval": "30s",
            "timeout": "5s",
            "retries": 3,
            "start_period": "10s",
        }
        body["deploy"] = {
            "resources": {"limits": {"cpus": "0.50", "memory": "256M"}, "reservations": {"memory": "64M"}}
        }
        body["restart"] = "unless-stopped"
        body["networks"] = ["front", "back"] if number % 3 else ["back"]
        if "depends_on" in body:  # one service of the layer before, and one of the first layer
            layer, index = divmod(number, size)
            body |= after([f"s{layer - 1:02d}x{index:02d}", f"s00x{number % 7:02d}"])
    return {"services": services, "volumes": {f"data{i}": {} for i in range(20)}, "networks": {"front": {}, "back": {}}}


STACKS = {
    "four": {"services": four(healthy=True)},
    "four0": {"services": four(healthy=False)},
    "wide50": {"services": layers(1, 50)},
    "layer50": {"services": layers(5, 10)},
    "chain20": {"services": layers(20, 1)},
    "scale30": {"services": {"web": service(scale=30)}},
    "big1000": big(),
    # Few services, 10**6 paths: a cycle check that walks paths and not nodes shows here.
    "dense70": {"services": layers(7, 10)},
}
CONFIG_ONLY = {"big1000", "dense70"}


def replicas(body):
    return body.get("scale", 1)


def scalar(value):
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z./][\w./-]*", value):
        if value.lower() not in ("true", "false", "null", "yes", "no", "on", "off", "y", "n"):
            return value
    return json.dumps(value)


def to_yaml(node, indent=0):
    """Block-style YAML as people write it (no dependency on a YAML library)."""
    pad = "  " * indent
    for item in node.items() if isinstance(node, dict) else ((None, v) for v in node):
        head, value = pad + (f"{scalar(item[0])}:" if item[0] is not None else "-"), item[1]
        if isinstance(value, (dict, list)) and value:
            yield head
            yield from to_yaml(value, indent + 1)
        else:
            yield f"{head} {scalar(value)}"


def write(directory):
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, stack in STACKS.items():
        (directory / f"{name}.yml").write_text("\n".join(to_yaml(stack)) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1])
