"""Changes that come together are dealt with together. Pure: whoever asks says what time it is."""

QUIET = 0.02
"""Seconds without a change that end a batch: an editor's save is several changes within a few milliseconds."""

LONGEST = 0.3
"""Seconds after which a batch ends, though more changes come."""


class Batch:
    """Paths that have changed since the last one was taken."""

    def __init__(self, quiet: float = QUIET, longest: float = LONGEST) -> None:
        self._quiet = quiet
        self._longest = longest
        self._paths: dict[str, None] = {}
        self._first = self._last = 0.0

    def add(self, path: str, now: float) -> None:
        if not self._paths:
            self._first = now
        self._paths[path] = None
        self._last = now

    def due_in(self, now: float) -> float | None:
        """Seconds until it is to be taken, 0 when it is time; None where nothing has changed."""
        if not self._paths:
            return None
        return max(0.0, min(self._last + self._quiet, self._first + self._longest) - now)

    def take(self) -> tuple[str, ...]:
        """The paths; from now on there are none."""
        paths = tuple(self._paths)
        self._paths.clear()
        return paths
