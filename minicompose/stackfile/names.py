"""The name of a project: what may be one, and how a name is made of another text."""

import msgspec

from minicompose.errors import UsageError
from minicompose.regex import regex

_NAME = regex(r"[a-z0-9][a-z0-9_-]*")
_NOT_IN_NAME = regex(r"[^a-z0-9_-]")


class ProjectName(msgspec.Struct, frozen=True, kw_only=True):
    """What a project is called, and the project directory where nobody said that and it was taken from there."""

    name: str
    derived_from: str | None = None


def checked_name(name: str) -> str:
    """`name`, given as an option or in the environment; it is taken as it is or refused with `UsageError`."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'"{name}" cannot be the name of a project: it must consist of lowercase letters, digits, hyphens and '
            "underscores, and begin with a letter or digit",
            hint=f'"{made}" would do' if (made := normal_name(name)) else "",
        )
    return name


def normal_name(text: str) -> str:
    """The name made of a `name:` or of a directory's name; "" when nothing of it is left."""
    return _NOT_IN_NAME.sub("", text.lower()).lstrip("_-")
