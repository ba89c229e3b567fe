"""Why a container is not well, in a few words: for a column of a table."""

from collections.abc import Sequence
from typing import assert_never

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
from minicompose.diagnosis.phrases import holder_text, size_text
from minicompose.planning.observed import ObservedContainer
from minicompose.regex import regex

# What colours text and moves about on a terminal.
_CODES = regex(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def needs_a_reason(container: ObservedContainer) -> bool:
    """Whether it is in a state that somebody will ask about; one that starts, or was paused, says so itself."""
    match container.state:
        case "running":
            return container.health == "unhealthy"
        case "exited":
            return container.exit_code != 0
        case "created" | "restarting" | "dead":
            return True
        case "paused" | "removing":
            return False
        case never:
            assert_never(never)


def brief_reason(its: Explanation) -> str:
    """The first cause that says more than its state does, or else what it printed last; "" where nothing is known."""
    for cause in its.causes:
        if words := _words(cause):
            return words
    if its.waits_for:
        wait = its.waits_for[0]
        return f"waits for {wait.service}"
    return _last_line(its.output)


def _last_line(lines: Sequence[str]) -> str:
    """The last of a program's lines with anything to read in it, without what is meant for a terminal."""
    for line in reversed(lines):
        plain = "".join(letter if letter.isprintable() else " " for letter in _CODES.sub("", line)).strip()
        if plain:
            return plain
    return ""


def _words(cause: AnyCause) -> str:
    match cause:
        case OutOfMemory(limit=limit):
            return f"out of memory, its limit is {size_text(limit)}" if limit else "the machine was out of memory"
        case StartFailed(message=message):
            return message
        case Unhealthy(probes=probes):
            return _last_line(probes[-1].output.splitlines() if probes else ()) or "its health check fails"
        case PortTaken(port=port, holder=holder):
            return f"port {port} is taken by {holder_text(holder)}"
        case ImageMissing(image=image):
            return f"no image {image}"
        case SourceMissing(source=source):
            return f"{source} does not exist"
        case ResourceMissing(type=kind, name=name):
            return f"no {kind} {name}"
        case Exited() | Restarted() | NotYetHealthy() | Paused() | Disabled() | Unwanted():
            return ""  # the table says it
        case never:
            assert_never(never)
