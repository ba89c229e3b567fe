"""Points in time as people write them, for the engine: `10m` ago, a date, or seconds since 1970."""

import re
from datetime import datetime

from minicompose.errors import UsageError
from minicompose.regex import regex

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = regex(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")


def timestamp(text: str, now: float) -> str:
    """`text` in seconds since 1970, as the engine wants it. A date without a zone is local time."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return text
    parts = _PART.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return f"{now - sum(float(number) * _SECONDS[unit] for number, unit in parts):.9f}"
    try:
        return f"{datetime.fromisoformat(text).timestamp():.9f}"
    except ValueError:
        raise UsageError(f'"{text}" is not a point in time', "as in 10m, 2026-01-02T13:23:37Z or 1700000000") from None
