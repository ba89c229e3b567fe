"""How far a pull, a push or a build is: what the engine tells while it works."""

from collections.abc import Callable

import msgspec


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a pull or a build is.

    A pull or a push speaks of a `layer` ("a1b2c3") with a status ("Downloading") and bytes; a build or a hook prints
    `text`, and one that is tried again says so.
    A `warning` is the engine's own, about what it has created.
    """

    layer: str = ""
    status: str = ""
    current: int = 0
    total: int = 0
    text: str = ""
    warning: str = ""


OnProgress = Callable[[Progress], None]


def unheard(progress: Progress) -> None:
    """For those whom progress does not interest."""
    del progress
