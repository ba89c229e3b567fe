"""Trying again what a registry that falters has cut short: a pull, a push."""

import re
from collections.abc import Callable

from minicompose.engine.progress import OnProgress, Progress
from minicompose.errors import EngineError, EngineUnreachable
from minicompose.regex import regex

# Before each further attempt, in seconds.
PAUSES = (0.5, 1.0, 2.0, 4.0)

# How engines word what may be over in a moment. Everything else, 401 and 404 above all, is an answer.
_PASSING = regex(
    r"\b(HTTP status|status code):? 5\d\d"
    r"|\b50[0234] (Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time)"
    r"|connection reset by peer|broken pipe|\bEOF\b|connection closed|server closed idle connection"
    r"|i/o timeout|TLS handshake timeout|Client\.Timeout exceeded|context deadline exceeded"
    r"|temporary failure in name resolution|server misbehaving"
    r"|blob unknown to registry",  # two pushes of the same new layer at once, of which one has taken the other's
    re.IGNORECASE,
)


def retried(attempt: Callable[[], None], on_progress: OnProgress, pause: Callable[[float], None]) -> None:
    """Call `attempt` until it succeeds or fails for good; each failure that may pass is told as progress,
    and `pause` waits for so many seconds.

    Raises what the last attempt raised.
    """
    for seconds in PAUSES:
        try:
            attempt()
        except EngineError as error:
            if not _may_pass(error):
                raise
            on_progress(Progress(text=f"trying again in {seconds:g}s: {error.message}"))
            pause(seconds)
        else:
            return
    attempt()


def _may_pass(error: EngineError) -> bool:
    return not isinstance(error, EngineUnreachable) and bool(_PASSING.search(error.message))
