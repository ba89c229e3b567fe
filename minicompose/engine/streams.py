"""What the engine sends as it happens: events, output, and commands run inside a container."""

import base64
import struct
import threading
import time
from collections.abc import Iterator
from typing import cast

import msgspec

from minicompose import labels
from minicompose.engine.api import Api
from minicompose.engine.protocol import EngineEvent, FileInContainer, LogChunk, LoggedEvent
from minicompose.engine.transport import Answer, RawStream, lines
from minicompose.errors import EngineFault, EngineUnreachable
from minicompose.planning.observed import Health

_STREAMS = {0: "stdin", 1: "stdout", 2: "stderr"}
# What the engine itself says amid a log: that it cannot read on.
_ENGINE_ITSELF = 3
_FRAME = struct.Struct(">B3xI")
# The engine notes a command's exit code a moment after it has closed its output.
_EXIT_CODE_TRIES = 200
_EXIT_CODE_PAUSE = 0.01
# An engine sends a log line by line, and to be woken for each costs both sides more than the line. What a connection
# holds meanwhile is more than an engine sends in that time.
_MUCH = 65536
_SMALL = 8192
_GATHERING = 0.001
_GO_DIRECTORY = 1 << 31
_GO_SYMLINK = 1 << 27


# ---- events ----


class _Actor(msgspec.Struct):
    id: str = msgspec.field(default="", name="ID")
    attributes: dict[str, str] = msgspec.field(default_factory=dict, name="Attributes")


class _Event(msgspec.Struct):
    action: str = msgspec.field(default="", name="Action")
    actor: _Actor = msgspec.field(default_factory=_Actor, name="Actor")
    time_nano: int = msgspec.field(default=0, name="timeNano")


_event_decoder = msgspec.json.Decoder(_Event)


class HttpEvents:
    """The subscription to one project's containers. A second iteration goes on where the first stopped."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._events = self._read()

    def __iter__(self) -> Iterator[EngineEvent]:
        return self._events

    def _read(self) -> Iterator[EngineEvent]:
        try:
            for line in lines(self._answer.chunks()):
                yield _event(_event_decoder.decode(line))
        except EngineUnreachable:
            return  # the engine went away, which ends the stream like any other end

    def close(self) -> None:
        self._answer.close()


def _event(told: _Event) -> EngineEvent:
    action, _, detail = told.action.partition(": ")
    its = told.actor.attributes
    code = its.get("exitCode", "")
    return EngineEvent(
        action=action,
        id=told.actor.id,
        name=its.get("name", ""),
        service=its.get(labels.SERVICE, ""),
        health=cast(Health, detail) if action == "health_status" and detail else "none",
        exit_code=int(code) if action == "die" and code.lstrip("-").isdigit() else None,
        time=told.time_nano,
    )


class HttpEventLog:
    """What the engine has noted, and what happens."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[LoggedEvent]:
        for line in lines(self._answer.chunks()):
            told = _event_decoder.decode(line)
            yield LoggedEvent(
                action=told.action, id=told.actor.id, attributes=told.actor.attributes, time=told.time_nano
            )

    def close(self) -> None:
        self._answer.close()


# ---- output ----


class HttpLogs:
    """A container's output; with a tty it is one stream, otherwise frames of two."""

    def __init__(self, answer: Answer, tty: bool) -> None:
        self._answer = answer
        self._tty = tty

    def __iter__(self) -> Iterator[LogChunk]:
        return output_chunks(gathered(self._answer.chunks()), self._tty)

    def close(self) -> None:
        self._answer.close()


def gathered(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Each at once; where there are many, a moment passes after a small one, in which more can come together."""
    came = 0
    for chunk in chunks:
        yield chunk
        came += len(chunk)
        if came > _MUCH and len(chunk) < _SMALL:
            time.sleep(_GATHERING)


def output_chunks(chunks: Iterator[bytes], tty: bool) -> Iterator[LogChunk]:
    """Output as the engine frames it: eight bytes of stream and length, then that many of content.

    What has come of one stream is one piece, of however many frames.
    """
    if tty:
        for chunk in chunks:
            yield LogChunk(stream="stdout", data=chunk)
        return
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        place = 0
        while place < len(data):
            stream, content, after = _frames(data, place)
            if after == place:
                break
            if stream == _ENGINE_ITSELF:
                raise EngineFault(content.decode(errors="replace").strip())
            if content:
                yield LogChunk(stream=_STREAMS.get(stream, "stdout"), data=content)
            place = after
        rest = data[place:]


def _frames(data: bytes, place: int) -> tuple[int, bytes, int]:
    """Of the frames from `place` on, those of the first one's stream: which, their content, where the next begins."""
    pieces: list[bytes] = []
    add, head_of, last = pieces.append, _FRAME.unpack_from, len(data) - _FRAME.size
    first = data[place]
    while place <= last:
        stream, size = head_of(data, place)
        begin = place + _FRAME.size
        after = begin + size
        if stream != first or after > len(data):
            break
        add(data[begin:after])
        place = after
    return first, b"".join(pieces), place


# ---- commands ----


# How long output is still shown after the end of an input that others may go on writing to.
_ANSWER_SECONDS = 1.0


class _ExecState(msgspec.Struct, rename="pascal"):
    running: bool
    exit_code: int | None = None


class HttpSession:
    """The streams of a command. `path` is where the engine has it; `stream` is None for one that was only started.

    `input_ends` is whether the command's input ends with ours. Where it does not, because others may still write, the
    engine takes an end of ours for the end of the conversation and sends no more output: an answer has a moment first.
    """

    def __init__(self, api: Api, path: str, stream: RawStream | None, *, tty: bool, input_ends: bool) -> None:
        self._api = api
        self._path = path
        self._stream = stream
        self._tty = tty
        self._input_ends = input_ends
        self._sending = threading.Lock()
        self._over = threading.Event()

    def output(self) -> Iterator[LogChunk]:
        if self._stream is not None:
            yield from output_chunks(iter(self._stream.receive, b""), self._tty)
        self._over.set()

    def write(self, data: bytes) -> None:
        if self._stream is None:
            return
        with self._sending:
            try:
                self._stream.send(data)
            except OSError as error:
                raise EngineUnreachable("the command no longer reads its input") from error

    def close_input(self) -> None:
        if self._stream is None:
            return
        if not self._input_ends:
            self._over.wait(_ANSWER_SECONDS)
        self._stream.close_input()

    def resize(self, columns: int, rows: int) -> None:
        self._api.post(f"{self._path}/resize", query={"w": str(columns), "h": str(rows)})

    def close(self) -> None:
        self._over.set()
        if self._stream is not None:
            self._stream.close()


class HttpExec(HttpSession):
    """A command that runs in a container."""

    def exit_code(self) -> int:
        if self._stream is None:
            return 0
        for _ in range(_EXIT_CODE_TRIES):
            state = msgspec.json.decode(self._api.call("GET", f"{self._path}/json"), type=_ExecState)
            if not state.running and state.exit_code is not None:
                return state.exit_code
            time.sleep(_EXIT_CODE_PAUSE)
        raise EngineFault("the engine does not say how the command ended")


# ---- files ----


class HttpBytes:
    """The body of an answer, as it comes."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.chunks()

    def close(self) -> None:
        self._answer.close()


class _PathStat(msgspec.Struct, rename={"link_target": "linkTarget"}):
    name: str
    mode: int
    link_target: str = ""


def file_told(header: str) -> FileInContainer:
    """What the engine tells of a path, in a header of its own; the mode's first bit is Go's for a directory."""
    told = msgspec.json.decode(base64.b64decode(header), type=_PathStat)
    return FileInContainer(
        name=told.name,
        is_directory=bool(told.mode & _GO_DIRECTORY),
        link_target=told.link_target if told.mode & _GO_SYMLINK else "",
    )
