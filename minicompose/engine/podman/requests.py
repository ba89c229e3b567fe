"""What Podman must be asked in other words than Docker."""

import time
from typing import Any

import msgspec

from minicompose.engine.transport import Query
from minicompose.regex import regex

# Events are chosen by Podman's own names for them, and told by Docker's; `destroy` is told by Podman's, too.
_EVENTS = {"die": "died", "destroy": "remove"}
_GRACE = 10  # seconds
_IMPRECISE = 1e-6  # seconds
_READING = 3  # seconds, in which it has read its file of events many times over
# Without these words it runs the `ps` of the container, where there may be none, and does not take its lines apart.
_PROCESSES = "user,pid,ppid,pcpu,etime,tty,time,args"
_EXEC = regex(r"/containers/[^/]+/exec")
_TOP = regex(r"/containers/[^/]+/top")


def path_for_podman(method: str, path: str) -> str:
    """For its list in Docker's shape it looks into every container for every network: with some hundred containers
    that takes a minute, and its own list nothing.
    """
    return "/libpod/networks/json" if (method, path) == ("GET", "/networks") else path


def query_for_podman(path: str, query: Query | None) -> Query | None:
    """The query for a path of Docker's API."""
    if path == "/events" and query:
        return _events(dict(query), time.time())
    if path.endswith("/archive") and query and str(query["path"]).endswith("/."):
        # Of the contents of a directory it sends no entry for the directory itself.
        return {**query, "path": str(query["path"]).removesuffix("/.") or "/"}
    if _TOP.fullmatch(path):
        return {"ps_args": _PROCESSES, **(query or {})}
    return query


def body_for_podman(path: str, body: bytes) -> bytes:
    """The body of a request, in JSON."""
    if path != "/containers/create" and not _EXEC.fullmatch(path):
        return body
    asked: dict[str, Any] = msgspec.json.decode(body)
    if path == "/containers/create":
        asked = {"StopTimeout": _GRACE, **asked}  # Docker's, where nothing is said; Podman would kill at once
    return msgspec.json.encode(_without_bare_names(asked))


def filters_of(query: Query | None) -> dict[str, list[str]]:
    """What a query asks to be told of."""
    filters: dict[str, list[str]] = msgspec.json.decode(str((query or {}).get("filters") or "{}"))
    return filters


def _events(query: dict[str, Any], now: float) -> Query:
    """It looks at nothing when the time is over before it has begun, stops at its end, read or not, and reads moments
    with less precision. So it may tell of what comes after `until`.
    """
    if "filters" in query:
        asked = filters_of(query)
        if "event" in asked:
            asked["event"] = [_EVENTS.get(event, event) for event in asked["event"]]
        query["filters"] = msgspec.json.encode(asked).decode()
    if "until" in query and float(query["until"]) <= now:
        del query["until"]
        query["stream"] = "0"
    elif "until" in query:
        query["until"] = f"{float(query['until']) + _READING:.9f}"
    if "since" in query:
        query["since"] = f"{float(query['since']) - _IMPRECISE:.9f}"
    return query


def _without_bare_names(body: dict[str, Any]) -> dict[str, Any]:
    """A variable without a value would take away one that the image has, and is refused."""
    if any("=" not in entry for entry in body.get("Env") or ()):
        return {**body, "Env": [entry for entry in body["Env"] if "=" in entry]}
    return body
