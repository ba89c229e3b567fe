"""What happened to containers, as `events` tells of it."""

from datetime import UTC, datetime

import msgspec

from minicompose import labels
from minicompose.engine.protocol import LoggedEvent

_SECOND = 1_000_000_000
# The labels of ours are long, and those of docker compose known.
_HIDDEN = ("com.docker.compose.", "minicompose.")


def event_text(event: LoggedEvent) -> str:
    """As in `2026-11-25 23:45:55.727947 container start ID (image=..., name=...)`, by the clock of the place."""
    at = datetime.fromtimestamp(event.time // _SECOND)
    told = ", ".join(f"{name}={value}" for name, value in _attributes(event).items())
    moment = f"{at:%Y-%m-%d %H:%M:%S}.{event.time % _SECOND // 1000:06}"
    return f"{moment} container {event.action} {event.id} ({told})"


def event_json(event: LoggedEvent) -> str:
    """One object, with the keys of docker compose."""
    told = {
        "action": event.action,
        "attributes": _attributes(event),
        "id": event.id,
        "service": event.attributes.get(labels.SERVICE, ""),
        "time": _moment(event.time),
        "type": "container",
    }
    return msgspec.json.encode(told).decode()


def _attributes(event: LoggedEvent) -> dict[str, str]:
    return {name: value for name, value in sorted(event.attributes.items()) if not name.startswith(_HIDDEN)}


def _moment(nanoseconds: int) -> str:
    """RFC 3339 by the clock of the place, without zeros at its end."""
    at = datetime.fromtimestamp(nanoseconds // _SECOND, UTC).astimezone()
    fraction = f".{nanoseconds % _SECOND:09}".rstrip("0").rstrip(".")
    offset = at.strftime("%z")
    zone = "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:]}"
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}{zone}"
