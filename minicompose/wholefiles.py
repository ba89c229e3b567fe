"""Files that are written whole or not at all, whatever becomes of the disk or of us meanwhile."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def whole_file(path: Path, *, mode: int = 0o666, lasting: bool = False) -> Iterator[IO[bytes]]:
    """A file to write into, which takes its place at `path` when the block has ended well.

    Until then, and where the block raises, what was there before is. A link is followed, and what is no file, as a
    pipe, is written into as it is. `mode` is cut by the umask; `lasting` is for what must survive the loss of power.
    Raises OSError, which names `path`.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    place = Path(os.path.realpath(path))
    unfinished = place.with_name(f".minicompose-{os.urandom(6).hex()}.tmp")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(place)
    except BaseException as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        if isinstance(error, OSError) and error.filename in (None, str(unfinished)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
