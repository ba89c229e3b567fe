"""What would make an `up` fail, found before it begins: pure. Each lack has the path of what asks for it."""

from collections.abc import Iterator
from pathlib import PurePath

from minicompose import labels
from minicompose.diagnosis.phrases import holder_text, size_text
from minicompose.diagnosis.ports import asked_ports, holder
from minicompose.diagnosis.surroundings import Surroundings
from minicompose.diagnosis.wanted import Wanted
from minicompose.engine.lacks.lack import Lack
from minicompose.engine.protocol import Abilities
from minicompose.model import Network, Path, Service, Stack
from minicompose.planning.census import is_up
from minicompose.planning.observed import Observed

_LITTLE_SPACE = 1 << 30
_NO_SPACE = 16 << 20

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm", "i686": "386"}


def would_fail(stack: Stack, observed: Observed, wanted: Wanted, around: Surroundings) -> list[Lack]:
    """What is in the way of what is wanted, and, harmless, what may be."""
    found = [*_space(around), *_names(observed, wanted, around), *_subnets(stack, observed, wanted)]
    found += _guests(stack, observed, wanted, around)
    for name in sorted(wanted.starts & stack.services.keys()):
        found += _ports(stack.services[name], stack, wanted, around)
        found += _devices(stack.services[name], around)
    for name in sorted(wanted.creates & stack.services.keys()):
        service = stack.services[name]
        found += [*_sources(service, around), *_limits(service, around.host), *_platform(service, around.host)]
    return found


# ---- what others have ----


def _ports(service: Service, stack: Stack, wanted: Wanted, around: Surroundings) -> Iterator[Lack]:
    for index, port in asked_ports(service):
        who = holder(port, around.everyone, around.listeners, wanted.freed)
        if who is not None:
            number = f"{port.host_port}" if port.protocol == "tcp" else f"{port.host_port}/{port.protocol}"
            whose = " of this project" if who.project == stack.name else ""
            by = f"container {who.container}{whose}" if whose else holder_text(who)
            yield Lack(
                ("services", service.name, "ports", index),
                f"port {number} of the host is taken by {by}",
                hint="stop that, or publish another port",
            )


def _names(observed: Observed, wanted: Wanted, around: Surroundings) -> Iterator[Lack]:
    own = {each.id for each in observed.containers}
    others = {each.name: each for each in around.everyone if each.id not in own}
    for name, service in sorted(wanted.names.items()):
        if name in others:
            project = others[name].labels.get(labels.PROJECT)
            of = f"of project {project}" if project else "of no project"
            yield Lack(
                ("services", service, "container_name"),
                f"there is a container {name} already, {of}",
                hint=f"`docker rm {name}` removes it, when nobody needs it; or give this one another name",
            )


def _guests(stack: Stack, observed: Observed, wanted: Wanted, around: Surroundings) -> Iterator[Lack]:
    """Containers of others that are on a network which is made anew: it cannot be removed under them."""
    own = {each.id for each in observed.containers}
    going = {each.name: each.id for each in observed.networks if each.id in wanted.freed}
    for key in sorted(wanted.networks):
        name = stack.networks[key].name
        id = going.get(name)
        for guest in around.everyone if id else ():
            if guest.id not in own and is_up(guest) and guest.networks.get(name) == id:
                project = guest.labels.get(labels.PROJECT)
                of = f"container {guest.name} of " + (f"project {project}" if project else "no project")
                yield Lack(
                    ("networks", key),
                    f"the network {name} is to be made anew, and {of} is on it",
                    hint=f"`docker network disconnect {name} {guest.name}` takes it off; or leave the network as it is",
                )


def _subnets(stack: Stack, observed: Observed, wanted: Wanted) -> Iterator[Lack]:
    made = {stack.networks[key].name for key in wanted.networks}
    others = {
        each.name: _pools(each.definition)
        for each in observed.networks
        if each.id not in wanted.freed and each.name not in made
    }
    asked = {key: _pools(stack.networks[key]) for key in sorted(wanted.networks)}
    if not any(asked.values()):
        return
    import ipaddress  # few networks say which addresses they have

    for key, pools in asked.items():
        for index, subnet in pools:
            here = ipaddress.ip_network(subnet, strict=False)
            for name, taken in others.items():
                there = next((it for _, it in taken if here.overlaps(ipaddress.ip_network(it, strict=False))), None)
                if there is not None:
                    yield Lack(
                        ("networks", key, "ipam", "config", index, "subnet"),
                        f"{subnet} overlaps {there} of the network {name}",
                        hint="choose other addresses for one of them",
                    )
                    break
        others[stack.networks[key].name] = pools


def _pools(network: Network) -> list[tuple[int, str]]:
    if network.driver in ("host", "null", "none"):
        return []
    pools = network.ipam.config if network.ipam else None
    return [(index, pool.subnet) for index, pool in enumerate(pools or ()) if pool.subnet]


# ---- what the machine has not ----


def _sources(service: Service, around: Surroundings) -> Iterator[Lack]:
    for index, mount in enumerate(service.volumes or ()):
        if mount.type != "bind" or mount.source not in around.missing_paths:
            continue
        at: Path = ("services", service.name, "volumes", index)
        if mount.bind is not None and mount.bind.create_host_path is False:
            hint = "create it, or say `create_host_path: true`"
            yield Lack(at, f"{mount.source}, to be mounted at {mount.target}, does not exist", hint=hint)
        elif PurePath(mount.source or "").suffix and PurePath(mount.target).suffix:
            why = f"{mount.source} does not exist: the engine makes a directory of that name"
            yield Lack(at, why, harmless=True, hint="create the file first, if it is to be one")


def _devices(service: Service, around: Surroundings) -> Iterator[Lack]:
    for index, device in enumerate(service.devices or ()):
        if device.source in around.missing_paths:
            yield Lack(("services", service.name, "devices", index), f"there is no device {device.source}")


def _limits(service: Service, host: Abilities) -> Iterator[Lack]:
    resources = service.deploy.resources if service.deploy else None
    limits = resources.limits if resources else None
    deployed: Path = ("services", service.name, "deploy", "resources", "limits")
    asked: list[tuple[Path, int | None]] = [(("services", service.name, "mem_limit"), service.mem_limit)]
    asked.append(((*deployed, "memory"), limits.memory if limits else None))
    for at, memory in asked:
        if memory and 0 < host.memory < memory:
            why = f"the engine's machine has no more than {size_text(host.memory)} of memory: this limits nothing"
            yield Lack(at, why, harmless=True)


def _platform(service: Service, host: Abilities) -> Iterator[Lack]:
    if not service.platform or not host.arch:
        return
    at: Path = ("services", service.name, "platform")
    os, _, rest = service.platform.partition("/")
    arch = rest.partition("/")[0]
    here = _ARCHITECTURES.get(host.arch, host.arch)
    if os != host.os:
        yield Lack(at, f"the engine runs containers of {host.os}/{here}, and none of {os}")
    elif arch and _ARCHITECTURES.get(arch, arch) != here:
        hint = "without one its programs fail with `exec format error`"
        yield Lack(at, f"the engine is {os}/{here}: this needs an emulator (binfmt_misc)", harmless=True, hint=hint)


def _space(around: Surroundings) -> Iterator[Lack]:
    if around.free is None or around.free >= _LITTLE_SPACE:
        return
    why = f"the engine's disk has {size_text(around.free)} left, at {around.host.root}"
    hint = "`docker system df` shows what takes it, `docker system prune` frees some"
    yield Lack((), why, harmless=around.free >= _NO_SPACE, hint=hint)
