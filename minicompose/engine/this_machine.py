"""The engine of this machine, where nobody has said which: Docker's, Docker's without root, or Podman's.

Docker's own socket is looked at first, and where it can be used that is all that is looked at.
"""

import os
from collections.abc import Callable, Mapping

from minicompose.engine.contexts import Endpoint

DOCKER = "/var/run/docker.sock"
_WINDOWS = "npipe:////./pipe/docker_engine"
_PODMAN = "/run/podman/podman.sock"
# Of the socket that a Podman is started at here, below the directory for what lasts until the next start.
_OURS = "minicompose/podman.sock"


def this_machines_engine(
    environment: Mapping[str, str],
    usable: Callable[[str], bool] | None = None,
    program: Callable[[str], str | None] | None = None,
    user: int | None = None,
) -> Endpoint:
    """The first that is there of: Docker's socket, that of a rootless Docker or of Docker Desktop, what
    CONTAINER_HOST names, Podman's socket, a `podman` that can be started. With none it is Docker's socket.

    `usable` tells whether a socket is there for us, `program` finds a command, `user` is who we are.
    """
    if os.name == "nt":
        return Endpoint(host=_WINDOWS)
    usable = usable or _usable
    if usable(DOCKER):
        return Endpoint(host=f"unix://{DOCKER}")
    user = os.getuid() if user is None else user
    runtime = environment.get("XDG_RUNTIME_DIR") or (f"/run/user/{user}" if user else "/run")
    home = environment.get("HOME", "")
    for place in (f"{runtime}/docker.sock", f"{home}/.docker/run/docker.sock" if home else ""):
        if place and usable(place):
            return Endpoint(host=f"unix://{place}")
    if named := environment.get("CONTAINER_HOST"):
        return Endpoint(host=named)
    for place in (f"{runtime}/podman/podman.sock", *(() if user else (_PODMAN,))):
        if usable(place):
            return Endpoint(host=f"unix://{place}")
    if podman := (program or _program)("podman"):
        return Endpoint(host=f"unix://{runtime}/{_OURS}", started_by=podman)
    return Endpoint(host=f"unix://{DOCKER}")


def _usable(socket: str) -> bool:
    return os.access(socket, os.R_OK | os.W_OK)


def _program(name: str) -> str | None:
    import shutil  # only where there is no socket

    return shutil.which(name)
