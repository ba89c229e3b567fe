"""What was stopped from outside is often started again, or replaced: only after a while is it believed to be over."""

import threading
from collections.abc import Callable

# `restart` and a replacement take less between the stop and the start.
SECONDS = 3.0


class Patience:
    """A time that is waited once; `tell` is called, from a thread of its own, when it is over."""

    def __init__(self, tell: Callable[[], None], seconds: float = SECONDS) -> None:
        self._tell = tell
        self._seconds = seconds
        self._timer: threading.Timer | None = None
        self.is_over = False

    def begin(self) -> None:
        """Wait, unless it is waited already."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds, self._tell)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """The time is over: if it was not renewed after that had been told."""
        self.is_over = self._timer is not None

    def renew(self) -> None:
        """Something goes on: the next wait is a new one."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self.is_over = False
