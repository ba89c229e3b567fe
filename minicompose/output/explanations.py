"""Explanations in words, and as JSON."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import assert_never

import msgspec

from minicompose.diagnosis.explanation import Explanation
from minicompose.diagnosis.wording import cause_lines
from minicompose.output.reasons import span_text

_INDENT = "  "


def explanations_text(explanations: Iterable[Explanation], *, now: float | None = None) -> str:
    """A few lines for each; what several wait for is explained once. `now` is in seconds since 1970."""
    words = _Words(time.time() if now is None else now)
    return "\n".join(line for each in explanations for line in words.told(each, ""))


def explanation_json(explanation: Explanation, project: str) -> str:
    """One explanation as a line of JSON."""
    return msgspec.json.encode({"project": project, **msgspec.to_builtins(explanation)}).decode()


class _Words:
    def __init__(self, now: float) -> None:
        self._now = now
        self._told: set[str] = set()

    def told(self, its: Explanation, indent: str) -> list[str]:
        name = its.container or its.service
        again = name in self._told and not its.well
        self._told.add(name)
        head = f"{indent}{its.service} ({name}): " if name != its.service else f"{indent}{name}: "
        if again:
            return [f"{head}{self._condition(its)}, as told above"]
        causes = [cause_lines(cause) for cause in its.causes]
        rest = [f"{indent}{_INDENT}{line}" for lines in causes for line in lines]
        for wait in its.waits_for:
            rest.append(f"{indent}{_INDENT}it waits until {wait.service} {_awaited(wait.condition)}")
            if wait.by is not None:
                rest += self.told(wait.by, indent + 2 * _INDENT)
        if its.output:
            rest.append(f"{indent}{_INDENT}the last that it printed:")
            rest += [f"{indent}{_INDENT}{_INDENT}| {line}" for line in its.output]
        if not its.well and not rest and its.condition in ("absent", "created"):
            rest.append(f"{indent}{_INDENT}nothing is in its way: `minicompose up` starts it")
        return [head + self._condition(its), *rest]

    def _condition(self, its: Explanation) -> str:
        since = self._since(its.since)
        match its.condition:
            case "absent":
                return "there is no such container"
            case "created":
                return "created, and not started"
            case "running":
                return f"runs{since}"
            case "healthy":
                return f"runs and is healthy, started{since.removeprefix(' since')}"
            case "unhealthy":
                return f"runs and is unhealthy, started{since.removeprefix(' since')}"
            case "starting":
                return f"runs, and is not healthy yet, started{since.removeprefix(' since')}"
            case "paused":
                return "paused"
            case "restarting":
                return "ends again and again, and is about to be restarted"
            case "removing":
                return "is being removed"
            case "exited":
                return f"does not run, ended{since.removeprefix(' since')}"
            case "dead":
                return "is dead: it could not be removed entirely"
            case "completed":
                return f"has done its work, ended{since.removeprefix(' since')}"
            case never:
                assert_never(never)

    def _since(self, moment: str) -> str:
        """` since 2026-11-25 22:50:11 (4 minutes ago)`, by the clock of the place."""
        at = _seconds(moment)
        if at is None:
            return ""
        ago = span_text(max(0, int(self._now - at)))
        return f" since {datetime.fromtimestamp(at).strftime('%Y-%m-%d %H:%M:%S')} ({ago} ago)"


def _seconds(moment: str) -> float | None:
    if not moment:
        return None
    return datetime.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC).timestamp()


def _awaited(condition: str) -> str:
    return {"started": "is started", "healthy": "is healthy", "completed": "has completed"}[condition]
