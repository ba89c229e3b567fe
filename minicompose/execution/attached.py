"""Talk to a container's own command until it ends, and know how it did."""

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from minicompose.engine.protocol import Engine, EventStream, Session
from minicompose.errors import EngineError, EngineFault, NotFound
from minicompose.execution.detach_keys import DEFAULT, DetachKeys, sequence_of
from minicompose.execution.terminal import Forward, converse

# A container that is gone has ended, which the engine tells at once, or has told already.
_TOLD_SECONDS = 10.0


class Ending:
    """The end of a container's command, from when the block begins; told also of one that is removed with it."""

    def __init__(self, engine: Engine, project: str, container: str) -> None:
        self._engine = engine
        self._container = container
        self._code: int | None = None
        self._over = threading.Event()
        self._events: EventStream = engine.events(project)
        self._reader = threading.Thread(target=self._read, name="engine events", daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._events.close()

    def exit_code(self) -> int:
        """Wait for it. Raises EngineError when the engine does not tell."""
        if self._code is None:
            self._look()
        if self._code is None:
            raise EngineFault("the engine does not say how the command ended")
        return self._code

    def _read(self) -> None:
        with contextlib.suppress(EngineError):  # the stream ends as it would at its end
            for event in self._events:
                if event.id == self._container and event.action == "die":
                    self._code = event.exit_code
                    break
        self._over.set()

    def _look(self) -> None:
        """It may have ended before the subscription began."""
        try:
            state = self._engine.inspect_container(self._container)
        except NotFound:
            self._over.wait(_TOLD_SECONDS)
            return
        if state.state in ("exited", "dead"):
            self._code = state.exit_code
            return
        self._over.wait()
        if self._code is None:  # the events are lost: what is there now is all that can be known
            state = self._engine.inspect_container(self._container)
            self._code = state.exit_code if state.state in ("exited", "dead") else None


def talk_to(
    ending: Ending,
    session: Session,
    *,
    tty: bool,
    stdin: bool,
    keys: str = "",
    forward: Forward | None = None,
    start: Callable[[], None] | None = None,
) -> int | None:
    """The exit code of the container's command; None when it was left with the detach keys.

    `start` begins the command. `keys` are written as for `sequence_of`, "" for the usual ones. See `converse` for the
    others.
    """
    if start is not None:
        start()
    detach = DetachKeys(sequence_of(keys or DEFAULT))
    ended = converse(session, tty=tty, stdin=stdin, detach=detach, forward=forward)
    return ending.exit_code() if ended else None
