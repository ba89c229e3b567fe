"""Where what is copied comes to lie: the rules of `docker cp`, for both directions.

A path that ends in `/.` means the contents of a directory; one that ends in `/` must be a directory.
"""

import posixpath

import msgspec

from minicompose.errors import MinicomposeError

CONTENTS = "."


class Place(msgspec.Struct, frozen=True):
    """What is copied becomes `name` in `directory`, or is poured into it, where the name is CONTENTS."""

    directory: str
    name: str


def split(path: str) -> tuple[str, str]:
    """A path's directory and its last part, which is CONTENTS where those are meant."""
    clean = posixpath.normpath(path)
    return (clean, CONTENTS) if path == "." or path.endswith("/.") else posixpath.split(clean)


def place_for(source: str, target: str, *, from_directory: bool, to_directory: bool | None) -> Place:
    """Where `source` goes by `target`, which is a directory or not, or, with None, is not there.

    Raises MinicomposeError where it can go nowhere.
    """
    directory, name = split(target)
    if to_directory:
        return Place(posixpath.normpath(target), split(source)[1] or CONTENTS)
    if to_directory is not None and from_directory:
        raise MinicomposeError(f"{source} is a directory, and {target} is not")
    if to_directory is None and not from_directory and (target.endswith("/") or name == CONTENTS):
        raise MinicomposeError(f"there is no directory {target}")
    return Place(directory, name)
