"""What there is around a stack that can be in its way: other containers, this machine's programs, files and space."""

import shutil
from collections.abc import Iterator

import msgspec

from minicompose.diagnosis.here import listening_on, missing_paths
from minicompose.diagnosis.listening import Listener
from minicompose.diagnosis.ports import asked_ports
from minicompose.diagnosis.wanted import Wanted
from minicompose.engine.protocol import Abilities
from minicompose.model import Service, Stack
from minicompose.planning.observed import ObservedContainer


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """`everyone` are the containers of all projects. Where the engine is elsewhere nothing is known of `listeners`
    and `missing_paths`, nor of `free`, the bytes that are left where it keeps its images and containers.
    """

    everyone: tuple[ObservedContainer, ...] = ()
    host: Abilities
    listeners: tuple[Listener, ...] = ()
    missing_paths: frozenset[str] = frozenset()
    free: int | None = None


def look_around(host: Abilities, everyone: tuple[ObservedContainer, ...], stack: Stack, wanted: Wanted) -> Surroundings:
    """What the engine has told, and some looks at this machine if it is here."""
    if not host.is_local:
        return Surroundings(host=host, everyone=everyone)
    services = [stack.services[name] for name in wanted.starts | wanted.creates if name in stack.services]
    return Surroundings(
        host=host,
        everyone=everyone,
        listeners=listening_on(port for service in services for _, port in asked_ports(service)),
        missing_paths=missing_paths(path for service in services for path in _paths(service)),
        free=_free(host.root),
    )


def _paths(service: Service) -> Iterator[str]:
    yield from (mount.source for mount in service.volumes or () if mount.type == "bind" and mount.source)
    yield from (device.source for device in service.devices or () if device.source.startswith("/"))


def _free(root: str) -> int | None:
    try:
        return shutil.disk_usage(root).free
    except OSError:
        return None
