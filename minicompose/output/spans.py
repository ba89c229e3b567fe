"""How long ago something was, as docker says it."""

# The longest span, in seconds, that is told in a unit, and the unit's length.
_UNITS = (
    (60, 1, "second"),
    (60 * 60, 60, "minute"),
    (48 * 3600, 3600, "hour"),
    (14 * 86400, 86400, "day"),
    (60 * 86400, 7 * 86400, "week"),
    (2 * 365 * 86400, 30 * 86400, "month"),
)


def ago(span: float) -> str:
    """As in "3 seconds ago", "About a minute ago", "2 weeks ago"; `span` is in seconds."""
    whole = max(0, int(span))
    if whole < 1:
        return "Less than a second ago"
    if 60 <= whole < 120:
        return "About a minute ago"
    if 3600 <= whole < 5400:
        return "About an hour ago"
    for limit, length, unit in _UNITS:
        if whole < limit:
            number = whole // length
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return f"{whole // (365 * 86400)} years ago"
