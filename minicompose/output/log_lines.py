"""Log lines as people read them: `backend-1  | text`, each service in its colour."""

import threading
from collections.abc import Callable, Collection, Iterable

from minicompose.execution.events import AnyEvent, ContainerExited, LogLine, LogLines, Notice, Output

# The 16 colours' calm half and its bright counterparts: legible on dark and light, red left to errors.
PALETTE = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")
_RESET = b"\x1b[0m"


class LogPrinter:
    """Writes `LogLines` and `ContainerExited` events; takes no others. May be called from any thread.

    `names` are the prefixes that will come ("backend-1"), to align them from the first line on; a longer one
    that comes later moves the bar. A service keeps its colour whatever else is printed. `services` are those whose
    lines are written, None is all.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        names: Iterable[str] = (),
        *,
        services: Collection[str] | None = None,
        color: bool = False,
        prefix: bool = True,
        timestamps: bool = False,
    ) -> None:
        self._write = write
        self._services = services
        self._color = color
        self._prefix = prefix
        self._timestamps = timestamps
        names = list(names)
        self._width = max(map(len, names), default=0)
        self._colors: dict[str, str] = {}
        for name in names:
            self._color_of(name.rpartition("-")[0])
        self._starts: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def __call__(self, event: AnyEvent) -> None:
        match event:
            case LogLines():
                with self._lock:
                    self._write(self._text(self._wanted(event.lines)))
            case ContainerExited():
                with self._lock:
                    self._write(f"{event.service}-{event.number} exited with code {event.exit_code}\n".encode())
            case Notice():
                with self._lock:
                    self._write(f"{event.severity}: {event.text}\n".encode())
            case _:
                pass

    def _wanted(self, lines: list[LogLine]) -> list[LogLine]:
        services = self._services
        return lines if services is None else [line for line in lines if line.output.service in services]

    def _text(self, lines: list[LogLine]) -> bytes:
        """Of all lines at once: they may be a million."""
        parts: list[bytes] = []
        output, start = None, b""
        for line in lines:
            if line.output is not output:
                output = line.output
                start = self._start(output)
            text = line.text
            if self._timestamps:
                text = line.time + b" " + text
            if self._color and b"\x1b" in text:  # what the program coloured must not run on into the next line
                text += _RESET
            parts += (start, text, b"\n")
        return b"".join(parts)

    def _start(self, output: Output) -> bytes:
        if not self._prefix:
            return b""
        start = self._starts.get(output.container)
        if start is None:
            start = self._starts[output.container] = self._made_start(output)
        return start

    def _made_start(self, output: Output) -> bytes:
        name = f"{output.service}-{output.number}"
        if len(name) > self._width:
            self._width = len(name)
            self._starts.clear()
        start = f"{name:{self._width}}  | "
        if not self._color:
            return start.encode()
        return f"\x1b[{self._color_of(output.service)}m{start}\x1b[0m".encode()

    def _color_of(self, service: str) -> str:
        return self._colors.setdefault(service, PALETTE[len(self._colors) % len(PALETTE)])
