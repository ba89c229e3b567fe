"""Files for a container that is not started yet, as the archive that the engine unpacks into it."""

import io
import tarfile  # costs 15 ms, so this module is imported only when there are files to give
from collections.abc import Iterable

from minicompose.errors import BadRequest
from minicompose.model import Service
from minicompose.planning.plan import InjectedFile


def archive(files: Iterable[InjectedFile]) -> bytes:
    """A tar to be unpacked at `/`. Only the files are in it: directories keep the owner and mode they have."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for file in files:
            entry = tarfile.TarInfo(file.target.lstrip("/"))
            entry.size = len(file.content.content)
            entry.uid, entry.gid, entry.mode = file.uid, file.gid, file.mode
            tar.addfile(entry, io.BytesIO(file.content.content))
    return buffer.getvalue()


def check_places(service: Service, files: Iterable[InjectedFile]) -> None:
    """Raise BadRequest for a file that could not be put where it belongs, or would be hidden there."""
    for file in files:
        mount = _mount_over(service, file.target)
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


def _mount_over(service: Service, target: str) -> str | None:
    """What kind of mount covers `target`; None where it is the image's own file system."""
    places = {mount.target.rstrip("/"): mount.type for mount in service.volumes or ()}
    places |= {entry.partition(":")[0].rstrip("/"): "tmpfs" for entry in service.tmpfs or ()}
    covering = [place for place in places if target.startswith(place + "/")]
    return places[max(covering, key=len)] if covering else None
