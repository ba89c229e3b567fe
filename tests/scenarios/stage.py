"""A stage for one scenario: a directory with a stack file, a project of its own, the command run in it."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from minicompose import labels
from minicompose.engine.api import Api
from minicompose.engine.http_engine import HttpEngine
from minicompose.planning.observed import Observed, ObservedContainer
from tests.scenarios.typing import Typing

ROOT = Path(__file__).parents[2]
# Long enough for a busy machine; a scenario that takes this long has failed.
PATIENCE = 60.0


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A command that has ended: `out` is its data, `err` what it told."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


class Running:
    """A command that goes on, its two outputs read as one. Leaving the block kills it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._heard: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def until(self, text: str) -> str:
        """Wait for a line with `text` in it, and return it."""
        while (line := self._lines.get(timeout=PATIENCE)) is not None:
            self._heard.append(line)
            if text in line:
                return line
        raise AssertionError(f"it ended without saying {text!r}:\n{''.join(self._heard)}")

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def end(self, within: float = PATIENCE) -> Done:
        """Wait for its end; what it said is in `out`. Raises TimeoutExpired."""
        code = self._process.wait(within)
        self._reader.join(PATIENCE)
        while not self._lines.empty():
            if (line := self._lines.get()) is not None:
                self._heard.append(line)
        return Done(code=code, out="".join(self._heard), err="")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)


class Stage:
    """Containers, networks and volumes made here carry the project's label, and go by it in the end."""

    def __init__(
        self,
        directory: Path,
        project: str,
        engine: HttpEngine,
        api: Api,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.project = project
        self.engine = engine
        self.api = api
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("COMPOSE_", "MINICOMPOSE_"))
        } | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(environment or {})}

    def write(self, stack: str, name: str = "compose.yaml") -> None:
        (self.directory / name).write_text(stack)

    def run(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        named: bool = True,
        within: float = PATIENCE,
    ) -> Done:
        """Run the command to its end, with `-p` when `named`.

        Raises TimeoutExpired when that takes longer than `within` seconds.
        """
        done = subprocess.run(
            self._command(words, named),
            cwd=directory or self.directory,
            env=self._environment | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)

    def good(self, *words: str) -> Done:
        """Run a command that must succeed."""
        done = self.run(*words)
        assert done.code == 0, f"{' '.join(words)} exited {done.code}:\n{done.said}"
        return done

    def start(self, *words: str, environment: Mapping[str, str] | None = None) -> Running:
        """Begin a command, for a `with`."""
        process = subprocess.Popen(
            self._command(words),
            cwd=self.directory,
            env=self._environment | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return Running(process)

    def begin(self, *words: str) -> "subprocess.Popen[bytes]":
        """Begin a command with pipes of bytes at its outputs, for a `with`."""
        return subprocess.Popen(
            self._command(words),
            cwd=self.directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def at_terminal(self, *words: str, environment: Mapping[str, str] | None = None) -> Typing:
        """Begin a command at a terminal, for a `with`."""
        return Typing(self._command(words), self.directory, self._environment | dict(environment or {}))

    def piped(
        self,
        *words: str,
        given: bytes = b"",
        environment: Mapping[str, str] | None = None,
        within: float = PATIENCE,
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run a command to its end with `given` as its input; all in bytes."""
        return subprocess.run(
            self._command(words),
            cwd=self.directory,
            env=self._environment | dict(environment or {}),
            input=given,
            capture_output=True,
            timeout=within,
            check=False,
        )

    def _command(self, words: tuple[str, ...], named: bool = True) -> list[str]:
        name = ["-p", self.project] if named else []
        return [sys.executable, "-m", "minicompose", *name, "--progress", "plain", *words]

    # ---- what the engine has ----

    def observe(self) -> Observed:
        return self.engine.observe(self.project)

    def containers(self) -> dict[str, ObservedContainer]:
        """The project's containers by name, without the project: `web-1`."""
        return {each.name.removeprefix(f"{self.project}-"): each for each in self.observe().containers}

    def ids(self) -> dict[str, str]:
        return {name: container.id for name, container in self.containers().items()}

    def states(self) -> dict[str, str]:
        return {name: str(container.state) for name, container in self.containers().items()}

    def volumes(self) -> list[str]:
        return sorted(each.name for each in self.observe().volumes if each.name.startswith(f"{self.project}_"))

    def networks(self) -> list[str]:
        return sorted(each.name for each in self.observe().networks if each.name.startswith(f"{self.project}_"))

    def inspect(self, container: str) -> Any:
        """All that the engine tells of `web-1`."""
        return self.api.get(f"/containers/{self.project}-{container}/json")

    def now(self) -> str:
        """The engine's clock, in seconds since 1970."""
        told = self.api.get("/info")["SystemTime"]
        return f"{datetime.fromisoformat(told[:19] + '+00:00').timestamp():.0f}"

    def events(self, kind: str, since: str) -> list[Any]:
        """What has happened to the project's containers, in order."""
        filters = {"label": [f"{labels.PROJECT}={self.project}"], "event": [kind], "type": ["container"]}
        # The stream ends at `until`, in whole seconds: the one after now has all of it.
        query = {"since": since, "until": str(int(self.now()) + 1), "filters": msgspec.json.encode(filters).decode()}
        return [msgspec.json.decode(line) for line in self.api.call("GET", "/events", query).splitlines()]

    def printed(self, service: str) -> str:
        """What a service has printed, without prefixes."""
        return self.good("logs", "--no-log-prefix", "--no-color", service).out
