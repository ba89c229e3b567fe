"""Certificates for tests that are about TLS: an authority of their own, and what it signs, by the `openssl` command."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from minicompose.engine.contexts import TlsFiles

_BOOKS = """
[ca]
default_ca = tests
[tests]
database = {directory}/index
unique_subject = no
new_certs_dir = {directory}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""
_TIME = "%Y%m%d%H%M%SZ"
_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """One that nobody knows but who is given `ca`, in a directory that it makes."""

    def __init__(self, directory: Path) -> None:
        if not shutil.which("openssl"):
            pytest.fail("a certificate needs openssl; scripts/openssh installs it", pytrace=False)
        directory.mkdir()
        self._directory = directory
        self.ca, self._key = directory / "ca.pem", directory / "ca-key.pem"
        (directory / "index").touch()
        self._books = directory / "books"
        self._books.write_text(_BOOKS.format(directory=directory))
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
        now = datetime.now(UTC)
        begin, end = (f"{now + timedelta(days=each):{_TIME}}" for each in (-2, days))
        valid = ["-startdate", begin, "-enddate", end]
        by: list[str | Path] = ["-config", self._books, "-cert", self.ca, "-keyfile", self._key]
        self._run("ca", "-batch", "-notext", *by, *valid, "-in", request, "-out", cert)
        return TlsFiles(ca=str(ca), cert=str(cert), key=str(key))

    def _run(self, *words: str | Path) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True)
