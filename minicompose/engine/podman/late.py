"""An answer of Podman's that begins when there is something to say."""

import queue
import threading
from collections.abc import Callable, Iterator

from minicompose.engine.transport import Answer, RawStream
from minicompose.errors import EngineError


class LateAnswer:
    """An `Answer` that is asked for when it is read.

    Podman sends the head of a followed log with the first line of it. Whoever follows a silent container would
    wait in `open`, where nothing could end it.
    """

    status = 200

    def __init__(self, open: Callable[[], Answer]) -> None:
        self.headers: dict[str, str] = {}
        self._open = open
        self._answer: Answer | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._pieces: queue.SimpleQueue[bytes | EngineError | None] = queue.SimpleQueue()

    def chunks(self) -> Iterator[bytes]:
        if self._closed:
            return
        threading.Thread(target=self._read, daemon=True).start()
        while (piece := self._pieces.get()) is not None:
            if isinstance(piece, EngineError):
                raise piece
            yield piece

    def read(self) -> bytes:
        return b"".join(self.chunks())

    def hijack(self) -> RawStream:
        raise TypeError("a log is read, and not spoken to")

    def close(self) -> None:
        with self._lock:
            self._closed = True
            answer = self._answer
        self._pieces.put(None)
        if answer is not None:
            answer.close()

    def _read(self) -> None:
        try:
            answer = self._open()
            with self._lock:
                self._answer = answer
                closed = self._closed
            if closed:
                answer.close()
                return
            for chunk in answer.chunks():
                self._pieces.put(chunk)
        except EngineError as error:
            self._pieces.put(error)
        finally:
            self._pieces.put(None)
