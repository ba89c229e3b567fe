"""A registry of one image, in this process: it counts who asks, and can change what it has at any time,
or keep it to itself."""

import gzip
import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import msgspec

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


class CountingRegistry:
    """Serves `host/name:tag` for any name and tag. `pulls` counts how often the image was asked for."""

    def __init__(self) -> None:
        self.pulls = 0
        self._falters: list[int] = []
        self._flowing = threading.Event()
        self._flowing.set()
        self._asked = threading.Event()
        self._blobs: dict[str, bytes] = {}
        self.hold("first")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def host(self) -> str:
        """As it stands in an image's name; engines take one on 127.0.0.1 without TLS."""
        return f"127.0.0.1:{self._server.server_port}"

    def falter(self, *statuses: int) -> None:
        """The next requests for the image get these statuses, or no answer at all for 0."""
        self._falters += statuses

    def stall(self) -> None:
        """From now on nobody gets a layer."""
        self._flowing.clear()

    def asked_for_a_layer(self) -> None:
        """Return when somebody has asked for one."""
        assert self._asked.wait(60), "nobody has asked for a layer"

    def hold(self, text: str) -> None:
        """From now on the image has a file with this text."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo("text")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
        layer = gzip.compress(archive.getvalue(), mtime=0)
        config = msgspec.json.encode(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Cmd": ["true"]},
                "rootfs": {"type": "layers", "diff_ids": [_digest(archive.getvalue())]},
            }
        )
        self._manifest = msgspec.json.encode(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": {"mediaType": _CONFIG, "size": len(config), "digest": self._keep(config)},
                "layers": [{"mediaType": _LAYER, "size": len(layer), "digest": self._keep(layer)}],
            }
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flowing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _keep(self, blob: bytes) -> str:
        self._blobs[_digest(blob)] = blob
        return _digest(blob)

    def _answer(self, path: str) -> tuple[str, bytes] | None:
        if path == "/v2/":
            return "application/json", b"{}"
        if "/manifests/" in path:
            return _MANIFEST, self._manifest
        self._asked.set()
        self._flowing.wait()
        blob = self._blobs.get(path.rpartition("/")[2])
        return ("application/octet-stream", blob) if blob else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                registry.pulls += "/manifests/" in self.path
                self._send(body=False)

            def do_GET(self) -> None:
                self._send(body=True)

            def _falters(self) -> bool:
                if not registry._falters:
                    return False
                status = registry._falters.pop(0)
                if status:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self.close_connection = True
                return True

            def _send(self, *, body: bool) -> None:
                if "/manifests/" in self.path and self._falters():
                    return
                found = registry._answer(self.path)
                kind, content = found or ("text/plain", b"")
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Docker-Content-Digest", _digest(content))
                self.end_headers()
                if body:
                    self.wfile.write(content)

            def log_message(self, *words: Any) -> None: ...

        return Handler


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()
