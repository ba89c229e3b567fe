"""A step that has failed, with what is seen of its container at that moment."""

import time

import msgspec

from minicompose.diagnosis.evidence import known_secrets, ports_and_listeners
from minicompose.diagnosis.explaining import KILLED, Evidence, causes_of, was_not_started
from minicompose.diagnosis.explanation import Exited, StartFailed
from minicompose.diagnosis.here import missing_paths
from minicompose.diagnosis.wording import cause_lines
from minicompose.engine.protocol import ContainerState, Engine
from minicompose.errors import EngineError
from minicompose.execution.conditions import last_lines
from minicompose.execution.events import StepFailed
from minicompose.model import Stack

_LOOKS, _PAUSE = 10, 0.05


def with_reason(engine: Engine, stack: Stack, container: str | None, event: StepFailed) -> StepFailed:
    """`event` with the causes below its hint, and the container's last lines where it has none yet."""
    state = _state(engine, container)
    mask = known_secrets(engine, stack, (state.id,) if state else ())
    lines = [event.hint] if event.hint else []
    output = event.output
    if state is not None:
        lines += [line for line in _lines(engine, state) if line not in event.message]
        output = output or last_lines(engine, state.id)
    return msgspec.structs.replace(event, message=mask(event.message), hint=mask("\n".join(lines)), output=mask(output))


def _state(engine: Engine, container: str | None) -> ContainerState | None:
    """What the engine tells of it. That one ran out of memory may come to light a moment after its end."""
    try:
        state = engine.inspect_container(container) if container else None
        for _ in range(_LOOKS):
            if state is None or state.oom_killed or not (state.exit_code == KILLED and state.memory):
                break
            time.sleep(_PAUSE)
            state = engine.inspect_container(state.id)
    except EngineError:
        return None
    return state


def _lines(engine: Engine, state: ContainerState) -> list[str]:
    """The causes that the step's own message does not tell."""
    try:
        found = _evidence(engine, state)
    except EngineError:
        found = Evidence()
    told = [cause for cause in causes_of(state, found) if not isinstance(cause, Exited | StartFailed)]
    return [line for cause in told for line in cause_lines(cause)]


def _evidence(engine: Engine, state: ContainerState) -> Evidence:
    if not was_not_started(state):
        return Evidence()
    here = engine.abilities().is_local
    everyone, listeners = ports_and_listeners(engine, state.asked_ports, here=here)
    gone = missing_paths(state.bind_sources.values()) if here else frozenset()
    return Evidence(everyone=everyone, listeners=listeners, missing_paths=gone)
