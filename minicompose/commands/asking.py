"""Asking whoever sits at the terminal."""

import sys

from minicompose.errors import UsageError


def confirmed(question: str, option: str) -> bool:
    """Whether the answer is yes. UsageError where nobody can be asked, which names the `option` that does without."""
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here whether to do this", f"{option} does it without asking")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
