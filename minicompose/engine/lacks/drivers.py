"""Drivers that the engine does not have: of networks, volumes and logs."""

from collections.abc import Iterator

from minicompose.engine.lacks.lack import Lack
from minicompose.engine.protocol import Abilities
from minicompose.model import Network, Service, Volume

# What every engine has, whether it lists it or not.
_NETWORKS = frozenset({"bridge", "default"})
# Those of which an engine has one network, made by itself.
_ONCE = {"host": "network_mode: host", "null": "network_mode: none"}
_VOLUMES = frozenset({"local"})
_LOGS = frozenset({"json-file", "none", "default"})


def missing_log_driver(service: Service, host: Abilities) -> Iterator[Lack]:
    """The driver of a service's logs."""
    driver = service.logging.driver if service.logging else None
    if driver and driver not in _LOGS:
        yield from _missing(host, host.log_drivers, ("logging", "driver"), driver, "logging driver")


def missing_network_driver(network: Network, host: Abilities) -> Iterator[Lack]:
    """The driver of a network, and the swarm that an overlay network belongs to."""
    if network.driver == "overlay":
        yield from _outside_of_swarm(network, host)
    elif network.driver in _ONCE:
        why = f"the engine has one network of the driver `{network.driver}`, and makes no other"
        yield Lack(("driver",), why, hint=f"say `{_ONCE[network.driver]}` in the service")
    elif network.driver and network.driver not in _NETWORKS:
        yield from _missing(host, host.network_drivers, ("driver",), network.driver, "network driver")


def missing_volume_driver(volume: Volume, host: Abilities) -> Iterator[Lack]:
    """The driver of a volume."""
    if volume.driver and volume.driver not in _VOLUMES:
        yield from _missing(host, host.volume_drivers, ("driver",), volume.driver, "volume driver")


def _outside_of_swarm(network: Network, host: Abilities) -> Iterator[Lack]:
    if not host.swarm_manager:
        why = "an overlay network spans the engines of a swarm, and this engine manages none"
        yield Lack(("driver",), why, hint="`docker swarm init` makes it a swarm's manager")
    elif not network.attachable:
        why = "containers that are not a swarm's own can only be on an overlay network that is attachable"
        yield Lack(("driver",), why, hint="say `attachable: true`")


def _missing(host: Abilities, drivers: frozenset[str], path: tuple[str, ...], name: str, kind: str) -> Iterator[Lack]:
    """An engine loads old plugins when they are asked for, and lists them from then on; elsewhere they are not seen."""
    if not drivers or name in drivers or f"{name}:latest" in drivers:
        return
    hint = f"there are: {', '.join(sorted(drivers))}"
    if host.plugins is None:
        why = f'the engine lists no {kind} "{name}"; unless a plugin brings it, it is refused'
        yield Lack(path, why, harmless=True, hint=hint)
    elif name not in host.plugins:
        yield Lack(path, f'the engine has no {kind} "{name}"', hint=hint)
