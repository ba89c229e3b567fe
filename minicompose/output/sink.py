"""Where events go: live on a terminal, plain lines, JSON lines, or failures alone."""

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Literal, Protocol, Self, TextIO, assert_never

from minicompose.descriptors import write_all
from minicompose.errors import UsageError
from minicompose.execution.events import AnyEvent

Mode = Literal["tty", "plain", "json", "quiet"]


class Form(Protocol):
    """One way to show events. `draws`: it redraws a part of the terminal."""

    draws: bool

    def show(self, event: AnyEvent) -> None: ...

    def above(self, text: str) -> None:
        """Write other text to the same terminal, so that neither spoils the other."""

    def end(self) -> None:
        """Leave the terminal as it was found."""


class Sink:
    """Takes events, from any thread, and shows them in one form. A context manager: leaving it ends it."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._lock = threading.RLock()

    def __call__(self, event: AnyEvent) -> None:
        with self._lock:
            self._form.show(event)

    def above(self, text: str) -> None:
        """Write text beside what is shown: whole lines."""
        with self._lock:
            self._form.above(text)

    @property
    def draws(self) -> bool:
        """Whether it redraws a part of the terminal, so that others must write by `above`."""
        return self._form.draws

    def close(self) -> None:
        with self._lock, contextlib.suppress(OSError):  # a terminal that is gone needs no tidying
            self._form.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_sink(mode: str, stream: TextIO, *, color: bool, environment: Mapping[str, str]) -> Sink:
    """The sink for `--progress MODE`; raises UsageError for a mode there is not.

    `auto` is live on a terminal that can redraw and plain lines everywhere else.
    """
    match _mode(mode, stream, environment):
        case "tty":
            from minicompose.output.live import LiveForm  # here and below: only the form that is used is loaded

            return Sink(LiveForm(stream, color=color))
        case "plain":
            from minicompose.output.plain import PlainForm

            return Sink(PlainForm(stream, color=color))
        case "json":
            from minicompose.output.json_lines import JsonForm

            return Sink(JsonForm(stream))
        case "quiet":
            from minicompose.output.quiet import QuietForm

            return Sink(QuietForm(stream, color=color))
        case never:
            assert_never(never)


def _mode(mode: str, stream: TextIO, environment: Mapping[str, str]) -> Mode:
    match mode:
        case "tty" | "plain" | "json" | "quiet":
            return mode
        case "auto" | "":
            return "tty" if stream.isatty() and environment.get("TERM") != "dumb" else "plain"
        case _:
            raise UsageError(f'COMPOSE_PROGRESS cannot be "{mode}"', "it is one of: auto, tty, plain, json, quiet")


def use_color(ansi: str | None, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to colour what goes to `stream`: `--ansi`, else COMPOSE_ANSI, else what the terminal can.

    NO_COLOR (https://no-color.org), when set and not empty, wins over all but an explicit "always".
    """
    match ansi or environment.get("COMPOSE_ANSI") or "auto":
        case "always":
            return True
        case "never":
            return False
        case "auto":
            return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
        case other:
            raise UsageError(f'COMPOSE_ANSI cannot be "{other}"', "it is one of: auto, always, never")


def log_writer(sink: Sink, stdout: TextIO) -> Callable[[bytes], None]:
    """What writes log lines to standard output: beside the live display where both are one terminal."""
    if stdout.isatty() and sink.draws:
        return lambda data: sink.above(data.decode(errors="replace"))
    stdout.flush()
    descriptor, lock = stdout.fileno(), threading.Lock()

    def write(data: bytes) -> None:
        with lock:
            write_all(descriptor, data)

    return write
