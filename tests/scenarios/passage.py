"""A way from this machine's own network into another network namespace on it."""

import contextlib
import ctypes
import os
import queue
import socket
import threading
from types import TracebackType
from typing import Self

_CLONE_NEWNET = 0x40000000


class Passage:
    """Listens on `port` of 127.0.0.1 here, and passes on what comes to a port of 127.0.0.1 there."""

    def __init__(self, network: str, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._network = network
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._door]
        self._threads: list[threading.Thread] = []
        self._come: queue.SimpleQueue[socket.socket | None] = queue.SimpleQueue()

    @property
    def port(self) -> int:
        return int(self._door.getsockname()[1])

    def __enter__(self) -> Self:
        self._begin(self._accept)
        self._begin(self._connect)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._come.put(None)
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)
        for end in self._open:
            end.close()

    def _begin(self, work: object, *words: object) -> None:
        thread = threading.Thread(target=work, args=words, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._door.accept()
                self._open.append(near)
                self._come.put(near)

    def _connect(self) -> None:
        """In a thread of its own: it goes over into the other namespace, and stays there."""
        descriptor = os.open(self._network, os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(descriptor)
        while (near := self._come.get()) is not None:
            far = socket.create_connection(self._target)
            self._open.append(far)
            self._begin(_copy, near, far)
            self._begin(_copy, far, near)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
