"""A way to a server on this machine that at first lets nobody in."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class FlakyDoor:
    """Closes the first `refusals` connections, and passes on what comes by the others."""

    def __init__(self, host: str, refusals: int) -> None:
        self._target = (host.rpartition(":")[0], int(host.rpartition(":")[2]))
        self._refusals = refusals
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channel in (self._listener, *self._open):
            with suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)
            channel.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                channel, _ = self._listener.accept()
            except OSError:
                return
            if self._refusals:
                self._refusals -= 1
                channel.close()
                continue
            other = socket.create_connection(self._target)
            self._open += [channel, other]
            for source, sink in ((channel, other), (other, channel)):
                self._threads.append(threading.Thread(target=_pass_on, args=(source, sink)))
                self._threads[-1].start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
