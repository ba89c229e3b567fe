"""Connect this process's standard streams with a command that runs in a container."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from types import FrameType

from minicompose.descriptors import read_some, write_all
from minicompose.engine.protocol import Session
from minicompose.errors import EngineError
from minicompose.execution.detach_keys import DetachKeys
from minicompose.execution.signals import Call, heard

# A terminal has its size only from when the command has really begun, a moment after the engine said so.
_SIZE_TRIES = 20
_SIZE_PAUSE = 0.02

Forward = Callable[[str], None]
# A terminal that has gone away is no reason to end the command, but one to end here.
_FORWARDED = ("SIGINT", "SIGTERM", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_ENDING = ("SIGTERM", "SIGHUP")


def converse(
    session: Session,
    *,
    tty: bool,
    stdin: bool = True,
    detach: DetachKeys | None = None,
    forward: Forward | None = None,
) -> bool:
    """Pass our input to the command and its output to ours until it ends; False when it was left by the detach keys.

    With `tty` our terminal is put into raw mode meanwhile, so that every key reaches the command,
    and the command's terminal follows the size of ours. The terminal is restored whatever happens.
    `forward` is given the names of signals that we get, which then do nothing else. Without it one that
    asks us to end does, by SystemExit.
    """
    left = threading.Event()
    with contextlib.ExitStack() as stack:
        errands = stack.enter_context(_errands())
        stack.enter_context(ending_in_order())
        if forward is not None:
            stack.enter_context(_forwarding(errands, forward))
        if tty:
            stack.enter_context(raw_terminal())
            stack.enter_context(_following_size(session, errands))
        if stdin:
            typed = detach if tty and detach is not None else DetachKeys(b"")
            threading.Thread(target=_send_input, args=(session, typed, left), daemon=True).start()
        for chunk in session.output():
            write_all(2 if chunk.stream == "stderr" else 1, chunk.data)
    return not left.is_set()


def _send_input(session: Session, detach: DetachKeys, left: threading.Event) -> None:
    """Copy standard input to the command, to its end or until the detach keys are typed."""
    with contextlib.suppress(OSError, EngineError):  # the command has ended: nobody reads any more
        while data := read_some(0):
            sifted = detach.sift(data)
            if sifted.data:
                session.write(sifted.data)
            if sifted.detached:
                left.set()
                session.close()
                return
        session.close_input()


# ---- what signals ask for ----

_Errand = Callable[[], object]


@contextlib.contextmanager
def _errands() -> Iterator["SimpleQueue[_Errand | None]"]:
    """Calls of the engine that a signal asks for: a thread makes them, one after the other."""
    waiting: SimpleQueue[_Errand | None] = SimpleQueue()

    def run() -> None:
        while (errand := waiting.get()) is not None:
            with contextlib.suppress(OSError, EngineError):  # the command has ended, or has no such terminal
                errand()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield waiting
    finally:
        waiting.put(None)


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """What asks us to end, or the end of our terminal, is a SystemExit in the block: what is to be put back is."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():  # which no signal reaches
        yield
        return
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _forwarding(errands: "SimpleQueue[_Errand | None]", forward: Forward) -> Iterator[None]:
    """Signals go to the command."""

    def pass_on(name: str) -> Call:
        return lambda: errands.put(lambda: forward(name))

    with heard({name: pass_on(name) for name in _FORWARDED}):
        yield


# ---- our terminal is the command's ----


@contextlib.contextmanager
def raw_terminal() -> Iterator[None]:
    """Standard input passes keys unchanged, Ctrl-C among them; also after it was stopped and goes on."""
    if not sys.stdin.isatty() or sys.platform == "win32":
        yield
        return
    import termios  # of Unix alone
    import tty

    before = termios.tcgetattr(0)

    def set_raw() -> None:
        tty.setraw(0, termios.TCSANOW)  # what was typed ahead is kept

    try:
        set_raw()
        with heard({"SIGCONT": set_raw}):
            yield
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)


@contextlib.contextmanager
def _following_size(session: Session, errands: "SimpleQueue[_Errand | None]") -> Iterator[None]:
    """The command's terminal has the size of ours, now and whenever ours changes."""

    def resize() -> None:
        size = os.get_terminal_size(1)
        session.resize(size.columns, size.lines)

    def resize_first() -> None:
        for _ in range(_SIZE_TRIES):
            with contextlib.suppress(EngineError):
                resize()
                return
            time.sleep(_SIZE_PAUSE)

    errands.put(resize_first)
    with heard({"SIGWINCH": lambda: errands.put(resize)}):
        yield
