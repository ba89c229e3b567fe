"""gRPC over a connection that was taken over from the engine: h2 knows HTTP/2, the calls are here.

One class for both roles: we call the engine, or the engine calls us.
"""

import base64
import binascii
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, unquote

import h2.exceptions
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

from minicompose.engine.transport import RawStream

CANCELLED, UNKNOWN, NOT_FOUND, UNIMPLEMENTED, INTERNAL = 1, 2, 5, 12, 13
_CANCEL = 8  # the code by which HTTP/2 takes back a request
_HEAD = 5  # a message begins with whether it is compressed, and how long it is

Headers = tuple[tuple[str, str], ...]


class ConnectionLost(Exception):
    """It has ended before a call on it has."""


class CallFailed(Exception):
    """A call ended with an error: its gRPC status, and more of it in a message of `google.rpc.Status`."""

    def __init__(self, status: int, message: str, details: bytes = b"") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details


class Call:
    """One call: messages both ways. All methods may be called from several threads."""

    def __init__(self, link: "Link", id: int, headers: Headers = ()) -> None:
        self.headers = headers
        self.id = id
        self.waiting: deque[tuple[bytes, int]] = deque()  # data, and how much of the window it takes
        self.ended = False
        self.trailers: dict[str, str] = {}
        self.answered = False
        self._link = link
        self._sending = threading.Lock()  # a message goes out in pieces, with nothing between them

    @property
    def path(self) -> str:
        return next((value for name, value in self.headers if name == ":path"), "")

    def values(self, name: str) -> list[str]:
        """What the caller has said in headers of this name."""
        return [value for key, value in self.headers if key == name]

    def send(self, message: bytes) -> None:
        """Raises ConnectionLost, and CallFailed when the other side has had enough."""
        with self._sending:
            self._link.send(self, b"\0" + len(message).to_bytes(4, "big") + message)

    def ask(self, message: bytes) -> None:
        """Say all that there is to say in a call of ours. Raises ConnectionLost."""
        with contextlib.suppress(CallFailed):  # an answer that came before the question was out is read as any other
            self.send(message)
        self.end_input()

    def messages(self) -> Iterator[bytes]:
        """What the other side says, until it has said all. Raises ConnectionLost, and CallFailed for a call of ours."""
        kept = bytearray()
        while data := self._link.receive(self):
            kept += data
            while len(kept) >= _HEAD and len(kept) >= (whole := _HEAD + int.from_bytes(kept[1:_HEAD], "big")):
                if kept[0]:
                    raise CallFailed(UNIMPLEMENTED, "a compressed message, which nobody has asked for")
                yield bytes(kept[_HEAD:whole])
                del kept[:whole]
        status = int(self.trailers.get("grpc-status") or 0)
        if status:
            details = _bytes(self.trailers.get("grpc-status-details-bin", ""))
            raise CallFailed(status, unquote(self.trailers.get("grpc-message", "")), details)

    def end_input(self) -> None:
        """We have said all, in a call of ours."""
        self._link.end_input(self)

    def finish(self, status: int = 0, message: str = "") -> None:
        """Answer a call of theirs for good."""
        self._link.finish(self, status, message)

    def cancel(self) -> None:
        """Take back a call of ours, if it has not ended."""
        self._link.cancel(self)


class Link:
    """The connection. With `serve` the other side calls, and each call is served in a thread of its own."""

    def __init__(self, stream: RawStream, serve: Callable[[Call], None] | None = None) -> None:
        self._stream = stream
        self._serve = serve
        self._http = H2Connection(H2Configuration(client_side=serve is None, header_encoding="utf-8"))
        self._changed = threading.Condition()
        self._calls: dict[int, Call] = {}
        self._lost = False
        self._http.initiate_connection()
        self._flush()
        threading.Thread(target=self._read, name="buildkit", daemon=True).start()

    @property
    def lost(self) -> bool:
        return self._lost

    def call(self, path: str, message: bytes) -> Call:
        """Begin a call that sends one message. Raises ConnectionLost."""
        call = self.open_call(path)
        call.ask(message)
        return call

    def open_call(self, path: str, headers: Iterable[tuple[str, str]] = ()) -> Call:
        """Begin a call that sends messages as it likes. Raises ConnectionLost."""
        first = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ]
        with self._changed, _or_lost():
            if self._lost:
                raise ConnectionLost
            call = Call(self, self._http.get_next_available_stream_id())
            self._calls[call.id] = call
            self._http.send_headers(call.id, [*first, *headers])
            self._flush()
        return call

    def close(self) -> None:
        with self._changed:
            self._lost = True
            with contextlib.suppress(h2.exceptions.ProtocolError):
                self._http.close_connection()
            self._flush()
            self._changed.notify_all()
        self._stream.close()

    # ---- for its calls ----

    def send(self, call: Call, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            with self._changed, _or_lost():
                room = self._room(call)
                self._answer(call)
                self._http.send_data(call.id, bytes(rest[:room]))
                self._flush()
                rest = rest[room:]

    def _room(self, call: Call) -> int:
        """How much may be sent at once; waits until that is something."""
        while True:
            if self._lost:
                raise ConnectionLost
            if call.id not in self._calls:
                raise CallFailed(CANCELLED, "the other side has ended the call")
            room = min(self._http.local_flow_control_window(call.id), self._http.max_outbound_frame_size)
            if room > 0:
                return room
            self._changed.wait()

    def _answer(self, call: Call) -> None:
        """The head of our answer, before the first that we say in a call of theirs."""
        if self._serve is not None and not call.answered:
            call.answered = True
            self._http.send_headers(call.id, [(":status", "200"), ("content-type", "application/grpc")])

    def receive(self, call: Call) -> bytes:
        with self._changed:
            while not call.waiting:
                if call.ended:
                    return b""
                if self._lost:
                    raise ConnectionLost
                self._changed.wait()
            data, taken = call.waiting.popleft()
            self._give_back(call, taken)
            return data

    def _give_back(self, call: Call, taken: int) -> None:
        """The other side may send so much more."""
        if taken and not self._lost:
            with contextlib.suppress(h2.exceptions.ProtocolError):
                self._http.acknowledge_received_data(taken, call.id)
            self._flush()

    def end_input(self, call: Call) -> None:
        with self._changed, contextlib.suppress(h2.exceptions.ProtocolError):
            self._http.end_stream(call.id)
            self._flush()

    def finish(self, call: Call, status: int, message: str) -> None:
        with self._changed:
            if self._lost or self._calls.pop(call.id, None) is None:
                return
            with contextlib.suppress(h2.exceptions.ProtocolError):
                self._answer(call)
                trailers = [("grpc-status", str(status)), ("grpc-message", quote(message, safe=" /:,.'"))]
                self._http.send_headers(call.id, trailers, end_stream=True)
            self._drop(call)

    def cancel(self, call: Call) -> None:
        with self._changed:
            if self._lost or self._calls.pop(call.id, None) is None:
                return
            with contextlib.suppress(h2.exceptions.ProtocolError):
                self._http.reset_stream(call.id, _CANCEL)
            call.ended = True
            call.trailers = {"grpc-status": str(CANCELLED), "grpc-message": "cancelled"}
            self._drop(call)
            self._changed.notify_all()

    def _drop(self, call: Call) -> None:
        """What nobody will read any more takes no room of the connection."""
        taken = sum(size for _, size in call.waiting)
        call.waiting.clear()
        self._give_back(call, taken)
        self._flush()

    # ---- reading ----

    def _read(self) -> None:
        while not self._lost and (data := self._stream.receive()):
            with self._changed:
                try:
                    events = self._http.receive_data(data)
                except h2.exceptions.ProtocolError:
                    break
                finally:
                    self._flush()
                for event in events:
                    self._hear(event)
                self._changed.notify_all()
        with self._changed:
            self._lost = True
            self._changed.notify_all()
        self._stream.close()

    def _hear(self, event: Event) -> None:
        match event:
            case RequestReceived():
                call = Call(self, event.stream_id, _texts(event.headers))
                self._calls[call.id] = call
                threading.Thread(target=self._attend, args=(call,), name=call.path, daemon=True).start()
            case DataReceived():
                call = self._calls.get(event.stream_id) or Call(self, event.stream_id)
                call.waiting.append((event.data, event.flow_controlled_length))
                if call.id not in self._calls:
                    self._drop(call)
            case ResponseReceived() | TrailersReceived():
                if found := self._calls.get(event.stream_id):
                    found.trailers |= dict(_texts(event.headers))
            case StreamEnded() if found := self._calls.get(event.stream_id):
                found.ended = True
                if self._serve is None:
                    del self._calls[found.id]
            case ConnectionTerminated():
                self._lost = True  # h2 takes and gives nothing more
            case StreamReset() if found := self._calls.pop(event.stream_id, None):
                found.ended = True
                found.trailers.setdefault("grpc-status", str(CANCELLED))
            case _:
                pass

    def _attend(self, call: Call) -> None:
        assert self._serve is not None
        try:
            self._serve(call)
        except ConnectionLost:
            return
        except CallFailed as error:
            call.finish(error.status, error.message)
        except Exception as error:  # noqa: BLE001 - the engine has to hear of it, or it would wait
            call.finish(INTERNAL, f"{type(error).__name__}: {error}")
        else:
            call.finish()

    def _flush(self) -> None:
        data = self._http.data_to_send()
        if data:
            try:
                self._stream.send(data)
            except OSError:
                self._lost = True


@contextlib.contextmanager
def _or_lost() -> Iterator[None]:
    """The other side may have said goodbye before it hangs up: nothing can be sent then."""
    try:
        yield
    except h2.exceptions.ProtocolError as error:
        raise ConnectionLost from error


def _texts(headers: list[tuple[bytes, bytes]] | list[tuple[str, str]]) -> Headers:
    return tuple((_decoded(name), _decoded(value)) for name, value in headers)


def _decoded(value: bytes | str) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _bytes(text: str) -> bytes:
    """A header with bytes is base64, mostly without the signs at its end."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""
