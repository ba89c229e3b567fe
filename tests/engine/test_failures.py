"""What the engine's refusals become."""

import socket

import pytest

from minicompose.engine.failures import failure, message_in, unreachable
from minicompose.errors import (
    BadRequest,
    CannotRun,
    Conflict,
    EngineError,
    EngineFault,
    EngineRefused,
    NoProgram,
    NotFound,
)


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_has_its_exception(status: int) -> None:
    expected: dict[int, type[EngineError]] = {
        400: BadRequest,
        401: EngineRefused,
        403: EngineRefused,
        404: NotFound,
        409: Conflict,
    }

    made = failure(status, "words")

    assert type(made) is expected.get(status, EngineFault if status >= 500 else EngineError)
    assert (made.status, made.message) == (status, "words")


@pytest.mark.parametrize(
    ("status", "said", "kind", "message", "hint"),
    [
        (
            500,
            "driver failed programming external connectivity on endpoint web (1f): "
            "Bind for 0.0.0.0:8080 failed: port is already allocated",
            EngineFault,
            "port 8080 is already in use by another container",
            "publish another port",
        ),
        (
            500,
            "driver failed: Error starting userland proxy: listen tcp4 0.0.0.0:22: bind: address already in use",
            EngineFault,
            "port 22 is already in use",
            "ss -ltnp",
        ),
        (
            409,
            'Conflict. The container name "/web" is already in use by container '
            '"4c01db0b339c4c01db0b339c". You have to remove (or rename) that container',
            Conflict,
            'the name "web" is already in use by container 4c01db0b339c',
            "docker rm 4c01db0b339c",
        ),
        (
            400,
            "network shop_default is ambiguous (2 matches found on name)",
            Conflict,
            'there are several networks named "shop_default"',
            "docker network ls",
        ),
        (
            500,
            'Get "https://reg.example:5000/v2/": x509: certificate signed by unknown authority',
            EngineFault,
            "the registry reg.example:5000 has a certificate of an authority that the engine does not know",
            "/etc/docker/certs.d/reg.example:5000/ca.crt",
        ),
        (
            500,
            'Get "https://reg.example/v2/": tls: failed to verify certificate: x509: certificate signed by unknown '
            "authority",
            EngineFault,
            "the registry reg.example has a certificate of an authority that the engine does not know",
            "/etc/docker/certs.d/reg.example/ca.crt",
        ),
        (
            500,
            'Head "https://reg.example/v2/a/manifests/1": x509: certificate is valid for 10.0.0.1, not reg.example',
            EngineFault,
            "the registry reg.example has a certificate for another name: "
            "certificate is valid for 10.0.0.1, not reg.example",
            "name the registry as its certificate does",
        ),
        (
            500,
            'Get "https://10.0.0.1/v2/": x509: cannot validate certificate for 10.0.0.1 because it '
            "doesn't contain any IP SANs",
            EngineFault,
            "the registry 10.0.0.1 has a certificate for another name: cannot validate certificate for 10.0.0.1 "
            "because it doesn't contain any IP SANs",
            "name the registry as its certificate does",
        ),
        (
            500,
            'Get "https://reg.example/v2/": x509: certificate has expired or is not yet valid: '
            "current time 2026-11-26T03:00:00Z is after 2026-11-25T03:00:00Z",
            EngineFault,
            "the registry reg.example has a certificate that has expired or is not yet valid",
            "clock",
        ),
        (
            500,
            'Get "https://reg.example/v2/": remote error: tls: bad certificate',
            EngineFault,
            "the registry reg.example asks the engine for a certificate",
            "/etc/docker/certs.d/reg.example/",
        ),
        (
            500,
            'Get "https://reg.example:5000/v2/": http: server gave HTTP response to HTTPS client',
            EngineFault,
            "the registry reg.example:5000 speaks without TLS, which the engine does not do with it",
            "insecure-registries",
        ),
        (
            500,
            'Get "https://nowhere.example/v2/": dial tcp: lookup nowhere.example on 10.0.0.53:53: no such host',
            EngineFault,
            "the engine's machine knows no host nowhere.example, so there is no registry nowhere.example",
            "is the registry's name right?",
        ),
        (
            500,
            'Get "http://127.0.0.1:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused',
            EngineFault,
            "nobody answers at the registry 127.0.0.1:5000",
            "is it running",
        ),
        (
            400,
            "Client sent an HTTP request to an HTTPS server.\n",
            EngineRefused,
            "the engine speaks with TLS only",
            "DOCKER_TLS_VERIFY",
        ),
        (
            403,
            "network n id 1 has active endpoints",
            Conflict,
            "active endpoints",
            "restart",
        ),
        (
            400,
            'invalid mount config for type "bind": bind source path does not exist: /no/such',
            BadRequest,
            "/no/such does not exist",
            "create_host_path",
        ),
        (404, "No such image: redis:8", NotFound, "there is no image redis:8", "pull"),
        (
            404,
            "pull access denied for me/secret, repository does not exist or may require 'docker login'",
            NotFound,
            "the registry has no image me/secret",
            "minicompose login",
        ),
        (
            500,
            "unauthorized: authentication required",
            EngineRefused,
            "unauthorized",
            "minicompose login",
        ),
        (500, "manifest for redis:nope not found: manifest unknown", NotFound, "redis:nope", "tag"),
        (
            500,
            "write /x: no space left on device",
            EngineFault,
            "no space left on the engine's disk",
            "docker system df",
        ),
        (
            400,
            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container "
            'process: exec: "serve": executable file not found in $PATH: unknown',
            NoProgram,
            'there is no program "serve" in the container',
            "spelled",
        ),
        (
            400,
            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container "
            'process: exec: "/etc": is a directory: unknown: permission denied',
            CannotRun,
            '"/etc" is a directory',
            "a file",
        ),
    ],
)
def test_well_known_messages_say_what_to_do(
    status: int, said: str, kind: type[EngineError], message: str, hint: str
) -> None:
    made = failure(status, said)

    assert type(made) is kind
    assert message in made.message
    assert hint in made.hint


def test_the_message_is_taken_out_of_the_engines_json() -> None:
    assert message_in(b'{"message":"No such container: x"}\n') == "No such container: x"


def test_an_answer_that_is_no_json_is_its_own_message() -> None:
    assert message_in(b"page not found\n") == "page not found\n"


def test_an_empty_answer_is_told_by_its_status() -> None:
    assert failure(502, "").message == "the engine answered with status 502"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, "is it running?"),
        (ConnectionRefusedError(111, "Connection refused"), "is it running?"),
        (ConnectionResetError(104, "Connection reset by peer"), "connection reset by peer"),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
        (TimeoutError("timed out"), "timed out"),
    ],
)
def test_an_unreachable_engine_is_told_of_in_words_without_numbers(error: Exception | None, told: str) -> None:
    made = unreachable("tcp://far:2376", error)

    assert made.message == f"cannot reach a Docker engine at tcp://far:2376: {told}"
    assert "start it" in made.hint
