"""The transport over a unix or a TCP socket, with TLS, or through ssh. `http1` knows the protocol, sockets are here.

A unix socket is the interpreter's own: what the module `socket` adds to it is not used here, and takes longer to import
than the engine takes for an answer.
"""

import _socket
import select
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from minicompose.engine.contexts import TlsFiles
from minicompose.engine.failures import refused, unreachable
from minicompose.engine.http1 import LAST_CHUNK, AnswerReader, ProtocolError, chunk, request_head
from minicompose.engine.transport import Answer, Query, target

if TYPE_CHECKING:
    import socket

# Safe to send again when the connection was lost before the answer came.
_REPEATABLE = ("GET", "HEAD", "PUT")
_READ_SIZE = 65536
_CONNECT_SECONDS = 10.0


class Channel(Protocol):
    """What is used of a socket. All of it raises OSError; `recv` gives nothing at the end."""

    def fileno(self) -> int: ...

    def recv(self, size: int, /) -> bytes: ...

    def sendall(self, data: bytes, /) -> None: ...

    def shutdown(self, how: int, /) -> None: ...

    def close(self) -> None: ...


Dial = Callable[[], Channel]


def unix_dial(path: str) -> Dial:
    """How to connect to the socket at `path`."""

    def dial() -> Channel:
        channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            channel.connect(path)
        except OSError:
            channel.close()
            raise
        return channel

    return dial


def tcp_dial(host: str, port: int) -> "Callable[[], socket.socket]":
    """How to connect to `host`, without TLS."""
    import socket  # only those who use it pay for it

    def dial() -> socket.socket:
        channel = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
        channel.settimeout(None)
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return channel

    return dial


def tls_dial(host: str, port: int, files: TlsFiles) -> Dial:
    """How to connect to `host` with TLS."""

    def dial() -> Channel:
        from minicompose.engine.tls import TlsChannel  # only those who use it pay for ssl

        channel = tcp_dial(host, port)()
        try:
            channel.settimeout(_CONNECT_SECONDS)  # what listens there may not speak TLS, and wait for us to go on
            secured = TlsChannel(channel, files, host)
            channel.settimeout(None)
        except BaseException:
            channel.close()
            raise
        return secured

    return dial


class Connection:
    """One socket and the reader of what comes. `close` may come from another thread than the rest."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.reader = AnswerReader(self.receive)
        self.sent = False  # whether the engine has taken the whole request
        self._lock = threading.Lock()
        self._reading = False
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    def receive(self) -> bytes:
        with self._lock:
            if self._closed:
                return b""
            self._reading = True
        try:
            return self.channel.recv(_READ_SIZE)
        finally:
            with self._lock:
                self._reading = False
                if self._closed:
                    self.channel.close()

    def send(self, head: bytes, body: bytes | Iterable[bytes] | None) -> None:
        """Send a request; a small one is one packet."""
        self.sent = False
        if body is None or isinstance(body, bytes):
            self.channel.sendall(head + (body or b""))
        else:
            self.channel.sendall(head)
            for piece in body:
                if piece:
                    self.channel.sendall(chunk(piece))
            self.channel.sendall(LAST_CHUNK)
        self.sent = True

    def gone_stale(self) -> bool:
        """Whether the engine has closed it while it lay idle: an idle connection has nothing to read."""
        return bool(select.select([self.channel], [], [], 0)[0])

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            with suppress(OSError):  # the other side may have been faster
                self.channel.shutdown(_socket.SHUT_RDWR)  # wakes a thread that reads
            if not self._reading:
                self.channel.close()


class SocketTransport:
    """HTTP/1.1 over sockets that `dial` opens; connections that are done are kept for the next request."""

    def __init__(self, dial: Dial, address: str) -> None:
        self.address = address
        self._dial = dial
        self._idle: deque[Connection] = deque()
        self._closed = False

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        upgrade: str = "",
    ) -> Answer:
        repeatable = method in _REPEATABLE and (body is None or isinstance(body, bytes))
        try:
            head = _head(method, target(path, query), body, headers, upgrade)
            connection = self._idle_connection()
            if connection is None:
                return self._exchange(self._connect(), method, head, body)
            try:
                return self._exchange(connection, method, head, body)
            except (OSError, ProtocolError):
                if not repeatable:
                    raise
            return self._exchange(self._connect(), method, head, body)
        except (OSError, ProtocolError) as error:
            raise unreachable(self.address, error) from error

    def keep(self, connection: Connection) -> None:
        """Its answer has been read to the end."""
        if self._closed or not connection.sent or not connection.reader.persists:
            connection.close()
            return
        self._idle.append(connection)

    def close(self) -> None:
        self._closed = True
        while (connection := self._pop_idle()) is not None:
            connection.close()

    def _connect(self) -> Connection:
        try:
            return Connection(self._dial())
        except PermissionError as error:
            raise refused(self.address) from error

    def _pop_idle(self) -> Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _idle_connection(self) -> Connection | None:
        while (connection := self._pop_idle()) is not None:
            if not connection.gone_stale():
                return connection
            connection.close()
        return None

    def _exchange(
        self, connection: Connection, method: str, head: bytes, body: bytes | Iterable[bytes] | None
    ) -> Answer:
        try:
            try:
                connection.send(head, body)
            except (BrokenPipeError, ConnectionResetError):
                if body is None or isinstance(body, bytes):
                    raise
                # The engine refuses a long upload before it has ended; its answer says why.
            connection.reader.read_head()
            return SocketAnswer(self, connection, method)
        except BaseException:
            connection.close()
            raise


class SocketAnswer:
    """The answer on one connection, which goes back to the transport when it has been read."""

    def __init__(self, transport: SocketTransport, connection: Connection, method: str) -> None:
        self.status = connection.reader.status
        self.headers = connection.reader.headers
        self._pieces = connection.reader.body(method) if self.status != 101 else iter(())
        self._transport = transport
        self._connection = connection
        self._given_back = threading.Lock()  # taken once: after that the connection is no longer ours

    def read(self) -> bytes:
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except (OSError, ProtocolError) as error:
            if self._connection.closed:
                return
            self.close()
            raise unreachable(self._transport.address, error) from error
        except BaseException:
            self.close()
            raise
        if self._given_back.acquire(blocking=False):
            self._transport.keep(self._connection)

    def hijack(self) -> "SocketStream":
        return SocketStream(self._connection)

    def close(self) -> None:
        if self._given_back.acquire(blocking=False):
            self._connection.close()


class SocketStream:
    """A hijacked connection: bytes both ways."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._first = connection.reader.rest()

    def receive(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        try:
            return self._connection.receive()
        except OSError:
            return b""  # the engine ends a hijacked stream in any way it likes

    def send(self, data: bytes) -> None:
        self._connection.channel.sendall(data)

    def close_input(self) -> None:
        with suppress(OSError):  # the command may have ended meanwhile
            self._connection.channel.shutdown(_socket.SHUT_WR)

    def close(self) -> None:
        self._connection.close()


def _head(
    method: str,
    path: str,
    body: bytes | Iterable[bytes] | None,
    headers: Mapping[str, str] | None,
    upgrade: str,
) -> bytes:
    lines = [("Host", "docker"), ("User-Agent", "minicompose"), *(headers or {}).items()]
    if upgrade:
        lines += [("Connection", "Upgrade"), ("Upgrade", upgrade)]
    if isinstance(body, bytes) or (body is None and method in ("POST", "PUT")):
        lines.append(("Content-Length", str(len(body or b""))))
    elif body is not None:
        lines.append(("Transfer-Encoding", "chunked"))
    return request_head(method, path, lines)
