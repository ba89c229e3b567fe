"""Where the files of configs and secrets go in a container, and which have no place there.

A file that is mounted goes anywhere. One that is copied in before the start needs a place that can be
written and is still there afterwards: not the file system of a read-only container, and no tmpfs. It gets
a volume of its own there, for the directory that it lies in.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from minicompose.model import Config, FileGrant, Path, Service, Stack
from minicompose.planning import record
from minicompose.planning.plan import InjectedFile

_NEVER_COVERED = ("/", "/dev", "/proc", "/sys")


class Place(msgspec.Struct, frozen=True):
    """What covers a part of a container: `kind` is a mount's type, "tmpfs", or "files" for a volume of ours."""

    kind: str
    writable: bool = True


def is_injected(grant: FileGrant, config: Config) -> bool:
    """Whether it is copied in: what is no file, and a file whose owner or mode is asked for."""
    return config.file is None or (config.sealed is not None and _asks_for_owner(grant))


def _asks_for_owner(grant: FileGrant) -> bool:
    return grant.uid is not None or grant.gid is not None or grant.mode is not None


def file_volumes(service: Service, files: Iterable[InjectedFile]) -> tuple[str, ...]:
    """The directories that need a volume of their own for these files."""
    places = declared_places(service)
    wanted = {posixpath.dirname(file.target) for file in files if _needs_volume(service, places, file.target)}
    return tuple(sorted(wanted - {inner for inner in wanted for outer in wanted if inner.startswith(outer + "/")}))


def places_of(service: Service, volumes: Iterable[str]) -> dict[str, Place]:
    """All that covers a part of the container, `volumes` of our own included."""
    return declared_places(service) | {directory: Place("files") for directory in volumes}


def declared_places(service: Service) -> dict[str, Place]:
    places = {mount.target.rstrip("/"): Place(mount.type, not mount.read_only) for mount in service.volumes or ()}
    return places | {entry.partition(":")[0].rstrip("/"): Place("tmpfs") for entry in service.tmpfs or ()}


def covering(places: Mapping[str, Place], target: str) -> str | None:
    """The innermost of the places that `target` lies in; None for the image's own file system."""
    return max((place for place in places if target.startswith(place + "/")), key=len, default=None)


def misplaced(stack: Stack, service: Service) -> Iterator[tuple[Path, str, str]]:
    """The configs and secrets that cannot be where they should: the path below the service, why, and a hint."""
    places = declared_places(service)
    for kind, declared in (("configs", stack.configs), ("secrets", stack.secrets)):
        for index, grant in enumerate(getattr(service, kind) or ()):
            config = declared.get(grant.source)
            if config is None or config.external:
                continue
            path, target = (kind, index), record.grant_target(kind, grant)
            if target in places:
                yield path, f"something else is mounted on {target}", "give it another `target`"
            if not is_injected(grant, config):
                if _asks_for_owner(grant):
                    why = f"{config.file} can only be mounted as it is: it is a directory, or not to be read here"
                    yield path, why, "remove uid, gid and mode"
                continue
            yield from _owners(path, grant)
            if why := _why_not(service, places, target):
                yield path, f"{target} cannot be put there: {why}", _remedy(config)


def _owners(path: Path, grant: FileGrant) -> Iterator[tuple[Path, str, str]]:
    for attribute, written in (("uid", grant.uid), ("gid", grant.gid)):
        if written is not None and not written.isdecimal():
            yield (*path, attribute), f'"{written}" is not a number', "give the owner as a numeric uid and gid"


def _needs_volume(service: Service, places: Mapping[str, Place], target: str) -> bool:
    cover = covering(places, target)
    return bool(service.read_only) if cover is None else places[cover].kind == "tmpfs"


def _why_not(service: Service, places: Mapping[str, Place], target: str) -> str:
    """Why a file cannot be copied there; empty when it can."""
    cover = covering(places, target)
    if cover is not None and places[cover].kind != "tmpfs":
        written = places[cover].writable and places[cover].kind in ("bind", "volume")
        return "" if written else f"what is mounted on {cover} is read-only"
    directory = posixpath.dirname(target)
    if not _needs_volume(service, places, target):
        return ""
    if cover == directory:
        return f"{cover} is a tmpfs, which is empty when the container starts"
    if directory in _NEVER_COVERED or directory.startswith(("/dev/", "/proc/", "/sys/")):
        return f"the container is read_only, and {directory} cannot be a volume"
    return ""


def _remedy(config: Config) -> str:
    if config.file is not None:
        return "without uid, gid and mode it is mounted, and that goes anywhere"
    return "give it a `target` in a directory of its own, or take it from a `file`: that is mounted"
