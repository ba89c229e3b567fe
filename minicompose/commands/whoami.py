"""Who gives this command, and on which computer: for what is noted of it."""

import os
from collections.abc import Mapping


def user_name(environment: Mapping[str, str]) -> str:
    """The user; behind `sudo` the one who called it."""
    for name in ("SUDO_USER", "LOGNAME", "USER", "LNAME", "USERNAME"):
        if said := environment.get(name):
            return said
    try:
        import pwd  # there is none on Windows, which always says USERNAME

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return "somebody"


def host_name() -> str:
    import _socket  # `socket` only hands it on, and nothing else here needs that

    return _socket.gethostname()
