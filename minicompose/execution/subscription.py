"""The engine's events, read by a thread of their own and told to whoever runs things."""

import threading
from collections.abc import Callable

import msgspec

from minicompose.engine.protocol import Engine, EngineEvent, EventStream
from minicompose.errors import EngineError, EngineUnreachable

# Seconds before each new try to reach an engine whose event stream has ended, as it does when the
# engine is restarted.
RETRIES = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0)


class Happened(msgspec.Struct, frozen=True):
    event: EngineEvent


class StreamLive(msgspec.Struct, frozen=True):
    """From now on every event comes. When it is not the first, some may have been missed."""


class StreamLost(msgspec.Struct, frozen=True):
    """There will be no more events."""

    error: Exception


Tidings = Happened | StreamLive | StreamLost


class Subscription:
    """Tells everything that happens to a project's containers, from its own thread, until closed."""

    def __init__(self, engine: Engine, project: str, tell: Callable[[Tidings], None]) -> None:
        self._engine = engine
        self._project = project
        self._tell = tell
        self._closed = threading.Event()
        self._stream: EventStream | None = None
        self._tries = 0
        self._thread = threading.Thread(target=self._read, name="engine events", daemon=True)

    def open(self) -> None:
        """Begin; `StreamLive` or `StreamLost` is the first that is told."""
        self._thread.start()

    def close(self) -> None:
        """Tell nothing more; from any thread, and more than once."""
        self._closed.set()
        if self._stream is not None:
            self._stream.close()

    def _read(self) -> None:
        try:
            stream: EventStream | None = self._subscribe()
            while stream is not None:
                self._tell_all(stream)
                stream = self._resubscribe()
        except Exception as error:  # noqa: BLE001 - whatever it is, the reader of the tidings must know
            if not self._closed.is_set():
                self._tell(StreamLost(error))

    def _subscribe(self) -> EventStream:
        stream = self._engine.events(self._project)
        self._stream = stream
        if self._closed.is_set():  # closed while it was being opened
            stream.close()
        else:
            self._tell(StreamLive())
        return stream

    def _tell_all(self, stream: EventStream) -> None:
        try:
            for event in stream:
                if self._closed.is_set():
                    return
                self._tries = 0
                self._tell(Happened(event))
        except EngineError:
            return  # the connection broke: the same as its end

    def _resubscribe(self) -> EventStream | None:
        """The stream that replaces one which ended; None when nobody listens any more."""
        error: EngineError = EngineUnreachable("the engine ended its event stream again and again")
        while self._tries < len(RETRIES):
            if self._closed.wait(RETRIES[self._tries]):
                return None
            self._tries += 1
            try:
                return self._subscribe()
            except EngineError as refused:
                error = refused
        raise error
