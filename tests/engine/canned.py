"""A server that answers as a test says, for the transport."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

Script = Callable[[socket.socket, int], None]


class CannedServer:
    """Listens on a unix socket, or on a port; each connection is served by `script(socket, its number)`."""

    def __init__(self, script: Script, path: str | None = None) -> None:
        if path is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(path)
            self._listener.listen()
        self._script = script
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def connections(self) -> int:
        return len(self._connections)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        for channel in (self._listener, *self._connections):
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
            self._connections.append(channel)
            thread = threading.Thread(target=self._serve, args=(channel, len(self._connections)))
            self._threads.append(thread)
            thread.start()

    def _serve(self, channel: socket.socket, number: int) -> None:
        with suppress(OSError):
            self._script(channel, number)


def read_request(channel: socket.socket) -> bytes:
    """One request, its body included where it has a length or comes in chunks; empty when there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = channel.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    if b"chunked" in head:
        while not body.endswith(b"0\r\n\r\n"):
            body += channel.recv(65536)
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            while len(body) < int(value):
                body += channel.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def always(body: bytes, status: str = "200 OK", headers: str = "") -> Script:
    """Give the same answer to every request."""

    def script(channel: socket.socket, number: int) -> None:
        while read_request(channel):
            channel.sendall(answer(body, status, headers))

    return script
