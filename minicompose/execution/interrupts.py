"""Ctrl-C as a value: how often it was pressed, and a way to hear of it at once."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Listener = Callable[[int], None]


class Interrupts:
    """Counts presses. `press` may be called from a signal handler and from any thread.

    It takes no lock: a signal handler may run in the middle of any other method, in the same thread.
    """

    def __init__(self) -> None:
        self._presses = 0
        self._listeners: tuple[Listener, ...] = ()

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

        self._listeners = (*self._listeners, press)
        return later

    @contextlib.contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Tell `listener` of every press inside the block."""
        self._listeners = (*self._listeners, listener)
        try:
            yield
        finally:
            self._listeners = tuple(each for each in self._listeners if each is not listener)


@contextlib.contextmanager
def handling_signals(interrupts: Interrupts) -> Iterator[None]:
    """SIGINT and SIGTERM press `interrupts` inside the block; afterwards they do what they did before.

    Signals reach the main thread alone, so in any other this changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def press(_number: int, _frame: FrameType | None) -> None:
        interrupts.press()

    before = {number: signal.signal(number, press) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def handling_hangup(interrupts: Interrupts) -> Iterator[threading.Event]:
    """SIGHUP, the end of the terminal, presses `interrupts` inside the block and sets the event.

    Not where it is ignored (`nohup`), or there is no such signal, or this is not the main thread.
    """
    hung_up = threading.Event()
    number = getattr(signal, "SIGHUP", None)
    is_main = threading.current_thread() is threading.main_thread()
    if number is None or not is_main or signal.getsignal(number) == signal.SIG_IGN:
        yield hung_up
        return

    def press(_number: int, _frame: FrameType | None) -> None:
        hung_up.set()
        interrupts.press()

    before = signal.signal(number, press)
    try:
        yield hung_up
    finally:
        signal.signal(number, before)
