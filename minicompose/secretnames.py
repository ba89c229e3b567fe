"""Which names of variables, options and labels tell that the value is a secret."""

import re

from minicompose.regex import regex

_SECRET_NAME = regex(
    r"passw(or)?d|passphrase|secret|token|credential|api_?key|private_?key|access_?key|(^|[_.-])(pass|key|auth|pwd?)($|[_.-])"
    r"|requirepass",
    re.IGNORECASE,
)
_NOT_SECRET = regex(r"[_.-](file|path|dir)$", re.IGNORECASE)


def names_a_secret(name: str) -> bool:
    """Whether a variable of this name probably holds a secret itself, and not the file it is kept in."""
    return bool(_SECRET_NAME.search(name)) and not _NOT_SECRET.search(name)
