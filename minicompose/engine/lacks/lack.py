"""Something that is asked for and not there."""

import msgspec

from minicompose.model import Path


class Lack(msgspec.Struct, frozen=True, order=True):
    """Something that is asked for at `path`, below a service or resource, and not there.

    `harmless`: what runs is what was asked for all the same.
    """

    path: Path
    why: str
    harmless: bool = False
    hint: str = ""


def at(value: object, path: Path) -> object:
    """The attribute at `path` of a model's value; None where nothing is said."""
    for step in path:
        value = getattr(value, str(step), None)
    return value
