"""A shop for those who want one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.shop import Shop
from tests.fake_engine import FakeEngine


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Shop]:
    directory = tmp_path / "shop"
    directory.mkdir()
    for name in ("PASSWORD", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOGNAME", "ann")
    monkeypatch.chdir(directory)
    with FakeEngine("db:1", "web:1", "cache:1") as engine:
        monkeypatch.setattr("minicompose.engine.connect.connect", lambda *_: engine)
        yield Shop(directory, capfd, engine)
