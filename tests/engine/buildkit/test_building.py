"""A build from its first call to its end, with an engine that answers by a script."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from minicompose.engine.api import Api
from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.building import build_image
from minicompose.engine.buildkit.calls import Call, Link
from minicompose.engine.transport import Answer, Query, RawStream
from minicompose.engine.underway import Underway
from minicompose.errors import CalledOff, EngineFault, EngineUnreachable
from minicompose.model import Build
from minicompose.planning.plan import BuildImage
from tests.engine.buildkit.linked import SocketBytes


class Upgraded:
    """An answer that has become a connection."""

    status = 101

    def __init__(self, channel: socket.socket) -> None:
        self.headers: Mapping[str, str] = {}
        self._channel = channel

    def read(self) -> bytes:
        return b""

    def chunks(self) -> Iterator[bytes]:
        return iter(())

    def hijack(self) -> RawStream:
        return SocketBytes(self._channel)

    def close(self) -> None:
        self._channel.close()


class Greeting:
    """The answer to a ping."""

    status = 200
    headers: Mapping[str, str] = {}

    def read(self) -> bytes:
        return b"OK"

    def chunks(self) -> Iterator[bytes]:
        return iter((b"OK",))

    def hijack(self) -> RawStream:
        raise NotImplementedError

    def close(self) -> None:
        return


class ScriptedEngine:
    """A transport to an engine: `control` answers what is asked on `/grpc`; `sessions` are what it was offered."""

    address = "unix:///scripted"

    def __init__(self, control: Callable[[Call], None]) -> None:
        self.control = control
        self.sessions: list[Mapping[str, str]] = []
        self.links: list[Link] = []

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
        if path == "/_ping":
            return Greeting()
        assert (method, upgrade) == ("POST", "h2c")
        ours, theirs = socket.socketpair()
        if path.endswith("/session"):
            self.sessions.append(headers or {})
            self.links.append(Link(SocketBytes(theirs)))
        else:
            self.links.append(Link(SocketBytes(theirs), self.control))
        return Upgraded(ours)

    def close(self) -> None:
        for link in self.links:
            link.close()


def _build(engine: ScriptedEngine, directory: Path, underway: Underway | None = None) -> list[str]:
    (directory / "Dockerfile").write_text("FROM x\n")
    printed: list[str] = []
    asked = BuildImage(image="shop:1", build=Build(context=str(directory)), service="web", labels={})
    with contextlib.closing(engine), (underway or Underway()).holding(threading.Event().set) as end_by:
        build_image(
            Api(engine, (1, 45)),
            asked,
            lambda progress: printed.append(progress.text),
            lambda host: None,
            {},
            end_by,
        )
    return printed


def test_a_build_names_the_session_in_which_its_files_are(tmp_path: Path) -> None:
    asked: dict[str, dict[int, int | bytes]] = {}

    def control(call: Call) -> None:
        (message,) = call.messages()
        asked[call.path.rpartition("/")[2]] = dict(wire.fields(message))
        if call.path.endswith("Status"):
            vertex = wire.octets(1, "a") + wire.octets(3, "[1/1] FROM x") + wire.number(4, 1)
            call.send(wire.message(1, vertex))
        else:
            call.send(b"")

    engine = ScriptedEngine(control)
    printed = _build(engine, tmp_path)

    assert printed == ["#1 [1/1] FROM x\n", "#1 CACHED\n"]
    assert asked["Status"][1] == asked["Solve"][1]
    assert engine.sessions[0]["X-Docker-Expose-Session-Uuid"] == wire.text(asked["Solve"][5])


def test_an_engine_that_dies_meanwhile_ends_the_build(tmp_path: Path) -> None:
    engine = ScriptedEngine(lambda call: engine.close() if call.path.endswith("Solve") else None)

    with pytest.raises(EngineUnreachable):
        _build(engine, tmp_path)


def test_what_the_engine_says_of_a_failure_is_raised(tmp_path: Path) -> None:
    def control(call: Call) -> None:
        raise ValueError("no frontend")

    with pytest.raises(EngineFault, match="no frontend"):
        _build(ScriptedEngine(control), tmp_path)


def test_a_build_that_is_called_off_is_taken_back_from_the_engine(tmp_path: Path) -> None:
    underway, taken_back = Underway(), threading.Event()

    def control(call: Call) -> None:
        if call.path.endswith("Solve"):
            list(call.messages())
            underway.call_off()
            with contextlib.suppress(Exception):
                while True:
                    call.send(bytes(1000))
            taken_back.set()

    with pytest.raises(CalledOff):
        _build(ScriptedEngine(control), tmp_path, underway)

    assert taken_back.wait(20)


def test_a_build_that_is_called_off_while_it_is_prepared_is_not_asked_for(tmp_path: Path) -> None:
    underway = Underway()
    asked: list[bytes] = []

    def control(call: Call) -> None:
        if call.path.endswith("Solve"):
            asked.extend(call.messages())
        else:
            underway.call_off()

    class Hasty(ScriptedEngine):
        def request(self, method: str, path: str, **how: Any) -> Answer:
            underway.call_off()
            return super().request(method, path, **how)

    with pytest.raises(CalledOff):
        _build(Hasty(control), tmp_path, underway)

    assert asked == []
