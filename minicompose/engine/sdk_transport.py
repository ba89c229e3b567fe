"""The transport for engines behind a named pipe: the docker SDK knows how to reach those."""

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import docker
import requests
from docker.errors import DockerException

from minicompose.engine.failures import unreachable
from minicompose.engine.transport import Answer, Query, target

_READ_SIZE = 65536


class SdkTransport:
    """Requests over the session of an SDK client, which is made when the first one is sent."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._session: docker.APIClient | None = None

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
        lines = dict(headers or {})
        if upgrade:
            lines |= {"Connection": "Upgrade", "Upgrade": upgrade}
        try:
            client = self._client()
            response = client.request(
                method,
                client.base_url + target(path, query),
                data=body,
                headers=lines,
                stream=True,
                timeout=None,
                allow_redirects=False,
            )
        except (OSError, DockerException, requests.RequestException) as error:
            raise unreachable(self.address, error) from error
        return SdkAnswer(self.address, client, response)

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def _client(self) -> docker.APIClient:
        if self._session is None:
            self._session = docker.APIClient(base_url=self.address, version="1.41")
        return self._session


class SdkAnswer:
    """One answer of the SDK's session."""

    def __init__(self, address: str, client: docker.APIClient, response: requests.Response) -> None:
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self._address = address
        self._client = client
        self._response = response
        self._closed = False

    def read(self) -> bytes:
        try:
            return self._response.content
        except (OSError, requests.RequestException) as error:
            raise unreachable(self._address, error) from error

    def chunks(self) -> Iterator[bytes]:
        try:
            # read1 gives what has come; iter_content would wait until its buffer is full.
            while data := self._response.raw.read1(_READ_SIZE, decode_content=True):
                yield data
        except Exception as error:  # whatever urllib3 makes of a socket that is closed under it
            if not self._closed:
                raise unreachable(self._address, error) from error
        finally:
            self._response.close()

    def hijack(self) -> "SdkStream":
        return SdkStream(self._client, self._response)

    def close(self) -> None:
        self._closed = True
        connection = getattr(self._response.raw, "_connection", None)
        channel = getattr(connection, "sock", None)
        if channel is not None:
            with suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads
        self._response.close()


class SdkStream:
    """A hijacked connection: a socket or a pipe, with the buffer that read the head of the answer."""

    def __init__(self, client: Any, response: Any) -> None:
        # The SDK has no public way to the socket, and offers this one to its own callers.
        channel = client._get_raw_response_socket(response)
        self._channel = getattr(channel, "_sock", channel)
        self._response = response
        self._buffer = response.raw._fp.fp

    def receive(self) -> bytes:
        try:
            return bytes(self._buffer.read1(_READ_SIZE))
        except (OSError, ValueError):
            return b""  # closed, by them or by us

    def send(self, data: bytes) -> None:
        self._channel.sendall(data)

    def close_input(self) -> None:
        with suppress(OSError, AttributeError):
            self._channel.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        with suppress(OSError, AttributeError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._response.close()
