"""How a build goes on, told line by line; and what of it failed.

The engine tells of vertices: steps of the Dockerfile, and what it does by itself. Each gets a number when it begins.
"""

from collections import deque
from collections.abc import Iterable

import msgspec

from minicompose.engine.buildkit import wire
from minicompose.engine.progress import OnProgress, Progress

_TAIL_LINES = 30
_CANCELLED = ("context canceled", "context cancelled")


class _Moment(msgspec.Struct, frozen=True):
    seconds: int = 0
    nanoseconds: int = 0

    def since(self, earlier: "_Moment") -> float:
        return self.seconds - earlier.seconds + (self.nanoseconds - earlier.nanoseconds) / 1e9


class Vertex(msgspec.Struct, frozen=True):
    """`name` is as in "[2/3] RUN make"; `error` says why it failed."""

    digest: str
    name: str = ""
    cached: bool = False
    started: _Moment | None = None
    completed: _Moment | None = None
    error: str = ""


class Transfer(msgspec.Struct, frozen=True):
    """A part of a vertex: what it fetches, or how much of the context has come."""

    id: str
    vertex: str
    current: int = 0
    total: int = 0
    completed: bool = False


class Printed(msgspec.Struct, frozen=True):
    vertex: str
    data: bytes


class Told(msgspec.Struct, frozen=True):
    """One message of the engine."""

    vertices: tuple[Vertex, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    output: tuple[Printed, ...] = ()
    warnings: tuple[str, ...] = ()


def told(message: bytes) -> Told:
    """Raises ValueError for what is no such message."""
    vertices, transfers, output, warnings = [], [], [], []
    for field, value in wire.fields(message):
        match field:
            case 1:
                vertices.append(_vertex(wire.nested(value)))
            case 2:
                transfers.append(_transfer(wire.nested(value)))
            case 3:
                output.append(_printed(wire.nested(value)))
            case 4:
                warnings.append(_warning(wire.nested(value)))
            case _:
                pass
    return Told(tuple(vertices), tuple(transfers), tuple(output), tuple(warnings))


def _vertex(message: bytes) -> Vertex:
    found: dict[int, int | bytes] = dict(wire.fields(message))
    return Vertex(
        digest=wire.text(found.get(1, b"")),
        name=wire.text(found.get(3, b"")),
        cached=bool(found.get(4, 0)),
        started=_moment(wire.nested(found[5])) if 5 in found else None,
        completed=_moment(wire.nested(found[6])) if 6 in found else None,
        error=wire.text(found.get(7, b"")),
    )


def _moment(message: bytes) -> _Moment:
    found = dict(wire.fields(message))
    return _Moment(wire.signed(found.get(1, 0)), wire.signed(found.get(2, 0)))


def _transfer(message: bytes) -> Transfer:
    found = dict(wire.fields(message))
    return Transfer(
        id=wire.text(found.get(1, b"")),
        vertex=wire.text(found.get(2, b"")),
        current=wire.signed(found.get(4, 0)),
        total=wire.signed(found.get(5, 0)),
        completed=8 in found,
    )


def _printed(message: bytes) -> Printed:
    found = dict(wire.fields(message))
    return Printed(vertex=wire.text(found.get(1, b"")), data=wire.nested(found.get(4, b"")))


def _warning(message: bytes) -> str:
    """A warning's short text."""
    return next((wire.text(value) for field, value in wire.fields(message) if field == 3), "")


class Story:
    """A build so far: tells what is new of it, and remembers what failed."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._numbers: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._begun: set[str] = set()
        self._over: set[str] = set()
        self._rest: dict[str, bytes] = {}
        self._printed: dict[str, deque[str]] = {}
        self._complete: set[str] = set()
        self.failed: Vertex | None = None

    def hear(self, message: Told) -> None:
        for vertex in message.vertices:
            self._hear_vertex(vertex)
        for transfer in message.transfers:
            self._hear_transfer(transfer)
        for printed in message.output:
            self._hear_output(printed)
        for warning in message.warnings:
            self._say("warning: ", (warning,))

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines of the step that failed."""
        return tuple(self._printed.get(self.failed.digest, ())) if self.failed is not None else ()

    def _hear_vertex(self, vertex: Vertex) -> None:
        if vertex.name:
            self._names[vertex.digest] = vertex.name
        if vertex.error and not vertex.error.endswith(_CANCELLED):
            self.failed = self.failed or vertex
        if vertex.started is None and not vertex.cached:
            return
        prefix = self._prefix(vertex.digest)
        if vertex.digest not in self._begun:
            self._begun.add(vertex.digest)
            self._say(prefix, (self._names.get(vertex.digest, ""),))
        if vertex.digest not in self._over and (vertex.cached or vertex.completed is not None):
            self._over.add(vertex.digest)
            self._flush(vertex.digest)
            self._say(prefix, (_ending(vertex),))

    def _hear_transfer(self, transfer: Transfer) -> None:
        """Bytes are told like those of a pull, once more when all are there."""
        if not transfer.current and not transfer.total:
            return
        key = f"{transfer.vertex}{transfer.id}"
        if key in self._complete:
            return
        if transfer.completed:
            self._complete.add(key)
        self._on_progress(
            Progress(
                layer=f"#{self._number(transfer.vertex)} {transfer.id}",
                status="done" if transfer.completed else "transferring",
                current=transfer.current,
                total=transfer.total,
            )
        )

    def _hear_output(self, printed: Printed) -> None:
        *lines, rest = (self._rest.get(printed.vertex, b"") + printed.data).split(b"\n")
        self._rest[printed.vertex] = rest
        self._say_output(printed.vertex, lines)

    def _flush(self, digest: str) -> None:
        """What was printed without a line's end."""
        if rest := self._rest.pop(digest, b""):
            self._say_output(digest, [rest])

    def _say_output(self, digest: str, lines: Iterable[bytes]) -> None:
        texts = [line.decode(errors="replace").removesuffix("\r").rpartition("\r")[2] for line in lines]
        self._printed.setdefault(digest, deque(maxlen=_TAIL_LINES)).extend(text for text in texts if text.strip())
        self._say(self._prefix(digest), texts)

    def _say(self, prefix: str, lines: Iterable[str]) -> None:
        for line in lines:
            if line.strip():
                self._on_progress(Progress(text=f"{prefix}{line}\n"))

    def _prefix(self, digest: str) -> str:
        return f"#{self._number(digest)} "

    def _number(self, digest: str) -> int:
        return self._numbers.setdefault(digest, len(self._numbers) + 1)


def _ending(vertex: Vertex) -> str:
    if vertex.error:
        return f"ERROR: {vertex.error}"
    if vertex.cached:
        return "CACHED"
    if vertex.started is None or vertex.completed is None:
        return "DONE"
    return f"DONE {vertex.completed.since(vertex.started):.1f}s"
