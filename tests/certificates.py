"""Certificates for tests that are about TLS: an authority of their own, and what it signs, by the `openssl` command."""

import shutil
import subprocess
from pathlib import Path

import pytest

from minicompose.engine.contexts import TlsFiles

_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """One that nobody knows but who is given `ca`, in a directory that it makes."""

    def __init__(self, directory: Path) -> None:
        if not shutil.which("openssl"):
            pytest.fail("a certificate needs openssl; scripts/openssh installs it", pytrace=False)
        directory.mkdir()
        self._directory = directory
        self.ca, self._key = directory / "ca.pem", directory / "ca-key.pem"
        self._run("req", "-x509", *_NEW_KEY, "-subj", "/CN=tests", "-days", "2", "-keyout", self._key, "-out", self.ca)

    def sign(self, whose: str, *, days: int = 1) -> TlsFiles:
        """A certificate for a name ("DNS:engine") or an address ("IP:10.0.0.1"), and `ca`, as a Docker client wants
        them: in a directory with `ca.pem`, `cert.pem` and `key.pem`. It has expired where `days` is negative.
        """
        place = self._directory / f"{whose.replace(':', '-')}{days}"
        place.mkdir()
        ca, cert, key, request = (place / f"{name}.pem" for name in ("ca", "cert", "key", "request"))
        shutil.copy(self.ca, ca)
        asked: list[str | Path] = [
            "-subj",
            "/CN=tests",
            "-addext",
            f"subjectAltName={whose}",
            "-keyout",
            key,
            "-out",
            request,
        ]
        self._run("req", *_NEW_KEY, *asked)
        signed: list[str | Path] = ["-CA", self.ca, "-CAkey", self._key, "-CAcreateserial", "-copy_extensions", "copy"]
        self._run("x509", "-req", "-in", request, *signed, "-days", str(days), "-out", cert)
        return TlsFiles(ca=str(ca), cert=str(cert), key=str(key))

    def _run(self, *words: str | Path) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True)
