"""What is different since a plan was made, in words: why it is not carried out."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import assert_never

from minicompose.history.comparison import Differs
from minicompose.history.drift import Drift, Since
from minicompose.output.reasons import change_text, short_id


def moment_text(at: float, zone: tzinfo | None = None) -> str:
    """`2026-11-25 22:10:03`; `zone` None is the local one."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def since_lines(since: Since) -> list[str]:
    """A line for each field of the stack files, and for each thing of the engine's."""
    return [*(line for differs in since.files for line in _differs_lines(differs)), *map(_drift_line, since.engine)]


def _differs_lines(differs: Differs) -> Iterator[str]:
    what = f"{differs.kind} {differs.name}"
    match differs.what:
        case "added":
            yield f"{what} is new in the stack files"
        case "removed":
            yield f"{what} is no longer in the stack files"
        case "changed":
            for change in differs.changes:
                yield f"{what}: {change_text(change)}"
        case _:
            assert_never(differs.what)


def _drift_line(drift: Drift) -> str:
    what = f"{drift.type} {drift.name}"
    match drift.what:
        case "gone":
            return f"{what} is gone"
        case "new":
            return f"{what} was not there"
        case "another" if drift.type == "image":
            return f"{what} was {short_id(drift.then)}, and is {short_id(drift.now)}"
        case "another":
            return f"{what} is another one of that name"
        case "state":
            return f"{what} {_state_text(drift.then, 'was', 'had')}, and {_state_text(drift.now, 'is', 'has')}"
        case "networks":
            return f"{what} was on {drift.then or 'no network'}, and is on {drift.now or 'none'}"
        case _:
            assert_never(drift.what)


def _state_text(state: str, verb: str, verb_of_done: str) -> str:
    """`is running`, `has exited with 1`."""
    return f"{verb_of_done if state.startswith('exited') else verb} {state}"
