"""Regular expressions that are compiled when they are first used.

A command uses few of those that its modules have, and compiling all of them took a tenth of its start.
"""

import re

TYPE_CHECKING = False  # as type checkers know it: `typing` is more than some commands need
if TYPE_CHECKING:
    from typing import Any, AnyStr


def regex(text: "AnyStr", flags: int = 0) -> "re.Pattern[AnyStr]":
    """As `re.compile`, but later: what is wrong with `text` shows with the first use."""
    return _Pattern(text, flags)  # type: ignore[return-value]


class _Pattern:
    def __init__(self, text: "Any", flags: int) -> None:
        self._source = (text, flags)

    def __getattr__(self, name: str) -> "Any":
        """Called once for each method: from then on the compiled expression's own stands here."""
        found = getattr(re.compile(*self._source), name)
        setattr(self, name, found)
        return found
