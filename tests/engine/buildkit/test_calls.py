"""Calls between two ends of a connection."""

import contextlib
import socket
import threading

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection

from minicompose.engine.buildkit.calls import NOT_FOUND, UNIMPLEMENTED, Call, CallFailed, ConnectionLost, Link
from tests.engine.buildkit.linked import SocketBytes, linked


def _echo(call: Call) -> None:
    for message in call.messages():
        call.send(message)


def test_a_message_comes_back() -> None:
    with linked(_echo) as link:
        assert list(link.call("/echo", b"hello").messages()) == [b"hello"]


def test_messages_may_be_larger_than_what_may_be_on_the_way() -> None:
    large = bytes(range(256)) * 4096  # a megabyte, where 64 KB may be unread

    with linked(_echo) as link:
        assert list(link.call("/echo", large).messages()) == [large]


def test_a_connection_serves_many_calls_at_once() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def serve(call: Call) -> None:
        meeting.wait()
        _echo(call)

    with linked(serve) as link:
        calls = [link.call("/echo", str(number).encode()) for number in range(3)]
        assert [list(call.messages()) for call in calls] == [[b"0"], [b"1"], [b"2"]]


def test_messages_of_several_threads_stay_whole() -> None:
    def serve(call: Call) -> None:
        threads = [threading.Thread(target=call.send, args=(bytes([number]) * 200_000,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with linked(serve) as link:
        found = sorted(link.call("/x", b"").messages())

    assert found == [bytes([number]) * 200_000 for number in range(4)]


def test_an_empty_message_is_a_message() -> None:
    with linked(_echo) as link:
        assert list(link.call("/echo", b"").messages()) == [b""]


@pytest.mark.parametrize(
    ("raised", "status", "message"),
    [
        (CallFailed(NOT_FOUND, "no secret ä, 100%"), NOT_FOUND, "no secret ä, 100%"),
        (ValueError("oh"), 13, "ValueError: oh"),
    ],
)
def test_an_error_of_the_other_side_is_told(raised: Exception, status: int, message: str) -> None:
    def serve(call: Call) -> None:
        raise raised

    with linked(serve) as link, pytest.raises(CallFailed) as told:
        list(link.call("/x", b"").messages())

    assert (told.value.status, told.value.message) == (status, message)


def test_what_is_said_before_an_error_is_heard() -> None:
    def serve(call: Call) -> None:
        call.send(b"first")
        raise CallFailed(UNIMPLEMENTED, "then not")

    heard = []
    with linked(serve) as link, pytest.raises(CallFailed):
        for message in link.call("/x", b"").messages():
            heard.append(message)

    assert heard == [b"first"]


def test_a_call_that_is_taken_back_ends_at_both_ends() -> None:
    ended = threading.Event()

    def serve(call: Call) -> None:
        for _ in call.messages():
            pass
        call.send(b"begun")
        try:
            while True:
                call.send(bytes(1000))
        except CallFailed:
            ended.set()

    with linked(serve) as link:
        call = link.call("/x", b"")
        messages = call.messages()
        next(messages)
        call.cancel()
        with pytest.raises(CallFailed):
            list(messages)
        assert ended.wait(20)
        assert link.call("/y", b"").id > call.id  # the connection goes on


def test_a_connection_that_is_lost_ends_its_calls() -> None:
    ours, theirs = socket.socketpair()
    link = Link(SocketBytes(ours))
    call = link.call("/x", b"")

    theirs.close()

    with pytest.raises(ConnectionLost):
        list(call.messages())
    with pytest.raises(ConnectionLost):
        link.call("/y", b"")


def test_headers_with_several_values_keep_them_all() -> None:
    call = Call.__new__(Call)
    call.headers = ((":path", "/a"), ("followpaths", "b"), ("followpaths", "c"))

    assert (call.path, call.values("followpaths")) == ("/a", ["b", "c"])


def test_a_side_that_has_said_goodbye_takes_nothing_more() -> None:
    ours, theirs = socket.socketpair()
    goodbye = H2Connection(H2Configuration(client_side=False))
    goodbye.initiate_connection()
    with theirs, contextlib.closing(Link(SocketBytes(ours))) as link:
        call = link.open_call("/x")
        goodbye.receive_data(theirs.recv(1 << 16))
        goodbye.close_connection()
        theirs.sendall(goodbye.data_to_send())
        threading.Thread(target=_emptied, args=(theirs,), daemon=True).start()

        with pytest.raises(ConnectionLost):
            while True:  # until it is heard
                call.send(b"more")


def _emptied(channel: socket.socket) -> None:
    """A side that takes what comes, so that whoever sends is never kept waiting."""
    with contextlib.suppress(OSError):
        while channel.recv(1 << 16):
            pass
