"""The transport over a unix or a TCP socket. h11 knows the protocol; the sockets are here."""

import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

import h11

from minicompose.engine.chunked import ChunkedBody
from minicompose.engine.failures import refused, unreachable
from minicompose.engine.transport import Answer, Query, target

# Safe to send again when the connection was lost before the answer came.
_REPEATABLE = ("GET", "HEAD", "PUT")
_READ_SIZE = 65536
_CONNECT_SECONDS = 10.0

Dial = Callable[[], socket.socket]


def unix_dial(path: str) -> Dial:
    """How to connect to the socket at `path`."""

    def dial() -> socket.socket:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            channel.connect(path)
        except OSError:
            channel.close()
            raise
        return channel

    return dial


def tcp_dial(host: str, port: int) -> Dial:
    """How to connect to `host`, without TLS."""

    def dial() -> socket.socket:
        channel = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
        channel.settimeout(None)
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return channel

    return dial


def ssh_dial(destination: str, port: int | None) -> Dial:
    """How to connect through ssh, as Docker's own command line does: its other end is the engine's socket."""

    def dial() -> socket.socket:
        import subprocess  # only those who use ssh pay for it

        ours, theirs = socket.socketpair()
        options = ["-p", str(port)] if port else []
        command = [
            "ssh",
            *options,
            "-o",
            "ConnectTimeout=30",
            "-T",
            "--",
            destination,
            "docker",
            "system",
            "dial-stdio",
        ]
        with theirs:
            try:
                process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=theirs.fileno())
            except OSError:
                ours.close()
                raise
        threading.Thread(target=process.wait, daemon=True).start()  # it ends with the socket
        return ours

    return dial


class Connection:
    """One socket and what h11 knows about it. `close` may come from another thread than the rest."""

    def __init__(self, channel: socket.socket) -> None:
        self.http = h11.Connection(our_role=h11.CLIENT)
        self.channel = channel
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

    def next_event(self) -> object:
        """The next thing that the engine says."""
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self.http.receive_data(self.receive())

    def chunked_body(self) -> Iterator[bytes]:
        """The content of a body in chunks, read past h11; after it the connection is as a new one."""
        body = ChunkedBody()
        data = self.http.trailing_data[0]
        while not body.over:
            content = body.feed(data)
            if content:
                yield content
            if not body.over and not (data := self.receive()):
                raise h11.RemoteProtocolError("the connection was closed amid the answer")
        if self.http.our_state is h11.DONE:
            self.http = h11.Connection(our_role=h11.CLIENT)

    def send(self, event: h11.Event) -> None:
        data = self.http.send(event)
        if data:
            self.channel.sendall(data)

    def ready_again(self) -> bool:
        """Whether the next request can be sent, now that the answer to the one before has been read."""
        states = (self.http.our_state, self.http.their_state)
        if states == (h11.DONE, h11.DONE):
            self.http.start_next_cycle()
        return self.http.our_state is h11.IDLE

    def gone_stale(self) -> bool:
        """Whether the engine has closed it while it lay idle: an idle connection has nothing to read."""
        return bool(select.select([self.channel], [], [], 0)[0])

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            with suppress(OSError):  # the other side may have been faster
                self.channel.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads
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
        upgrade: bool = False,
    ) -> Answer:
        head = _head(method, target(path, query), body, headers, upgrade)
        repeatable = method in _REPEATABLE and (body is None or isinstance(body, bytes))
        try:
            connection = self._idle_connection()
            if connection is None:
                return self._exchange(self._connect(), head, body)
            try:
                return self._exchange(connection, head, body)
            except (OSError, h11.ProtocolError):
                if not repeatable:
                    raise
            return self._exchange(self._connect(), head, body)
        except (OSError, h11.ProtocolError) as error:
            raise unreachable(self.address, error) from error

    def keep(self, connection: Connection) -> None:
        """Its answer has been read to the end."""
        if not self._closed and connection.ready_again():
            self._idle.append(connection)
        else:
            connection.close()

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

    def _exchange(self, connection: Connection, head: h11.Request, body: bytes | Iterable[bytes] | None) -> Answer:
        try:
            try:
                _send(connection, head, body)
            except (BrokenPipeError, ConnectionResetError):
                if body is None or isinstance(body, bytes):
                    raise
                # The engine refuses a long upload before it has ended; its answer says why.
            response = connection.next_event()
            while isinstance(response, h11.InformationalResponse) and response.status_code != 101:
                response = connection.next_event()
            if not isinstance(response, (h11.Response, h11.InformationalResponse)):
                raise h11.RemoteProtocolError("the connection was closed before the answer")
        except BaseException:
            connection.close()
            raise
        return SocketAnswer(self, connection, response, chunked=head.method != b"HEAD" and _in_chunks(response))


class SocketAnswer:
    """The answer on one connection, which goes back to the transport when it has been read."""

    def __init__(
        self,
        transport: SocketTransport,
        connection: Connection,
        head: h11.Response | h11.InformationalResponse,
        *,
        chunked: bool,
    ) -> None:
        self.status = head.status_code
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        self._transport = transport
        self._connection = connection
        self._chunked = chunked
        self._given_back = threading.Lock()  # taken once: after that the connection is no longer ours

    def read(self) -> bytes:
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        try:
            yield from self._connection.chunked_body() if self._chunked else self._content()
        except (OSError, ValueError, h11.ProtocolError) as error:
            if self._connection.closed:
                return
            self.close()
            raise unreachable(self._transport.address, error) from error
        except BaseException:
            self.close()
            raise
        if self._given_back.acquire(blocking=False):
            self._transport.keep(self._connection)

    def _content(self) -> Iterator[bytes]:
        while isinstance(event := self._connection.next_event(), h11.Data):
            yield bytes(event.data)

    def hijack(self) -> "SocketStream":
        return SocketStream(self._connection)

    def close(self) -> None:
        if self._given_back.acquire(blocking=False):
            self._connection.close()


class SocketStream:
    """A hijacked connection: bytes both ways."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._first = connection.http.trailing_data[0]

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
            self._connection.channel.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._connection.close()


def _in_chunks(response: h11.Response | h11.InformationalResponse) -> bool:
    """Whether the body comes in chunks, and the connection stays open after it."""
    told = dict(response.headers)
    return told.get(b"transfer-encoding") == b"chunked" and told.get(b"connection", b"").lower() != b"close"


def _head(
    method: str,
    path: str,
    body: bytes | Iterable[bytes] | None,
    headers: Mapping[str, str] | None,
    upgrade: bool,
) -> h11.Request:
    lines = [("Host", "docker"), ("User-Agent", "minicompose"), *(headers or {}).items()]
    if upgrade:
        lines += [("Connection", "Upgrade"), ("Upgrade", "tcp")]
    if isinstance(body, bytes) or (body is None and method in ("POST", "PUT")):
        lines.append(("Content-Length", str(len(body or b""))))
    elif body is not None:
        lines.append(("Transfer-Encoding", "chunked"))
    return h11.Request(method=method, target=path, headers=lines)


def _send(connection: Connection, head: h11.Request, body: bytes | Iterable[bytes] | None) -> None:
    end = h11.EndOfMessage()
    if isinstance(body, bytes):
        # One packet for a small request.
        packets = [connection.http.send(event) or b"" for event in (head, h11.Data(data=body), end)]
        connection.channel.sendall(b"".join(packets))
        return
    connection.send(head)
    for piece in body or ():
        if piece:
            connection.send(h11.Data(data=piece))
    connection.send(end)
