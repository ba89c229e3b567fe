"""What the engine does for us for long: builds, pulls, pushes. It can be called off."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from minicompose.errors import CalledOff

CallOff = Callable[[], None]
# Says how to end what goes on from now on. Raises CalledOff when that comes too late.
EndBy = Callable[[CallOff], None]

_CALLED_OFF = "it was called off"


class Underway:
    """All of them that go on now. Each thread has its own; `call_off` comes from any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[object, CallOff] = {}

    @contextlib.contextmanager
    def holding(self, call_off: CallOff) -> Iterator[EndBy]:
        """One goes on inside the block; `call_off` ends it, from any thread. Raises CalledOff when it was.

        What is yielded names another way to end it from then on.
        """
        one = object()
        with self._lock:
            self._running[one] = call_off

        def end_by(other: CallOff) -> None:
            with self._lock:
                if one not in self._running:
                    raise CalledOff(_CALLED_OFF)
                self._running[one] = other

        try:
            yield end_by
        finally:
            with self._lock:
                was_called_off = self._running.pop(one, None) is None
            if was_called_off:
                raise CalledOff(_CALLED_OFF)

    def call_off(self) -> None:
        """End those that go on now; what begins later is not meant."""
        with self._lock:
            running = tuple(self._running.values())
            self._running.clear()
        for call_off in running:
            call_off()
