"""Signals, told as they come by a thread of their own.

Python runs a signal's handler between two steps of the main thread. Of one that comes after the last step before a wait
nothing is heard until that wait is over, which may be never. So no handler does anything here: Python writes each
signal into a socket as it comes (`signal.set_wakeup_fd`), and whoever reads that is not waiting for anything else.
"""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType

Call = Callable[[], object]

# Where signals are written to, of one block inside another the last.
_blocks: list[socket.socket] = []


@contextlib.contextmanager
def heard(calls: Mapping[str, Call]) -> Iterator[None]:
    """Make these calls when the signals of those names come, in the block; afterwards signals do what they did before.

    They are made by a thread, one at a time, must not block, and none is made after the block. A signal that there is
    not on this system never comes. Python tells of signals in the main thread alone: in any other nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = {int(getattr(signal, name)): call for name, call in calls.items() if hasattr(signal, name)}
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    outer = _blocks[-1] if _blocks else None
    thread = threading.Thread(target=_tell, args=(ours, numbers, outer), name="signals", daemon=True)
    thread.start()
    _blocks.append(theirs)
    file_before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _do_nothing) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(file_before)
        _blocks.pop()
        theirs.close()
        thread.join()
        ours.close()


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """What a signal does by itself."""


def _tell(ours: socket.socket, calls: Mapping[int, Call], outer: socket.socket | None) -> None:
    while came := ours.recv(64):
        for number in came:
            if number in calls:
                calls[number]()
            elif outer is not None:  # it may be for the block around this one
                with contextlib.suppress(OSError):
                    outer.send(bytes((number,)))
