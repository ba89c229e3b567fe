"""What there is around a stack that can be in its way: other containers, this machine's programs, files and space."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from minicompose.diagnosis.evidence import listening_on, missing_paths
from minicompose.diagnosis.listening import Listener
from minicompose.diagnosis.ports import asked_ports
from minicompose.diagnosis.wanted import Wanted
from minicompose.engine.protocol import Abilities, Engine
from minicompose.engine.support import is_remote
from minicompose.model import Build, Service, Stack
from minicompose.planning.observed import ObservedContainer


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """`everyone` are the containers of all projects. Where the engine is elsewhere nothing is known of `listeners`
    and `missing_paths`, nor of `free`, the bytes that are left where it keeps its images and containers.
    `unbuildable` tells by service which attribute of its build names what is not there, and in words what.
    """

    everyone: tuple[ObservedContainer, ...] = ()
    host: Abilities
    listeners: tuple[Listener, ...] = ()
    missing_paths: frozenset[str] = frozenset()
    free: int | None = None
    unbuildable: Mapping[str, tuple[str, str]] = {}


def look_around(engine: Engine, stack: Stack, wanted: Wanted) -> Surroundings:
    """Two calls of the engine, and some looks at this machine if it is here."""
    host = engine.abilities()
    everyone = engine.all_containers()
    unbuildable = _unbuildable(stack, wanted.builds)
    if not host.is_local:
        return Surroundings(host=host, everyone=everyone, unbuildable=unbuildable)
    services = [stack.services[name] for name in wanted.starts | wanted.creates if name in stack.services]
    return Surroundings(
        host=host,
        everyone=everyone,
        listeners=listening_on(port for service in services for _, port in asked_ports(service)),
        missing_paths=missing_paths(path for service in services for path in _paths(service)),
        free=_free(host.root),
        unbuildable=unbuildable,
    )


def _unbuildable(stack: Stack, services: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What is built comes from this machine, wherever the engine is."""
    found: dict[str, tuple[str, str]] = {}
    for name in services:
        build = stack.services[name].build
        if build is not None and (lack := _lack_of(build)) is not None:
            found[name] = lack
    return found


def _lack_of(build: Build) -> tuple[str, str] | None:
    context = build.context or "."
    if is_remote(context):
        return None
    if not Path(context).is_dir():
        return "context", f"the build context {context} is not a directory"
    dockerfile = Path(context, build.dockerfile or "Dockerfile")
    if build.dockerfile_inline is None and not dockerfile.is_file():
        return "dockerfile", f"there is no Dockerfile {dockerfile}"
    return None


def _paths(service: Service) -> Iterator[str]:
    yield from (mount.source for mount in service.volumes or () if mount.type == "bind" and mount.source)
    yield from (device.source for device in service.devices or () if device.source.startswith("/"))


def _free(root: str) -> int | None:
    try:
        return shutil.disk_usage(root).free
    except OSError:
        return None
