"""Bytes from and to open files, past the buffers of Python, whatever mode others have put them into."""

import os
import select

_CHUNK = 65536


def read_some(descriptor: int) -> bytes:
    """What has come, waited for where there is nothing yet; empty at the end."""
    while True:
        try:
            return os.read(descriptor, _CHUNK)
        except BlockingIOError:  # another process has made the file one that does not wait
            select.select([descriptor], [], [])


def write_all(descriptor: int, data: bytes) -> None:
    """All of it, at once."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
