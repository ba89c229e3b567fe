"""Reasons in words: why a step is in the plan."""

from typing import Any, assert_never

import msgspec

from minicompose.model import encode_value
from minicompose.planning.masking import HIDDEN
from minicompose.planning.plan import (
    Asked,
    Change,
    Changed,
    DependencyReplaced,
    DependencyRestarted,
    Disconnected,
    Failed,
    ImageMayChange,
    ImageUpdated,
    Missing,
    Needed,
    NetworkReplaced,
    NotRunning,
    Orphan,
    OtherPlatform,
    Outdated,
    Reason,
    Renamed,
    ScaledDown,
    Step,
    Unfinished,
    Unknown,
)

_LONGEST = 60


def reason_text(reason: Reason) -> str:
    """One line; of several changed fields the first, and how many more there are."""
    lines = reason_lines(reason)
    return lines[0] if len(lines) == 1 else f"{lines[0]}, and {len(lines) - 1} more"


def told_reason(step: Step) -> str:
    """Why a step is done, where that is news: not that something was missing, or that the verb asked for it."""
    match step.because:
        case Missing() | Needed():
            return ""
        case Asked(option=option) if not option.startswith("--"):
            return ""
        case NotRunning(state=state):
            return f"was not running ({state})"  # it does by now
        case reason:
            return reason_text(reason)


def reason_lines(reason: Reason) -> list[str]:
    """The reason in words; a line for each field that changed, with its place in the file."""
    match reason:
        case Missing():
            return ["missing"]
        case Changed(changes=changes):
            return [change_text(change) for change in changes]
        case ImageUpdated(image=image, old=old, new=new):
            return [f"{image} is another image now: {short_id(old)} -> {short_id(new)}"]
        case ImageMayChange(image=image):
            return [f"if {image} becomes another image"]
        case DependencyReplaced(service=service):
            return [f"{service} is replaced"]
        case DependencyRestarted(service=service):
            return [f"{service} is restarted"]
        case Disconnected(network=network):
            return [f"is not on network {network}"]
        case NetworkReplaced(network=network):
            return [f"the network {network} is made anew"]
        case NotRunning(state=state):
            return [f"is not running ({state})"]
        case Needed(service=service):
            return [f"{service} needs it"]
        case Orphan():
            return ["no service of the stack has it"]
        case ScaledDown(replicas=replicas):
            return [f"scaled down to {replicas}"]
        case Unfinished():
            return ["left over from an interrupted run"]
        case Renamed(name=name):
            return [f"is called {name}"]
        case Unknown(made_by=made_by):
            return [f"made by {made_by}, with no record of what it was made from"]
        case Outdated(policy=policy, age=age):
            pulled = "nobody knows when it was pulled" if age is None else f"it was pulled {span_text(age)} ago"
            return [f"{policy}, and {pulled}"]
        case OtherPlatform(asked=asked, found=found):
            return [f"it is there for {found}, and not for {asked}"]
        case Failed():
            return ["what was to take its place has failed"]
        case Asked(option=option):
            return [f"asked for: {option}"]
        case _:
            assert_never(reason)


def span_text(seconds: int) -> str:
    """A span in its largest whole unit: "3 days", "1 hour", "40 seconds"."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def change_text(change: Change) -> str:
    """`environment.LOG_LEVEL: "info" -> "debug"   stack.yaml:14:7`."""
    place = f"   {change.pos}" if change.pos else ""
    if change.old is None and change.new is None:
        return f"{change.path}{place}"
    if change.old is None:
        return f"{change.path}: added {value_text(change.new)}{place}"
    if change.new is None:
        return f"{change.path}: removed {value_text(change.old)}{place}"
    if change.old == change.new:
        return f"{change.path}: {value_text(change.old)} -> another value{place}"
    return f"{change.path}: {value_text(change.old)} -> {value_text(change.new)}{place}"


def value_text(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    if value == HIDDEN:
        return HIDDEN
    text = msgspec.json.encode(value, enc_hook=encode_value).decode()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def short_id(image_id: str) -> str:
    """The first twelve digits, as the engine shows it."""
    return image_id.removeprefix("sha256:")[:12]
