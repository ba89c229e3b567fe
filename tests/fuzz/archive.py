"""Several files as one piece of bytes, so that a fuzzer can change them all and a person read them.

A line `=== NAME` begins each file, and what stands before the first is compose.yaml. Other names
than those of `NAMES` are no beginning, so that no input writes outside of its directory.
"""

import re
from pathlib import Path

NAMES = ("compose.yaml", "override.yaml", "base.yaml", "part.yaml", ".env", "app.env", "labels.env", "content")

_BEGINNING = re.compile(rb"^=== (%s)\n" % b"|".join(re.escape(name.encode()) for name in NAMES), re.MULTILINE)


def packed(files: dict[str, bytes]) -> bytes:
    """One input that holds `files`, by their names."""
    return b"".join(b"=== %s\n%s\n" % (name.encode(), data) for name, data in files.items())


def unpack(data: bytes, directory: Path) -> None:
    """Write the files of an input to `directory`, where only those are then."""
    first, *others = _BEGINNING.split(data)
    names, contents = ["compose.yaml", *map(bytes.decode, others[::2])], [first, *others[1::2]]
    files = {name: content.removesuffix(b"\n") for name, content in zip(names, contents, strict=True)}
    for name in NAMES:
        (directory / name).unlink(missing_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
