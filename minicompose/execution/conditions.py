"""What a container is waited for, and whether it is there: a judgement on one look at it."""

import signal
from typing import Literal, assert_never

import msgspec

from minicompose.engine.protocol import ContainerState, Engine, EngineEvent
from minicompose.errors import EngineError, NotFound
from minicompose.planning.plan import Condition

LAST_LINES = 20

Verdict = Literal["holds", "open", "failed"]


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a container that is waited for.

    `message` and `hint` say why it failed, `output` is then the last that it printed. `present` says
    in a few words how one is that is still waited for; `trouble` is set when that does not look well.
    `provisional`: it holds since the container runs, of which nobody knows whether it is well.
    """

    verdict: Verdict
    message: str = ""
    hint: str = ""
    output: str = ""
    present: str = ""
    trouble: str = ""
    provisional: bool = False


def look(engine: Engine, container: str, condition: Condition, *, steadily: bool = False) -> Sight:
    """Inspect the container and judge it; one that failed is also asked for its last lines.

    `steadily`: one that has ended and is being restarted has failed.
    """
    try:
        state = engine.inspect_container(container)
    except NotFound:
        return Sight(verdict="failed", message="was removed")
    sight = judge(condition, state)
    if steadily and state.state == "restarting":
        sight = Sight(verdict="failed", message=sight.trouble)
    if sight.verdict != "failed":
        return sight
    return msgspec.structs.replace(sight, output=last_lines(engine, container))


def last_lines(engine: Engine, container: str) -> str:
    """The end of what a container printed; nothing when the engine keeps no log of it."""
    try:
        data = b"".join(chunk.data for chunk in engine.logs(container, tail=LAST_LINES))
    except EngineError:
        return ""
    return data.decode(errors="replace").rstrip()


def judge(condition: Condition, state: ContainerState) -> Sight:
    """Whether `condition` holds for a container that is so, can still come true, or has failed."""
    match condition:
        case "started":
            return _judge_started(state)
        case "running":
            return _judge_running(state)
        case "healthy":
            return _judge_healthy(state)
        case "completed":
            return _judge_completed(state)
        case "settled":
            return _judge_settled(state)
        case _:
            assert_never(condition)


def is_met_by(condition: Condition, event: EngineEvent) -> bool:
    """Whether the event alone tells that the condition holds; False when one must look."""
    match condition:
        case "started" | "running":
            return event.action == "start"
        case "healthy" | "settled":
            return event.action == "health_status" and event.health == "healthy"
        case "completed":
            return event.action == "die" and event.exit_code == 0
        case _:
            assert_never(condition)


def concerns(event: EngineEvent) -> bool:
    """Whether an event can change what is waited for; checks that were run and the like do not."""
    return event.action in ("start", "restart", "die", "stop", "destroy", "health_status", "pause", "unpause")


def waits_for(condition: Condition) -> str:
    """The condition as the word after "waiting until"."""
    return "ready" if condition == "settled" else condition


def how_it_exited(state: ContainerState) -> str:
    """How a container ended, in words: its code, the signal behind it, out of memory, the engine's error."""
    words = f"exited with code {state.exit_code}"
    if state.oom_killed:
        words += " (out of memory)"
    elif meaning := meaning_of_code(state.exit_code):
        words += f" ({meaning})"
    return f"{words}: {state.error}" if state.error else words


def meaning_of_code(code: int) -> str:
    """What a shell or the engine means by an exit code."""
    if code == 126:
        return "its command cannot be executed"
    if code == 127:
        return "its command was not found"
    if code <= 128:
        return ""
    try:
        return signal.Signals(code - 128).name
    except ValueError:
        return ""


def _judge_started(state: ContainerState) -> Sight:
    match state.state:
        case "running" | "paused" | "restarting" | "exited":
            return Sight(verdict="holds")
        case "created":
            return _created(state)
        case "removing" | "dead":
            return _gone(state)
        case _:
            assert_never(state.state)


def _judge_running(state: ContainerState) -> Sight:
    match state.state:
        case "running" | "paused":
            return Sight(verdict="holds")
        case "created":
            return _created(state)
        case "restarting":
            return _restarting(state)
        case "exited":
            return Sight(verdict="failed", message=how_it_exited(state))
        case "removing" | "dead":
            return _gone(state)
        case _:
            assert_never(state.state)


def _judge_healthy(state: ContainerState) -> Sight:
    running = _judge_running(state)
    if state.state == "exited":
        return Sight(verdict="failed", message=f"{how_it_exited(state)} before it was healthy")
    return _judge_health(state) if running.verdict == "holds" else running


def _judge_health(state: ContainerState) -> Sight:
    match state.health:
        case "healthy":
            return Sight(verdict="holds")
        case "starting":
            return Sight(verdict="open", present=_with_check(state, "running, its health check has not passed yet"))
        case "unhealthy":
            return Sight(verdict="failed", message=_with_check(state, "unhealthy"))
        case "none":
            return Sight(
                verdict="failed",
                message="has no health check, so it cannot become healthy",
                hint="give the service a healthcheck, or wait for service_started",
            )
        case _:
            assert_never(state.health)


def _judge_completed(state: ContainerState) -> Sight:
    match state.state:
        case "running" | "paused":
            return Sight(verdict="open", present=state.state)
        case "created":
            return _created(state)
        case "restarting":
            return _restarting(state)
        case "exited":
            return _ended(state)
        case "removing" | "dead":
            return _gone(state)
        case _:
            assert_never(state.state)


def _judge_settled(state: ContainerState) -> Sight:
    if state.state == "exited":
        return _ended(state)
    running = _judge_running(state)
    if running.verdict != "holds":
        return running
    if state.health == "none":
        return Sight(verdict="holds", provisional=True, present="it has only just been started")
    return _judge_health(state)


def _ended(state: ContainerState) -> Sight:
    if state.exit_code == 0 and not state.error:
        return Sight(verdict="holds")
    return Sight(verdict="failed", message=how_it_exited(state))


def _created(state: ContainerState) -> Sight:
    """Not started yet; an engine that tried and could not leaves it so, with its error."""
    if state.error:
        return Sight(verdict="failed", message=f"could not be started: {state.error}")
    return Sight(verdict="open", present="not started yet")


def _restarting(state: ContainerState) -> Sight:
    words = f"{how_it_exited(state)}, and is being restarted"
    return Sight(verdict="open", present=words, trouble=words)


def _gone(state: ContainerState) -> Sight:
    return Sight(verdict="failed", message="is being removed" if state.state == "removing" else "is dead")


def _with_check(state: ContainerState, words: str) -> str:
    """`words`, and the last line that the health check printed."""
    lines = state.health_output.strip().splitlines()
    return f"{words}; the check printed: {lines[-1].strip()}" if lines else words
