"""Log lines as people read them: `backend-1  | text`, each service in its colour."""

import threading
from collections.abc import Callable, Iterable

from minicompose.execution.events import AnyEvent, ContainerExited, LogLine, Notice

# The 16 colours' calm half and its bright counterparts: legible on dark and light, red left to errors.
PALETTE = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")
_RESET = b"\x1b[0m"


class LogPrinter:
    """Writes `LogLine` and `ContainerExited` events; takes no others. May be called from any thread.

    `names` are the prefixes that will come ("backend-1"), to align them from the first line on; a longer one
    that comes later moves the bar. A service keeps its colour whatever else is printed.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        names: Iterable[str] = (),
        *,
        color: bool = False,
        prefix: bool = True,
        timestamps: bool = False,
    ) -> None:
        self._write = write
        self._color = color
        self._prefix = prefix
        self._timestamps = timestamps
        names = list(names)
        self._width = max(map(len, names), default=0)
        self._colors: dict[str, str] = {}
        for name in names:
            self._color_of(name.rpartition("-")[0])
        self._lock = threading.Lock()

    def __call__(self, event: AnyEvent) -> None:
        match event:
            case LogLine():
                with self._lock:
                    self._write(self._line(event))
            case ContainerExited():
                with self._lock:
                    self._write(f"{event.container} exited with code {event.exit_code}\n".encode())
            case Notice():
                with self._lock:
                    self._write(f"{event.severity}: {event.text}\n".encode())
            case _:
                pass

    def _line(self, event: LogLine) -> bytes:
        text = event.text
        if self._timestamps and event.time:
            text = event.time.encode() + b" " + text
        if b"\x1b" in text:  # what the program coloured must not run on into the next line
            text += _RESET
        return self._start(event) + text + b"\n"

    def _start(self, event: LogLine) -> bytes:
        if not self._prefix:
            return b""
        name = f"{event.service}-{event.number}"
        self._width = max(self._width, len(name))
        start = f"{name:{self._width}}  | "
        if not self._color:
            return start.encode()
        return f"\x1b[{self._color_of(event.service)}m{start}\x1b[0m".encode()

    def _color_of(self, service: str) -> str:
        return self._colors.setdefault(service, PALETTE[len(self._colors) % len(PALETTE)])
