"""A command at a terminal: keys in, a screen out, and a window that changes its size."""

import contextlib
import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE = 60.0


class Typing:
    """A process whose terminal is a pseudo-terminal of ours; leaving the block kills it."""

    def __init__(self, command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> None:
        self._ours, self._theirs = os.openpty()
        self.resize(80, 24)
        self.before = termios.tcgetattr(self._theirs)
        self._seen = b""
        self.process = subprocess.Popen(
            command,
            cwd=directory,
            env={**environment, "TERM": "xterm"},
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self._ours)
        os.close(self._theirs)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        """Type keys, of any number: what is shown meanwhile is read."""
        rest = memoryview(keys)
        while rest:
            readable, writable, _ = select.select([self._ours], [self._ours], [], PATIENCE)
            if readable:
                self._seen += os.read(self._ours, 65536)
            if writable:
                rest = rest[os.write(self._ours, rest[:1024]) :]

    def until(self, text: bytes) -> bytes:
        """Wait until `text` has been seen since the last time; what came until then."""
        deadline = time.monotonic() + PATIENCE
        while text not in self._seen:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"{text!r} was not seen in time, but {self._seen!r}")
            self._seen += os.read(self._ours, 65536)
        seen, _, self._seen = self._seen.partition(text)
        return seen

    def end(self) -> int:
        """The exit code, when it has ended."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if select.select([self._ours], [], [], 0.05)[0]:  # a full terminal would hold it up
                    self._seen += os.read(self._ours, 65536)
        return self.process.wait(1)

    def set(self, settings: list[Any]) -> None:
        """Set the terminal, as another process at it does."""
        termios.tcsetattr(self._theirs, termios.TCSANOW, settings)

    def until_set(self, holds: Callable[[list[Any]], bool]) -> None:
        """Wait until the terminal is set so."""
        deadline = time.monotonic() + PATIENCE
        while not holds(self.now):
            assert time.monotonic() < deadline, "the terminal was not set in time"
            select.select([], [], [], 0.01)

    @property
    def now(self) -> list[Any]:
        """How the terminal is set."""
        return termios.tcgetattr(self._theirs)
