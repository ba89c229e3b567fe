"""Reading a text file that a person wrote: every way it can fail to be one is a diagnostic."""

import codecs
import os
import stat
from collections.abc import Callable
from pathlib import Path

from minicompose.diagnostic import Diagnostic
from minicompose.errors import nearest
from minicompose.model import SourcePos

Report = Callable[[Diagnostic], None]

MOST_BYTES = 32 * 1024 * 1024

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # some editors and shells write it, and YAML allows it


def read_text(path: str, shown: str, report: Report) -> str | None:
    """The text of the file at `path`, which messages call `shown`; None when why not was reported.

    It is UTF-8, or UTF-16 with a byte-order mark. Only regular files are read (and the null device,
    which is empty): a pipe could block for ever.
    """
    if "\0" in path:
        report(_problem("a file's name cannot hold a NUL character"))
        return None
    try:
        mode = Path(path).stat().st_mode
        if not stat.S_ISREG(mode) and path != os.devnull:
            what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            hint = "" if stat.S_ISDIR(mode) else "read standard input with -f -"
            report(_problem(f"{shown} is {what}", hint))
            return None
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        report(_missing(path, shown))
        return None
    except OSError as error:
        report(_problem(f"{shown} cannot be read: {(error.strerror or str(error)).lower()}"))
        return None
    if len(data) > MOST_BYTES:
        report(_problem(f"{shown} is larger than {MOST_BYTES // 1024 // 1024} MB"))
        return None
    try:
        return data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        before = data[data.rfind(b"\n", 0, error.start) + 1 : error.start]
        pos = SourcePos(shown, line, len(before.decode(errors="replace")) + 1)
        report(Diagnostic(severity="error", pos=pos, summary="this is not UTF-8 text", hint="save the file as UTF-8"))
        return None


def shown_path(path: str, working_directory: str) -> str:
    """How messages call the file at the absolute `path`: relative where it lies below the working directory."""
    below = working_directory.rstrip(os.sep) + os.sep
    return path[len(below) :] if path.startswith(below) else path


def _missing(path: str, shown: str) -> Diagnostic:
    file = Path(path)
    try:
        near = nearest(file.name, (entry.name for entry in file.parent.iterdir()))
    except OSError:
        near = None
    return _problem(f"there is no file {shown}", f"did you mean {near}?" if near else "")


def _problem(summary: str, hint: str = "") -> Diagnostic:
    return Diagnostic(severity="error", pos=None, summary=summary, hint=hint)
