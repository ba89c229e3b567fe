"""A project, the engine in memory, and the command line that works on both."""

import json
from pathlib import Path

import pytest

from minicompose.cli import main
from tests.fake_engine import FakeEngine


class Shop:
    """A project in a directory, an engine for it, and the command line."""

    def __init__(self, directory: Path, capfd: pytest.CaptureFixture[str], engine: FakeEngine) -> None:
        self.directory = directory
        self.engine = engine
        self._capfd = capfd
        self.err = ""

    def write(self, text: str) -> None:
        (self.directory / "compose.yaml").write_text(text)

    def run(self, *words: str, code: int = 0, named: bool = True) -> str:
        """What a command printed, with `-p` when `named`; what it told is in `err`."""
        ended = main([*(["-p", "shop"] if named else []), "--progress", "plain", *words])
        told = self._capfd.readouterr()
        self.err = told.err
        assert ended == code, told.err
        return told.out

    def up(self, text: str, *words: str) -> None:
        self.write(text)
        self.run("up", "-d", *words)

    def history(self) -> list[dict[str, object]]:
        """The revisions, the newest first."""
        return [json.loads(line) for line in self.run("history", "--format", "json").splitlines()]

    def level(self) -> str | None:
        return (self.engine.specs["shop-web-1"].service.environment or {})["LEVEL"]

    def ids(self) -> dict[str, str]:
        return {name: state.id for name, state in self.engine.containers.items()}
