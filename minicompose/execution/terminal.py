"""Connect this process's standard streams with a command that runs in a container."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

from minicompose.engine.protocol import ExecSession
from minicompose.errors import EngineError


def converse(session: ExecSession, *, tty: bool) -> int:
    """Pass our input to the command and its output to ours until it ends; return its exit code.

    With `tty` our terminal is put into raw mode meanwhile, so that every key reaches the command,
    and the command's terminal follows the size of ours. The terminal is restored whatever happens.
    """
    with _terminal_of(session) if tty else contextlib.nullcontext():
        threading.Thread(target=_send_input, args=(session,), daemon=True).start()
        for chunk in session.output():
            _write_all(2 if chunk.stream == "stderr" else 1, chunk.data)
    return session.exit_code()


def _send_input(session: ExecSession) -> None:
    """Copy standard input to the command, to its end."""
    with contextlib.suppress(OSError, EngineError):  # the command has ended: nobody reads any more
        while data := os.read(0, 65536):
            session.write(data)
        session.close_input()


def _write_all(descriptor: int, data: bytes) -> None:
    """Past the buffers of Python, so that what the command prints is seen at once."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


@contextlib.contextmanager
def _terminal_of(session: ExecSession) -> Iterator[None]:
    """Our terminal is the command's."""
    with _raw_terminal(), _following_size(session):
        yield


@contextlib.contextmanager
def _raw_terminal() -> Iterator[None]:
    """Standard input passes keys unchanged, Ctrl-C among them."""
    if not sys.stdin.isatty() or sys.platform == "win32":
        yield
        return
    import termios  # of Unix alone
    import tty

    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _following_size(session: ExecSession) -> Iterator[None]:
    """The command's terminal has the size of ours, now and whenever ours changes."""

    def resize(*_: object) -> None:
        with contextlib.suppress(OSError, EngineError):  # the size is a courtesy, no reason to fail
            size = os.get_terminal_size(1)
            session.resize(size.columns, size.lines)

    resize()
    if not hasattr(signal, "SIGWINCH"):
        yield
        return
    before = signal.signal(signal.SIGWINCH, resize)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
