"""Ctrl-C as a value: how often it was pressed, and a way to hear of it at once."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

from minicompose.execution.signals import heard

Listener = Callable[[int], None]


class Interrupts:
    """Counts presses. All of it may be called from any thread; presses come from one at a time."""

    def __init__(self) -> None:
        self._presses = 0
        self._listeners: tuple[Listener, ...] = ()
        self._changing = threading.Lock()

    @property
    def presses(self) -> int:
        return self._presses

    def press(self) -> None:
        """One more Ctrl-C; every listener is told how many there are now, and must not block."""
        self._presses += 1
        for listener in self._listeners:
            listener(self._presses)

    def from_now_on(self) -> "Interrupts":
        """Another count of the same presses, for what is done after a first Ctrl-C.

        It begins at 0 and goes on at 2: the next press is not a first one, after which things would
        still be waited for.
        """
        later = Interrupts()

        def press(_: int) -> None:
            later._presses = max(later._presses, 1)
            later.press()

        with self._changing:
            self._listeners = (*self._listeners, press)
        return later

    @contextlib.contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Tell `listener` of every press inside the block."""
        with self._changing:
            self._listeners = (*self._listeners, listener)
        try:
            yield
        finally:
            with self._changing:
                self._listeners = tuple(each for each in self._listeners if each is not listener)


@contextlib.contextmanager
def handling_signals(interrupts: Interrupts) -> Iterator[None]:
    """SIGINT and SIGTERM press `interrupts` inside the block; afterwards they do what they did before.

    Signals reach the main thread alone, so in any other this changes nothing.
    """
    with heard({"SIGINT": interrupts.press, "SIGTERM": interrupts.press}):
        yield


@contextlib.contextmanager
def handling_hangup(interrupts: Interrupts) -> Iterator[threading.Event]:
    """SIGHUP, the end of the terminal, presses `interrupts` inside the block and sets the event.

    Not where it is ignored (`nohup`), or there is no such signal, or this is not the main thread.
    """
    hung_up = threading.Event()
    number = getattr(signal, "SIGHUP", None)
    if number is None or signal.getsignal(number) == signal.SIG_IGN:
        yield hung_up
        return

    def press() -> None:
        hung_up.set()
        interrupts.press()

    with heard({"SIGHUP": press}):
        yield hung_up
