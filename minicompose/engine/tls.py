"""TLS on a TCP connection, for one thread that reads and others that send, where sending can end before reading does.

Python's own TLS socket can do neither: its two sides are not locked against each other, and its `shutdown` ends both.
"""

import socket
import ssl
import threading
from contextlib import suppress

from minicompose.engine.contexts import TlsFiles

_READ_SIZE = 65536


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Who is believed, and how we prove who we are. Raises OSError for files that are none."""
    context = ssl.create_default_context(cafile=files.ca or None)
    if not files.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if files.cert and files.key:
        context.load_cert_chain(files.cert, files.key)
    return context


class TlsChannel:
    """What is used of a socket, with TLS on it. Raises OSError."""

    def __init__(self, channel: socket.socket, context: ssl.SSLContext, name: str) -> None:
        self._channel = channel
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._state = threading.Lock()  # of OpenSSL, which is for one thread at a time
        self._sending = threading.Lock()  # records are sent in the order in which they were made
        self._shake_hands()

    def fileno(self) -> int:
        return self._channel.fileno()

    def recv(self, size: int) -> bytes:
        while True:
            with self._state, suppress(ssl.SSLWantReadError):
                try:
                    return self._tls.read(size)
                except ssl.SSLZeroReturnError:
                    return b""
            self._answer()
            self._take_in(self._channel.recv(_READ_SIZE))

    def sendall(self, data: bytes) -> None:
        with self._sending:
            with self._state:
                self._tls.write(data)
                records = self._outgoing.read()
            self._channel.sendall(records)

    def shutdown(self, how: int) -> None:
        """SHUT_WR tells the other side that nothing more comes, and leaves it its turn."""
        if how != socket.SHUT_WR:
            self._channel.shutdown(how)
            return
        with self._sending:
            with self._state:
                waiting = self._incoming.read()  # OpenSSL would throw away what it finds there now
                with suppress(ssl.SSLError):  # it wants to hear that the other side ends, too
                    self._tls.unwrap()
                self._incoming.write(waiting)
                records = self._outgoing.read()
            self._channel.sendall(records)

    def close(self) -> None:
        self._channel.close()

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._channel.sendall(self._outgoing.read())
                self._take_in(self._channel.recv(_READ_SIZE))
            else:
                self._channel.sendall(self._outgoing.read())
                return

    def _take_in(self, came: bytes) -> None:
        with self._state:
            if came:
                self._incoming.write(came)
            else:
                self._incoming.write_eof()

    def _answer(self) -> None:
        """Send what the protocol itself has to say, unless somebody is sending: it goes with what is sent next."""
        if self._outgoing.pending and self._sending.acquire(blocking=False):
            try:
                with self._state:
                    records = self._outgoing.read()
                self._channel.sendall(records)
            finally:
                self._sending.release()
