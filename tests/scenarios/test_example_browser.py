"""The reference example as a visitor sees it: the real command, a real engine, a real browser."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webdriver import chromium

pytestmark = [pytest.mark.engine, pytest.mark.browser, pytest.mark.xdist_group("example")]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "redis-frontend-backend-db"


class Guestbook:
    """The example under a name and on a port of its own, built from the distribution's packages."""

    def __init__(self, project: str, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._project = project
        self._environment = os.environ | {"WEB_PORT": str(port)}

    def run(self, *words: str) -> None:
        command = [sys.executable, "-m", "minicompose", "-p", self._project]
        command += ["-f", "stack.yaml", "-f", "stack.offline.yaml", "--progress", "plain", *words]
        done = subprocess.run(
            command, cwd=EXAMPLE, env=self._environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)} exited {done.returncode}:\n{done.stdout}{done.stderr}"


@pytest.fixture
def guestbook() -> Iterator[Guestbook]:
    subprocess.run([ROOT / "scripts" / "base-image"], check=True)
    guestbook = Guestbook(f"guestbook-browser-{os.getpid()}", free_port())
    try:
        yield guestbook
    finally:
        guestbook.run("down", "--volumes")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_an_entry_outlives_down_and_up_and_visits_are_counted(guestbook: Guestbook, tmp_path: Path) -> None:
    guestbook.run("up", "-d", "--wait")

    with chromium(tmp_path / "first visit") as browser:
        browser.open(guestbook.address)
        first = int(browser.text_when("#visits", "/^[0-9]+$/.test(text)"))
        browser.text_when("#empty", "text.includes('Be the first')")

        browser.type("#name", "Mary")
        browser.type("#message", "1 < 2 & <b>plain text</b>")
        browser.click("button[type=submit]")
        browser.text_when("#entries", "text.includes('1 < 2 & <b>plain text</b>') && text.includes('Mary')")
        assert browser.text_when("#source", "text !== ''") == "served from database (Postgres)"

        browser.open(guestbook.address)
        assert browser.text_when("#source", "text !== ''") == "served from cache (Redis)"
        second = int(browser.text_when("#visits", "/^[0-9]+$/.test(text)"))
        assert second == first + 1

    guestbook.run("down")
    guestbook.run("up", "-d", "--wait")

    with chromium(tmp_path / "second visit") as browser:
        browser.open(guestbook.address)
        browser.text_when("#entries", "text.includes('Mary')")
