"""Explanations in words, and as JSON."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import assert_never

import msgspec

from minicompose.diagnosis.explanation import (
    AnyCause,
    Disabled,
    Exited,
    Explanation,
    ImageMissing,
    NotYetHealthy,
    OutOfMemory,
    Paused,
    PortTaken,
    ResourceMissing,
    Restarted,
    SourceMissing,
    StartFailed,
    Unhealthy,
    Unwanted,
)
from minicompose.diagnosis.wording import holder_text, size_text
from minicompose.engine.protocol import Probe
from minicompose.output.reasons import span_text
from minicompose.output.step_words import plural

_INDENT = "  "
_MOST_PROBES = 3


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


def cause_lines(cause: AnyCause) -> list[str]:
    """A cause in words; a line for each probe of a health check."""
    match cause:
        case Exited(code=code, meaning=meaning):
            return [f"it exited with code {code}" + (f" ({meaning})" if meaning else "")]
        case OutOfMemory(limit=limit):
            return [f"it ran out of memory: its limit is {size_text(limit)}" if limit else _MACHINE_WITHOUT_MEMORY]
        case StartFailed(message=message, hint=hint):
            return [f"the engine could not start it: {message}", *([f"  {hint}"] if hint else [])]
        case Restarted(times=times):
            return [f"its restart policy has started it again {plural(times, 'time')}"]
        case Unhealthy(failing=failing, probes=probes):
            return [f"its health check has failed {plural(failing, 'time')} in a row", *_probe_lines(probes)]
        case NotYetHealthy(probes=probes):
            first = "its health check has not passed yet" if probes else "its health check has not been run yet"
            return [first, *_probe_lines(probes)]
        case PortTaken(port=port, protocol=protocol, holder=holder):
            where = f"port {port}" if protocol == "tcp" else f"port {port}/{protocol}"
            return [f"{where} of the host is taken by {holder_text(holder)}"]
        case ImageMissing(image=image, why=why):
            return [f"the engine has no image {image}" + (f": {why}" if why else "")]
        case SourceMissing(source=source, target=target):
            return [f"{source}, to be mounted at {target}, does not exist"]
        case ResourceMissing(type=kind, name=name):
            return [f"the external {kind} {name} does not exist: `docker {kind} create {name}` makes it"]
        case Paused():
            return ["somebody has paused it: `docker unpause` lets it go on"]
        case Disabled(profiles=profiles):
            return [f"no active profile has it; it is in {', '.join(profiles)}: `--profile {profiles[0]}`"]
        case Unwanted():
            return ["it is to have no containers: its scale is 0"]
        case _:
            assert_never(cause)


_MACHINE_WITHOUT_MEMORY = "it was killed because the machine had no more memory; it has no limit of its own"


def _probe_lines(probes: tuple[Probe, ...]) -> list[str]:
    """The last probes; what was printed alike several times, once."""
    lines: list[str] = []
    told: tuple[int, str] | None = None
    for probe in probes[-_MOST_PROBES:]:
        output = probe.output.strip()
        if (probe.exit_code, output) == told:
            continue
        told = (probe.exit_code, output)
        first, *rest = output.splitlines() or ["it printed nothing"]
        lines.append(f"  exit code {probe.exit_code}: {first}")
        lines += [f"    {line}" for line in rest]
    return lines
