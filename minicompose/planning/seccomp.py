"""Seccomp profiles in `security_opt`: files on this machine, of which the engine is sent the contents."""

from pathlib import PurePath

_WORDS = ("unconfined", "builtin", "")


def profile_path(option: str, directory: str = "") -> str | None:
    """The file that an entry of `security_opt` names, seen from `directory`; None for any other entry."""
    name, _, value = option.partition("=") if "=" in option else option.partition(":")
    if name != "seccomp" or value in _WORDS or value.lstrip().startswith("{"):
        return None
    return str(PurePath(directory, value))
