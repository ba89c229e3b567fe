"""TLS on a TCP connection, for one thread that reads and others that send, where sending can end before reading does.

Python's own TLS socket can do neither: its two sides are not locked against each other, and its `shutdown` ends both.
"""

import socket
import ssl
import threading
from contextlib import suppress

from minicompose.engine.contexts import TlsFiles
from minicompose.engine.failures import NoWayIn

_READ_SIZE = 65536


# What certificates are wrong with, by OpenSSL's numbers (X509_V_ERR_...).
_NOT_YET_VALID, _EXPIRED, _OTHER_NAMES = 9, 10, (62, 64)
_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21)
_OUR_FILES = "ca.pem, cert.pem and key.pem are in the directory that DOCKER_CERT_PATH names, or belong to the context"
# How the other side says that it wants to know who we are, in OpenSSL's words for TLS's alerts.
_UNKNOWN_TO_THEM = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "HANDSHAKE_FAILURE", "CERTIFICATE_UNKNOWN", "UNKNOWN_CA")


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Who is believed, and how we prove who we are. Raises OSError for files that are none."""
    try:
        context = ssl.create_default_context(cafile=files.ca or None)
    except (ssl.SSLError, OSError) as error:
        raise _unusable(files.ca, "certificate of an authority", error) from error
    # Python 3.13 wants of an authority what one made by Docker's own guide does not have: that it says what it is for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not files.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if files.cert and files.key:
        try:
            context.load_cert_chain(files.cert, files.key)
        except (ssl.SSLError, OSError) as error:
            raise _unusable(f"{files.cert} with {files.key}", "certificate with its key", error) from error
    return context


def _unusable(what: str, wanted: str, error: OSError) -> NoWayIn:
    why = f"is no {wanted}" if isinstance(error, ssl.SSLError) else f"cannot be read: {error.strerror or error}"
    return NoWayIn(f"{what} {why}", _OUR_FILES)


def explained(error: ssl.SSLError, name: str, files: TlsFiles) -> NoWayIn:
    """What OpenSSL complains of, in words; `name` is the machine that was asked for."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _not_believed(error, name, files)
    reason = error.reason or ""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return NoWayIn("it does not speak TLS", "unset DOCKER_TLS_VERIFY and DOCKER_TLS, or ask for its port with TLS")
    if "CERTIFICATE_EXPIRED" in reason:
        return NoWayIn("it does not take our certificate, which has expired", f"make a new one; {_OUR_FILES}")
    if any(word in reason for word in _UNKNOWN_TO_THEM):
        if not files.cert or not files.key:
            return NoWayIn("it wants to know who we are, and we have no certificate for it", _OUR_FILES)
        return NoWayIn("it does not take our certificate", f"is {files.cert} signed by the engine's authority?")
    return NoWayIn(f"TLS fails: {reason or error}", _OUR_FILES)


def _not_believed(error: ssl.SSLCertVerificationError, name: str, files: TlsFiles) -> NoWayIn:
    code = error.verify_code
    if code in _UNKNOWN_AUTHORITY:
        known = f"{files.ca} does not have it" if files.ca else f"there is no ca.pem; {_OUR_FILES}"
        return NoWayIn("its certificate is of an authority that we do not know", known)
    if code in _OTHER_NAMES:
        return NoWayIn(f"its certificate is not for {name}", "call it by the name that its certificate has")
    if code in (_EXPIRED, _NOT_YET_VALID):
        state = "has expired" if code == _EXPIRED else "is not valid yet"
        return NoWayIn(f"its certificate {state}", "the engine needs a new one; or is the clock of this machine wrong?")
    return NoWayIn(f"its certificate is not to be trusted: {error.verify_message}", _OUR_FILES)


class TlsChannel:
    """What is used of a socket, with TLS on it. Raises OSError."""

    def __init__(self, channel: socket.socket, files: TlsFiles, name: str) -> None:
        self._channel = channel
        self._files, self._name = files, name
        context = tls_context(files)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._state = threading.Lock()  # of OpenSSL, which is for one thread at a time
        self._sending = threading.Lock()  # records are sent in the order in which they were made
        self._heard = False  # whether the other side has said anything but TLS's own words
        self._shake_hands()

    def fileno(self) -> int:
        return self._channel.fileno()

    def recv(self, size: int) -> bytes:
        while True:
            with self._state:
                try:
                    data = self._tls.read(size)
                    self._heard = True
                    return data
                except ssl.SSLZeroReturnError:
                    return b""
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLError as error:
                    raise self._failed(error) from error
            self._answer()
            self._take_in(self._channel.recv(_READ_SIZE))

    def sendall(self, data: bytes) -> None:
        with self._sending:
            with self._state:
                self._tls.write(data)
                records = self._outgoing.read()
            try:
                self._channel.sendall(records)
            except (BrokenPipeError, ConnectionResetError) as error:
                raise self._last_words() or error from error

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
            except ssl.SSLError as error:
                raise self._failed(error) from error
            else:
                self._channel.sendall(self._outgoing.read())
                return

    def _last_words(self) -> OSError | None:
        """Why the other side has hung up on our first words: with TLS 1.3 it judges our certificate that late."""
        if self._heard:
            return None
        try:
            self.recv(1)
        except NoWayIn as error:
            return error
        except OSError:
            return None
        return None

    def _failed(self, error: ssl.SSLError) -> OSError:
        if isinstance(error, ssl.SSLEOFError):
            return ConnectionResetError("the connection has ended without a word")
        return explained(error, self._name, self._files)

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
