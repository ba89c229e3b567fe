"""Files for a container that is not started yet, as the archives that the engine unpacks into it."""

import io
import tarfile  # costs 15 ms, so this module is imported only when there are files to give
from collections.abc import Iterable

from minicompose.errors import BadRequest
from minicompose.model import Service
from minicompose.planning.plan import InjectedFile


def archives(service: Service, files: Iterable[InjectedFile]) -> list[tuple[str, bytes]]:
    """Directories of the container, each with the tar to be unpacked there.

    What lies in a volume has a tar of its own: the engine then writes into the volume, even where the
    rest of the container is read-only. Only files are in a tar: directories keep their owner and mode.
    """
    places: dict[str, list[InjectedFile]] = {}
    for file in files:
        places.setdefault(_mount_over(service, file.target)[0], []).append(file)
    return [(place or "/", _tar(place, group)) for place, group in places.items()]


def _tar(place: str, files: Iterable[InjectedFile]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for file in files:
            entry = tarfile.TarInfo(file.target.removeprefix(place).lstrip("/"))
            entry.size = len(file.content.content)
            entry.uid, entry.gid, entry.mode = file.uid, file.gid, file.mode
            tar.addfile(entry, io.BytesIO(file.content.content))
    return buffer.getvalue()


def check_places(service: Service, files: Iterable[InjectedFile]) -> None:
    """Raise BadRequest for a file that could not be put where it belongs, or would be hidden there."""
    for file in files:
        _, mount = _mount_over(service, file.target)
        if mount == "tmpfs":
            raise BadRequest(
                f"service {service.name}: {file.target} lies in a tmpfs, which is empty when the container starts",
                "choose another target for this config or secret, or drop the tmpfs",
            )
        if service.read_only and mount is None:
            raise BadRequest(
                f"service {service.name} is read_only: {file.target} cannot be copied into it",
                "take it from a `file`, without uid, gid and mode: that is mounted; or drop read_only",
            )


def _mount_over(service: Service, target: str) -> tuple[str, str | None]:
    """Where the mount is that covers `target`, and of what kind; ("", None) for the image's own file system."""
    places = {mount.target.rstrip("/"): mount.type for mount in service.volumes or ()}
    places |= {entry.partition(":")[0].rstrip("/"): "tmpfs" for entry in service.tmpfs or ()}
    covering = [place for place in places if target.startswith(place + "/")]
    if not covering:
        return "", None
    place = max(covering, key=len)
    return place, places[place]
