"""The transports: connections kept and lost, streams, uploads, hijacking, and what cannot be reached."""

import os
import socket
import ssl
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from minicompose.engine.contexts import TlsFiles
from minicompose.engine.sdk_transport import SdkTransport
from minicompose.engine.sockets import SocketTransport, tcp_dial, tls_dial, unix_dial
from minicompose.engine.ssh import explained, ssh_dial
from minicompose.engine.transport import Transport, target
from minicompose.errors import EngineRefused, EngineUnreachable
from tests.certificates import Authority
from tests.engine.canned import CannedServer, Script, always, answer, read_request

Reach = Callable[[Script], tuple[Transport, CannedServer]]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="session")
def keys(authority: Authority) -> TlsFiles:
    """A certificate for 127.0.0.1, for both sides."""
    return authority.sign("IP:127.0.0.1")


def with_tls(script: Script, keys: TlsFiles, version: ssl.TLSVersion) -> Script:
    """The script behind TLS, for who has the key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_verify_locations(keys.ca)
    context.load_cert_chain(keys.cert, keys.key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version

    def behind(channel: socket.socket, number: int) -> None:
        with context.wrap_socket(channel, server_side=True) as ours:
            script(ours, number)

    return behind


@pytest.fixture(params=["unix", "tcp", "tls1.2", "tls1.3", "sdk"])
def reach(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reach]:
    """A server with a script, and each kind of transport to it."""
    opened: list[tuple[Transport, CannedServer]] = []

    def begin(script: Script) -> tuple[Transport, CannedServer]:
        transport: Transport
        if request.param == "unix":
            path = str(tmp_path / "engine.sock")
            server = CannedServer(script, path)
            transport = SocketTransport(unix_dial(path), f"unix://{path}")
        else:
            keys: TlsFiles | None = None
            if request.param.startswith("tls"):
                keys = request.getfixturevalue("keys")
                version = ssl.TLSVersion.TLSv1_2 if request.param == "tls1.2" else ssl.TLSVersion.TLSv1_3
                script = with_tls(script, keys, version)
            server = CannedServer(script)
            address = f"tcp://127.0.0.1:{server.port}"
            if keys:
                transport = SocketTransport(tls_dial("127.0.0.1", server.port, keys), address)
            elif request.param == "tcp":
                transport = SocketTransport(tcp_dial("127.0.0.1", server.port), address)
            else:
                transport = SdkTransport(address)
        opened.append((transport, server))
        return transport, server

    yield begin
    for transport, server in opened:
        transport.close()
        server.__exit__(None, None, None)


def test_an_answer_has_a_status_headers_and_a_body(reach: Reach) -> None:
    transport, _ = reach(always(b"there", "404 Not Found", "Api-Version: 1.41\r\n"))

    got = transport.request("GET", "/x")

    assert (got.status, got.headers["api-version"], got.read()) == (404, "1.41", b"there")


def test_the_connection_is_used_again(reach: Reach) -> None:
    transport, server = reach(always(b"ok"))

    for _ in range(3):
        transport.request("GET", "/x").read()

    assert server.connections == 1


def test_an_answer_that_is_still_read_keeps_its_connection_to_itself(reach: Reach) -> None:
    transport, server = reach(always(b"ok"))

    first = transport.request("GET", "/x")
    second = transport.request("GET", "/x")

    assert (second.read(), first.read(), server.connections) == (b"ok", b"ok", 2)


def test_closing_an_answer_that_has_been_read_leaves_the_connection_to_others(reach: Reach) -> None:
    transport, server = reach(always(b"ok"))
    first = transport.request("GET", "/x")
    first.read()
    second = transport.request("GET", "/x")

    first.close()

    assert (second.read(), server.connections) == (b"ok", 1)


def test_a_query_is_encoded_and_a_tuple_is_given_several_times(reach: Reach) -> None:
    seen: list[bytes] = []

    def script(channel: socket.socket, number: int) -> None:
        seen.append(read_request(channel).split(b"\r\n")[0])
        channel.sendall(answer(b""))

    transport, _ = reach(script)
    transport.request("GET", "/images/a/b:c/json", query={"t": ("x y", "z"), "f": '{"a":1}'}).read()

    assert seen == [b"GET /images/a/b:c/json?t=x%20y&t=z&f=%7B%22a%22%3A1%7D HTTP/1.1"]


def test_a_body_of_bytes_is_sent_whole(reach: Reach) -> None:
    seen: list[bytes] = []

    def script(channel: socket.socket, number: int) -> None:
        seen.append(read_request(channel))
        channel.sendall(answer(b""))

    transport, _ = reach(script)
    transport.request("POST", "/x", body=b'{"a": 1}', headers={"Content-Type": "application/json"}).read()

    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert body == b'{"a": 1}'
    assert b"content-type: application/json" in head.lower()


def test_an_iterable_body_is_sent_in_chunks_as_it_comes(reach: Reach) -> None:
    seen: list[bytes] = []

    def script(channel: socket.socket, number: int) -> None:
        seen.append(read_request(channel))
        channel.sendall(answer(b"ok"))

    transport, _ = reach(script)
    got = transport.request("POST", "/build", body=(piece for piece in (b"one", b"", b"three"))).read()

    assert seen[0].endswith(b"\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n")
    assert got == b"ok"


def test_a_stream_is_delivered_as_it_comes(reach: Reach) -> None:
    go_on = threading.Event()

    def script(channel: socket.socket, number: int) -> None:
        read_request(channel)
        channel.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        go_on.wait(10)
        channel.sendall(b"3\r\ntwo\r\n0\r\n\r\n")

    transport, _ = reach(script)
    chunks = transport.request("GET", "/events").chunks()

    first = next(chunks)
    go_on.set()

    assert (first, list(chunks)) == (b"one", [b"two"])


def test_a_stream_that_is_closed_by_another_thread_ends(reach: Reach) -> None:
    def script(channel: socket.socket, number: int) -> None:
        read_request(channel)
        channel.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        channel.recv(1)

    transport, _ = reach(script)
    got = transport.request("GET", "/events")
    chunks = got.chunks()
    assert next(chunks) == b"one"
    closer = threading.Thread(target=got.close)

    closer.start()
    rest = list(chunks)
    closer.join()

    assert rest == []


def test_a_stream_that_breaks_off_is_an_engine_that_is_gone(reach: Reach) -> None:
    def script(channel: socket.socket, number: int) -> None:
        read_request(channel)
        channel.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        channel.shutdown(socket.SHUT_RDWR)

    transport, _ = reach(script)

    with pytest.raises(EngineUnreachable):
        list(transport.request("GET", "/events").chunks())


def test_a_hijacked_connection_carries_bytes_both_ways_until_its_input_ends(reach: Reach) -> None:
    def script(channel: socket.socket, number: int) -> None:
        read_request(channel)
        channel.sendall(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello")
        told = b""
        while more := channel.recv(100):
            told += more
        channel.sendall(b" got " + told)
        channel.shutdown(socket.SHUT_RDWR)

    transport, _ = reach(script)
    stream = transport.request("POST", "/exec/1/start", body=b"{}", upgrade="tcp").hijack()
    stream.send(b"input")
    stream.close_input()

    assert b"".join(iter(stream.receive, b"")) == b"hello got input"
    stream.close()


def test_much_goes_through_a_hijacked_connection_both_ways_at_once(reach: Reach) -> None:
    size = 4 << 20

    def script(channel: socket.socket, number: int) -> None:
        read_request(channel)
        channel.sendall(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        while more := channel.recv(65536):
            channel.sendall(more)
        channel.sendall(b"end")
        channel.shutdown(socket.SHUT_RDWR)

    transport, _ = reach(script)
    stream = transport.request("POST", "/exec/1/start", body=b"{}", upgrade="tcp").hijack()

    def send() -> None:
        for _ in range(size >> 16):
            stream.send(b"0123456789abcdef" * 4096)
        stream.close_input()

    sending = threading.Thread(target=send)
    sending.start()
    got = b"".join(iter(stream.receive, b""))
    sending.join()

    assert (len(got), got[-3:]) == (size + 3, b"end")
    stream.close()


def test_no_engine_at_the_address_is_said_with_what_to_do(reach: Reach) -> None:
    transport, server = reach(always(b""))
    server.__exit__(None, None, None)

    with pytest.raises(EngineUnreachable) as told:
        transport.request("GET", "/_ping")

    assert transport.address in told.value.message
    assert "DOCKER_HOST" in told.value.hint


# ---- what only our own sockets promise ----


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("theirs", "ours", "complaint", "hint"),
    [
        ("good", "nobody's", "of an authority that we do not know", "there is no ca.pem"),
        ("good", "stranger's", "of an authority that we do not know", "ca.pem does not have it"),
        ("expired", "good", "its certificate has expired", "the clock of this machine"),
        ("another's", "good", "its certificate is not for 127.0.0.1", "by the name that its certificate has"),
        ("good", "anonymous", "wants to know who we are", "cert.pem and key.pem"),
        ("good", "unknown", "does not take our certificate", "signed by the engine's authority"),
        ("good", "expired", "does not take our certificate", ""),
        ("good", "missing", "cannot be read: No such file", "DOCKER_CERT_PATH"),
        ("good", "torn", "is no certificate with its key", "DOCKER_CERT_PATH"),
    ],
)
def test_what_keeps_both_sides_from_believing_each_other_is_said(
    identities: Mapping[str, TlsFiles], theirs: str, ours: str, complaint: str, hint: str, version: ssl.TLSVersion
) -> None:
    with CannedServer(with_tls(always(b"OK"), identities[theirs], version)) as server:
        transport = SocketTransport(tls_dial("127.0.0.1", server.port, identities[ours]), "tcp://far")

        with pytest.raises(EngineUnreachable, match=complaint) as told:
            transport.request("GET", "/_ping")

    assert "tcp://far" in told.value.message
    assert hint in told.value.hint


@pytest.fixture(scope="session")
def identities(authority: Authority, keys: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> dict[str, TlsFiles]:
    """Who one can be: what is believed, and how one proves who one is."""
    stranger = Authority(tmp_path_factory.mktemp("tls") / "stranger").sign("IP:127.0.0.1")
    return {
        "good": keys,
        "expired": authority.sign("IP:127.0.0.1", days=-1),
        "another's": authority.sign("DNS:another"),
        "anonymous": TlsFiles(ca=keys.ca),
        "nobody's": TlsFiles(cert=keys.cert, key=keys.key),
        "stranger's": TlsFiles(ca=stranger.ca, cert=keys.cert, key=keys.key),
        "unknown": TlsFiles(ca=keys.ca, cert=stranger.cert, key=stranger.key),
        "missing": TlsFiles(ca="/nowhere/ca.pem"),
        "torn": TlsFiles(ca=keys.ca, cert=keys.cert, key=stranger.key),
    }


def test_an_engine_without_tls_is_not_spoken_to_with_it(keys: TlsFiles) -> None:
    def script(channel: socket.socket, number: int) -> None:
        channel.recv(100)
        channel.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with CannedServer(script) as server:
        transport = SocketTransport(tls_dial("127.0.0.1", server.port, keys), "tcp://far")

        with pytest.raises(EngineUnreachable, match="it does not speak TLS"):
            transport.request("GET", "/_ping")


def test_who_says_nothing_where_tls_is_wanted_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicompose.engine.sockets._CONNECT_SECONDS", 0.05)

    def silent(channel: socket.socket, number: int) -> None:
        while channel.recv(65536):
            pass

    with CannedServer(silent) as server:
        transport = SocketTransport(tls_dial("127.0.0.1", server.port, TlsFiles()), "tcp://far")

        with pytest.raises(EngineUnreachable, match="timed out"):
            transport.request("GET", "/_ping")


def test_an_engine_whose_certificate_need_not_be_known_is_spoken_to(keys: TlsFiles) -> None:
    unverified = TlsFiles(cert=keys.cert, key=keys.key, verify=False)
    with CannedServer(with_tls(always(b"OK"), keys, ssl.TLSVersion.TLSv1_3)) as server:
        transport = SocketTransport(tls_dial("127.0.0.1", server.port, unverified), "tcp://far")

        assert transport.request("GET", "/_ping").read() == b"OK"
        transport.close()


def test_a_connection_that_the_engine_closed_while_idle_is_not_used(tmp_path: Path) -> None:
    closed = threading.Event()

    def script(channel: socket.socket, number: int) -> None:
        read_request(channel)
        channel.sendall(answer(b"ok"))
        if number == 1:
            channel.shutdown(socket.SHUT_RDWR)
            closed.set()

    path = str(tmp_path / "s")
    with CannedServer(script, path) as server:
        transport = SocketTransport(unix_dial(path), "unix://s")
        transport.request("POST", "/x").read()
        assert closed.wait(10)

        assert transport.request("POST", "/x").read() == b"ok"
        assert server.connections == 2
        transport.close()


def _lost_on_second_request(channel: socket.socket, number: int) -> None:
    read_request(channel)
    channel.sendall(answer(b"ok"))
    if read_request(channel) and number == 1:
        channel.shutdown(socket.SHUT_RDWR)
        return
    channel.sendall(answer(b"again"))


def test_what_only_reads_is_asked_again_when_the_connection_is_lost(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with CannedServer(_lost_on_second_request, path) as server:
        transport = SocketTransport(unix_dial(path), "unix://s")
        transport.request("GET", "/x").read()

        assert transport.request("GET", "/x").read() == b"ok"
        assert server.connections == 2
        transport.close()


def test_what_changes_something_is_not_sent_twice(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with CannedServer(_lost_on_second_request, path) as server:
        transport = SocketTransport(unix_dial(path), "unix://s")
        transport.request("GET", "/x").read()

        with pytest.raises(EngineUnreachable):
            transport.request("POST", "/x")
        assert server.connections == 1
        transport.close()


def test_an_upload_that_is_refused_half_way_tells_why(tmp_path: Path) -> None:
    def script(channel: socket.socket, number: int) -> None:
        channel.recv(100)
        channel.sendall(answer(b"too much", "400 Bad Request"))
        channel.shutdown(socket.SHUT_RD)

    path = str(tmp_path / "s")
    with CannedServer(script, path):
        transport = SocketTransport(unix_dial(path), "unix://s")

        got = transport.request("POST", "/build", body=(b"x" * 65536 for _ in range(1000)))

        assert (got.status, got.read()) == (400, b"too much")
        transport.close()


def test_a_socket_that_is_not_for_us_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dial() -> socket.socket:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(EngineRefused) as told:
        SocketTransport(dial, "unix:///var/run/docker.sock").request("GET", "/_ping")

    assert "unix:///var/run/docker.sock" in told.value.message
    assert "docker" in told.value.hint


def test_ssh_is_asked_for_the_engines_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = tmp_path / "ssh"
    said = r"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    ssh.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nprintf "{said}"\ncat > /dev/null\n')
    ssh.chmod(ssh.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    transport = SocketTransport(ssh_dial("me@server", 2222), "ssh://me@server:2222")

    got = transport.request("GET", "/_ping").read()
    transport.close()

    assert got == b"ok"
    asked = (tmp_path / "asked").read_text()
    assert asked.strip() == "-p 2222 -o ConnectTimeout=30 -T -- me@server docker system dial-stdio"


@pytest.mark.parametrize(
    ("said", "code", "complaint", "hint"),
    [
        ("Host key verification failed.", 255, "ssh does not know the host's key", "`ssh me@server -p 22`"),
        (
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            255,
            "the host's key is another than ssh knows",
            "known_hosts",
        ),
        ("me@server: Permission denied (publickey).", 255, "ssh is not let in: me@server: Permission denied", "agent"),
        ("bash: line 1: docker: command not found", 127, "there is no docker command on the host", "ssh -L"),
        (
            "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: no such file",
            1,
            "docker on it does not reach an engine: failed to open",
            "`ssh me@server -p 22 docker version`",
        ),
        ("ssh: connect to host server port 22: Connection refused", 255, "port 22: Connection refused", "`ssh"),
        ("", 255, "ssh ended with 255", "`ssh"),
    ],
)
def test_what_ssh_complains_of_is_told_with_what_to_do(said: str, code: int, complaint: str, hint: str) -> None:
    told = explained(said, code, "me@server -p 22")

    assert (complaint in str(told), hint in told.hint) == (True, True), f"{told}; {told.hint}"


def test_ctrl_c_is_not_for_the_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = tmp_path / "ssh"
    said = r"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
    session = 'session=$(cut -d" " -f6 /proc/$$/stat)'
    ssh.write_text(f'#!/bin/sh\nread asked\n{session}\nprintf "{said}" ${{#session}} $session\n')
    ssh.chmod(ssh.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    transport = SocketTransport(ssh_dial("me@server", None), "ssh://me@server")

    answered = int(transport.request("GET", "/_ping").read())
    transport.close()

    assert answered != os.getsid(0)


def test_an_ssh_that_ends_before_the_engine_has_said_anything_is_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho Host key verification failed. >&2\nexit 255\n")
    ssh.chmod(ssh.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    with pytest.raises(EngineUnreachable, match="ssh does not know the host's key"):
        SocketTransport(ssh_dial("me@server", None), "ssh://me@server").request("GET", "/_ping")

    assert capfd.readouterr().err == ""


def test_without_an_ssh_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineUnreachable, match="there is no ssh command here"):
        SocketTransport(ssh_dial("me@server", None), "ssh://me@server").request("GET", "/_ping")


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file or directory"),
        ConnectionRefusedError(111, "Connection refused"),
        TimeoutError("timed out"),
        socket.gaierror(-2, "Name or service not known"),
        OSError(113, "No route to host"),
    ],
)
def test_whatever_keeps_us_from_connecting_is_an_unreachable_engine(error: OSError) -> None:
    def dial() -> socket.socket:
        raise error

    with pytest.raises(EngineUnreachable, match="tcp://there"):
        SocketTransport(dial, "tcp://there").request("GET", "/_ping")


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH\r\n\r\n", b"", b"HTTP/1.1 200"])
def test_what_does_not_speak_http_is_no_engine(tmp_path: Path, said: bytes) -> None:
    def script(channel: socket.socket, number: int) -> None:
        read_request(channel)
        channel.sendall(said)
        channel.shutdown(socket.SHUT_RDWR)

    path = str(tmp_path / "s")
    with CannedServer(script, path):
        transport = SocketTransport(unix_dial(path), f"unix://{path}")

        with pytest.raises(EngineUnreachable, match=path):
            transport.request("GET", "/_ping")


def test_a_path_keeps_its_slashes() -> None:
    assert target("/images/localhost:5000/a/b/json", None) == "/images/localhost:5000/a/b/json"
