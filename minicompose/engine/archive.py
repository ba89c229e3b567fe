"""Files for a container that is not started yet, as the archives that the engine unpacks into it."""

import io
import tarfile  # costs 15 ms, so this module is imported only when there are files to give
from collections.abc import Iterable

from minicompose.planning.placement import covering, places_of
from minicompose.planning.plan import ContainerSpec, InjectedFile


def archives(spec: ContainerSpec) -> list[tuple[str, bytes]]:
    """Directories of the container, each with the tar to be unpacked there.

    What lies in a volume has a tar of its own: the engine then writes into the volume, even where the
    rest of the container is read-only. Only files are in a tar: directories keep their owner and mode.
    """
    places = places_of(spec.service, spec.file_volumes)
    found: dict[str, list[InjectedFile]] = {}
    for file in spec.injected:
        found.setdefault(covering(places, file.target) or "/", []).append(file)
    return [(place, _tar(place, files)) for place, files in found.items()]


def _tar(place: str, files: Iterable[InjectedFile]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for file in files:
            entry = tarfile.TarInfo(file.target.removeprefix(place).lstrip("/"))
            entry.size = len(file.content.content)
            entry.uid, entry.gid, entry.mode = file.uid, file.gid, file.mode
            tar.addfile(entry, io.BytesIO(file.content.content))
        end = tar.offset + 2 * tarfile.BLOCKSIZE
    return buffer.getvalue()[:end]  # Podman reads no further, and fails where more is sent (to fill a tape's record)
