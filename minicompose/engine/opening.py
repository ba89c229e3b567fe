"""Opening what the engine sends as it happens: a call for each of the classes in streams.py."""

import time
from typing import Any

import msgspec

from minicompose import labels
from minicompose.engine.api import Api
from minicompose.engine.inspected import inspected
from minicompose.engine.protocol import ExecSpec
from minicompose.engine.queries import filters
from minicompose.engine.streams import HttpEventLog, HttpEvents, HttpExec, HttpLogs, HttpSession

# What is subscribed to; a health check makes three exec events each time, which nobody reads.
_EVENTS = [
    "create",
    "start",
    "die",
    "stop",
    "kill",
    "oom",
    "destroy",
    "rename",
    "pause",
    "unpause",
    "restart",
    "health_status",
]


def open_events(api: Api, project: str) -> HttpEvents:
    """The engine answers before it subscribes, so it is asked for all since just before."""
    chosen = filters(type=["container"], label=[f"{labels.PROJECT}={project}"], event=_EVENTS)
    return HttpEvents(api.open("GET", "/events", {"since": _engine_time(api), "filters": chosen}))


def open_event_log(api: Api, project: str, since: str, until: str) -> HttpEventLog:
    chosen = filters(type=["container"], label=[f"{labels.PROJECT}={project}"])
    return HttpEventLog(api.open("GET", "/events", {"filters": chosen, **_between(since, until)}))


def open_logs(
    api: Api, container: str, *, follow: bool, tail: int | None, since: str, until: str, timestamps: bool
) -> HttpLogs:
    query = {"stdout": "1", "stderr": "1", "tail": "all" if tail is None else str(tail)}
    query |= {name: "1" for name, said in (("follow", follow), ("timestamps", timestamps)) if said}
    query |= _between(since, until)
    tty = inspected(api, container).config.tty
    return HttpLogs(api.open("GET", f"/containers/{container}/logs", query), tty)


def open_exec(api: Api, container: str, spec: ExecSpec) -> HttpExec:
    body = {
        "Cmd": list(spec.command),
        "AttachStdin": spec.stdin and not spec.detach,
        "AttachStdout": not spec.detach,
        "AttachStderr": not spec.detach,
        "Tty": spec.tty,
        "User": spec.user,
        "WorkingDir": spec.working_dir,
        "Privileged": spec.privileged,
        "Env": list(spec.env),
        **({"DetachKeys": spec.detach_keys} if spec.detach_keys else {}),
    }
    id = str(api.post(f"/containers/{container}/exec", body)["Id"])
    start = {"Detach": spec.detach, "Tty": spec.tty}
    if spec.detach:
        api.post(f"/exec/{id}/start", start)
        return HttpExec(api, f"/exec/{id}", None, tty=spec.tty, input_ends=True)
    headers = {"Content-Type": "application/json"}
    content = msgspec.json.encode(start)
    answer = api.open("POST", f"/exec/{id}/start", None, content, headers, upgrade="tcp")
    return HttpExec(api, f"/exec/{id}", answer.hijack(), tty=spec.tty, input_ends=True)


def open_session(api: Api, container: str, *, stdin: bool, detach_keys: str) -> HttpSession:
    asked = inspected(api, container).config
    query = {"stream": "1", "stdout": "1", "stderr": "1"}
    query |= {"stdin": "1"} if stdin else {}
    query |= {"detachKeys": detach_keys} if detach_keys else {}
    answer = api.open("POST", f"/containers/{container}/attach", query, upgrade="tcp")
    input_ends = asked.stdin_once and not asked.tty
    return HttpSession(api, f"/containers/{container}", answer.hijack(), tty=asked.tty, input_ends=input_ends)


def _between(since: str, until: str) -> dict[str, str]:
    """A span of time as the engine reads it in a query."""
    if not since and not until:
        return {}
    from minicompose.engine.moments import timestamp  # most who look say neither

    now = time.time()
    return {name: timestamp(said, now) for name, said in (("since", since), ("until", until)) if said}


def _engine_time(api: Api) -> str:
    """Now, by the engine's clock: on this machine it is ours."""
    if api.transport.address.startswith("unix://"):
        return f"{time.time_ns() / 1_000_000_000:.9f}"
    from datetime import datetime  # only engines elsewhere have another clock

    told: dict[str, Any] = api.get("/info")
    return f"{datetime.fromisoformat(told['SystemTime'][:26].rstrip('Z') + '+00:00').timestamp():.9f}"
