"""Two ends of one connection, for tests: we call, and a function serves."""

import contextlib
import socket
from collections.abc import Callable, Iterator

from minicompose.engine.buildkit.calls import Call, Link


class SocketBytes:
    """A socket as a stream of bytes."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def receive(self) -> bytes:
        try:
            return self._channel.recv(65536)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        self._channel.sendall(data)

    def close_input(self) -> None:
        self._channel.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()


@contextlib.contextmanager
def linked(serve: Callable[[Call], None]) -> Iterator[Link]:
    """The end that calls; `serve` answers at the other."""
    ours, theirs = socket.socketpair()
    server = Link(SocketBytes(theirs), serve)
    client = Link(SocketBytes(ours))
    try:
        yield client
    finally:
        client.close()
        server.close()
