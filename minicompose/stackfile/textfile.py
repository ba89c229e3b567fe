"""Reading a text file that a person wrote: every way it can fail to be one is a diagnostic."""

import codecs
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from minicompose.diagnostic import Diagnostic
from minicompose.errors import nearest
from minicompose.lines import Lines

Report = Callable[[Diagnostic], None]

MOST_BYTES = 16 * 1024 * 1024

_DIRECTORY = "a directory"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # some editors and shells write it, and YAML allows it


def read_text(path: str, shown: str, report: Report) -> str | None:
    """The text of the file at `path`, which messages call `shown`; None when why not was reported."""
    data = read_bytes(path, shown, report)
    return None if data is None else text_of(data, shown, report)


def text_of(data: bytes, shown: str, report: Report) -> str | None:
    """`data` as text, without a byte-order mark: UTF-8, or UTF-16 where such a mark says so.

    None when why it is none was reported.
    """
    if len(data) > MOST_BYTES:
        report(_problem(f"{shown} is larger than {MOST_BYTES // 1024 // 1024} MB"))
        return None
    encoding = "UTF-16" if data.startswith(_UTF_16) else "UTF-8"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, errors="replace")
        pos = Lines(before).place(len(before), shown)
        summary = f"this is not {encoding} text"
        report(Diagnostic(severity="error", pos=pos, summary=summary, hint="save the file as UTF-8"))
        return None


def read_bytes(path: str, shown: str, report: Report) -> bytes | None:
    """What the file at `path` holds, up to one byte more than it may; None when why not was reported.

    Only regular files are read (and the null device, which is empty): a pipe could block for ever, a
    device never end.
    """
    if not path:
        report(_problem("a file's name is missing here"))
        return None
    if "\0" in path:
        report(_problem("a file's name cannot hold a NUL character"))
        return None
    try:
        odd = _odd_kind(Path(path).stat().st_mode)
        if odd and path != os.devnull:
            report(_problem(f"{shown} is {odd}", "" if odd == _DIRECTORY else "read standard input with -f -"))
            return None
        data = read_without_waiting(path)
    except FileNotFoundError:
        report(_missing(path, shown))
        return None
    except OSError as error:
        report(_problem(f"{shown} cannot be read: {(error.strerror or str(error)).lower()}"))
        return None
    return data


def read_without_waiting(path: str) -> bytes:
    """What the file at `path` holds at this moment, up to one byte more than it may. Raises `OSError`."""
    with open(path, "rb", opener=_without_waiting) as file:
        return file.read(MOST_BYTES + 1) or b""  # None: it would have to wait


def read_standard_input() -> bytes:
    """What stands on standard input, as far as a file may be long and a character more: it need not ever end."""
    return sys.stdin.buffer.read(MOST_BYTES + 1)


def _odd_kind(mode: int) -> str:
    """What a file is that is no regular one."""
    if stat.S_ISREG(mode):
        return ""
    return _DIRECTORY if stat.S_ISDIR(mode) else "not a regular file"


def _without_waiting(path: str, flags: int) -> int:
    """Open a file that may have become a pipe since it was looked at."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has no such flag, nor such pipes


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
