"""Run a hook: a command in a container, whose output is told line by line and whose end is waited for."""

from collections.abc import Iterator

from minicompose.engine.progress import OnProgress, Progress
from minicompose.engine.protocol import Engine, ExecSession, ExecSpec, LogChunk
from minicompose.errors import EngineError, MinicomposeError, NotFound
from minicompose.execution.conditions import meaning_of_code
from minicompose.model import Hook
from minicompose.planning.hooks import told_command
from minicompose.planning.plan import RunHook

_LONGEST = 1 << 20


def run_hook(engine: Engine, action: RunHook, on_progress: OnProgress) -> None:
    """Raises MinicomposeError when the command ends with anything but 0, or cannot be run."""
    session = _begun(engine, action)
    if session is None:
        return
    try:
        for line in _lines(session.output()):
            on_progress(Progress(text=line.decode(errors="replace") + "\n"))
        code = session.exit_code()
    finally:
        session.close()
    if code:
        raise _failed(action, code)


def _begun(engine: Engine, action: RunHook) -> ExecSession | None:
    """The command, begun; None where the container has ended by itself and has nothing to do before."""
    try:
        return engine.exec(action.container, exec_spec(action.hook))
    except EngineError:  # it has one for a container that is gone, and several for one that has ended
        if not _has_ended(engine, action.container):
            raise
    if action.moment == "pre_stop":
        return None
    raise MinicomposeError(
        f"the container ended before its post_start hook could be run: {told_command(action)}",
        "a post_start hook is for a container that goes on running; `minicompose logs` shows what this one printed",
    )


def _has_ended(engine: Engine, container: str) -> bool:
    try:
        return engine.inspect_container(container).state in ("exited", "dead", "removing")
    except NotFound:
        return True


def _lines(chunks: Iterator[LogChunk]) -> Iterator[bytes]:
    """Both streams' lines in the order in which they are complete; one that is too long comes in pieces."""
    rests: dict[str, bytes] = {}
    for chunk in chunks:
        *whole, rest = (rests.get(chunk.stream, b"") + chunk.data).split(b"\n")
        if len(rest) > _LONGEST:
            whole, rest = [*whole, rest], b""
        rests[chunk.stream] = rest
        yield from (line.removesuffix(b"\r") for line in whole)
    yield from (rest for rest in rests.values() if rest)


def exec_spec(hook: Hook) -> ExecSpec:
    """A name without a value unsets what the container has of it."""
    return ExecSpec(
        command=hook.command or (),
        user=hook.user or "",
        working_dir=hook.working_dir or "",
        privileged=bool(hook.privileged),
        env=tuple(name if value is None else f"{name}={value}" for name, value in (hook.environment or {}).items()),
    )


def _failed(action: RunHook, code: int) -> MinicomposeError:
    meaning = meaning_of_code(code)
    how = f"exited with code {code} ({meaning})" if meaning else f"exited with code {code}"
    hint = "" if action.moment == "post_start" else "`docker stop` stops the container without its hook"
    return MinicomposeError(f"its {action.moment} hook {how}: {told_command(action)}", hint)
