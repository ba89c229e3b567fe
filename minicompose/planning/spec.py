"""What the engine is asked for: a container from a service, the labels of networks and volumes."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from minicompose import __version__, labels
from minicompose.errors import UsageError
from minicompose.model import Config, FileGrant, Mount, Network, Node, Service, Stack, Volume
from minicompose.planning import record
from minicompose.planning.graph import bridge_links
from minicompose.planning.placement import file_volumes, is_injected
from minicompose.planning.plan import BoundFile, ContainerSpec, Endpoint, InjectedFile
from minicompose.planning.provenance import node_of
from minicompose.planning.seccomp import profile_path


class Blueprint(msgspec.Struct, frozen=True, kw_only=True):
    """What all containers of one service have in common; `written` is the record's text."""

    record: record.Record
    written: str
    fingerprint: str


def blueprint(stack: Stack, service: Service) -> Blueprint:
    made = record.service_record(stack, service)
    written = record.written(made)
    return Blueprint(record=made, written=written, fingerprint=record.fingerprint(written))


def container_name(stack: Stack, service: Service, number: int) -> str:
    return service.container_name or default_name(stack, service.name, number)


def default_name(stack: Stack, service: str, number: int) -> str:
    return stack.separator.join((stack.name, service, str(number)))


def container_spec(
    stack: Stack,
    service: Service,
    number: int,
    *,
    peers: Mapping[str, Sequence[str]] | None = None,
    drawn: Blueprint | None = None,
) -> ContainerSpec:
    """All that the engine is asked for in container `number` of `service`.

    `peers` names, by service, the containers as they are called now: `service:` references and `volumes_from`
    mean the first one, links on the default bridge all of them. `drawn` is the service's blueprint, if
    the caller has it already.
    """
    drawn = drawn or blueprint(stack, service)
    name = container_name(stack, service, number)
    grants = (
        *((grant, "configs", stack.configs.get(grant.source)) for grant in service.configs or ()),
        *((grant, "secrets", stack.secrets.get(grant.source)) for grant in service.secrets or ()),
    )
    files = [
        _file(kind, grant, config)
        for grant, kind, config in grants
        if config is not None and (config.sealed is not None or config.file is not None)
    ]
    injected = tuple(file for file in files if isinstance(file, InjectedFile))
    placed = file_volumes(service, injected)
    return ContainerSpec(
        project=stack.name,
        name=name,
        number=number,
        image=record.service_image(stack, service),
        service=_resolved(stack, service, peers or {}),
        endpoints=tuple(
            service_endpoint(stack, service, name, network) for network in record.service_networks(stack, service)
        ),
        injected=injected,
        file_volumes=placed,
        bound=tuple(file for file in files if isinstance(file, BoundFile)),
        labels=_container_labels(stack, service, number, drawn, placed),
        fingerprint=drawn.fingerprint,
    )


def service_endpoint(stack: Stack, service: Service, name: str, network: str) -> Endpoint:
    """How container `name` is on a network, given by its key.

    It answers to its own name, its service's, and the aliases given for the network.
    """
    attachment = (service.networks or {}).get(network)
    engine_name = record.network_name(stack, network)
    if attachment is None:
        return Endpoint(network=engine_name, aliases=(name, service.name))
    return Endpoint(
        network=engine_name,
        aliases=tuple(dict.fromkeys((name, service.name, *(attachment.aliases or ())))),
        ipv4_address=attachment.ipv4_address,
        ipv6_address=attachment.ipv6_address,
        link_local_ips=attachment.link_local_ips or (),
        mac_address=attachment.mac_address,
        driver_opts=attachment.driver_opts,
        gw_priority=attachment.gw_priority,
        interface_name=attachment.interface_name,
    )


def links_by_name(stack: Stack, links: Sequence[str], external: Sequence[str]) -> tuple[str, ...]:
    """The links of a service, to its stack's services and to other containers, by the containers' own names."""
    own = (link for entry in links for link in _links(stack, entry, {}))
    return tuple(entry if ":" in entry else f"{entry}:{entry}" for entry in (*own, *external))


def _file(kind: str, grant: FileGrant, config: Config) -> BoundFile | InjectedFile:
    target = record.grant_target(kind, grant)
    if config.file is not None and not is_injected(grant, config):
        return BoundFile(target=target, source=config.file)
    assert config.sealed is not None, "only what has content or a file is given to a container"
    return InjectedFile(
        target=target,
        content=config.sealed,
        uid=_owner(kind, grant, grant.uid),
        gid=_owner(kind, grant, grant.gid),
        mode=0o444 if grant.mode is None else int(grant.mode),
    )


def _owner(kind: str, grant: FileGrant, written: str | None) -> int:
    if written is not None and not written.isdecimal():
        raise UsageError(f'{kind}: "{written}", as the owner of {grant.source}, is not a number')
    return int(written or 0)


def _resolved(stack: Stack, service: Service, peers: Mapping[str, Sequence[str]]) -> Service:
    """The service with its references to other services and to volumes in the engine's names."""
    changed: dict[str, object] = {}

    def peer(name: str) -> str:
        other = stack.services.get(name)
        if name in peers:
            return peers[name][0]
        return container_name(stack, other, 1) if other else default_name(stack, name, 1)

    linked = {name: peers[name] for name in bridge_links(service) if name in peers}
    for field in ("network_mode", "ipc", "pid"):
        value = getattr(service, field)
        if value and value.startswith("service:"):
            changed[field] = "container:" + peer(value.removeprefix("service:"))
    if service.volumes_from:
        changed["volumes_from"] = tuple(_volumes_from(entry, peer) for entry in service.volumes_from)
    if service.links:
        changed["links"] = tuple(link for entry in service.links for link in _links(stack, entry, linked))
    if service.security_opt:
        changed["security_opt"] = tuple(_with_path(stack, option) for option in service.security_opt)
    if service.volumes:
        changed["volumes"] = tuple(_named(stack, mount) for mount in service.volumes)
    return msgspec.structs.replace(service, **changed) if changed else service


def _with_path(stack: Stack, option: str) -> str:
    """A seccomp profile is looked for from the project directory."""
    path = profile_path(option, stack.directory)
    return option if path is None else f"seccomp={path}"


def _volumes_from(entry: str, peer: Callable[[str], str]) -> str:
    if entry.startswith("container:"):
        return entry.removeprefix("container:")
    name, colon, access = entry.partition(":")
    return f"{peer(name)}{colon}{access}"


def _links(stack: Stack, entry: str, linked: Mapping[str, Sequence[str]]) -> list[str]:
    """A link as the reference makes it: by its alias, and by the container's two default names.

    `linked` are containers that do not have their own names yet, or not any more.
    """
    name, _, alias = entry.partition(":")
    other = stack.services.get(name)
    if other is None:
        return [entry]
    found = []
    numbers = range(1, max(other.replicas, 1) + 1)
    containers = linked.get(name) or [container_name(stack, other, number) for number in numbers]
    for number, container in enumerate(containers, start=1):
        for link in (alias or name, f"{name}{stack.separator}{number}", default_name(stack, name, number)):
            found.append(f"{container}:{link}")
    return found


def _named(stack: Stack, mount: Mount) -> Mount:
    source = record.mount_source(stack, mount)
    return mount if source == mount.source else msgspec.structs.replace(mount, source=source)


# ---- labels ----


def _container_labels(
    stack: Stack, service: Service, number: int, drawn: Blueprint, placed: tuple[str, ...]
) -> dict[str, str]:
    depends_on = ",".join(
        f"{name}:{dependency.condition}:{str(dependency.restart).lower()}"
        for name, dependency in (service.depends_on or {}).items()
    )
    return {
        **(service.labels or {}),
        labels.PROJECT: stack.name,
        labels.SERVICE: service.name,
        labels.NUMBER: str(number),
        labels.ONEOFF: "False",
        labels.CONFIG_HASH: drawn.fingerprint,
        labels.DEPENDS_ON: depends_on,
        labels.CONFIG_FILES: ",".join(stack.files),
        labels.WORKING_DIR: stack.directory,
        labels.VERSION: __version__,
        labels.SPEC: drawn.written,
        **({labels.FILES: ":".join(placed)} if placed else {}),
    }


def network_labels(stack: Stack, key: str, network: Network) -> dict[str, str]:
    return _resource_labels(stack, labels.NETWORK, key, network, node_of(stack, "networks", key))


def volume_labels(stack: Stack, key: str, volume: Volume) -> dict[str, str]:
    return _resource_labels(stack, labels.VOLUME, key, volume, node_of(stack, "volumes", key))


def _resource_labels(
    stack: Stack, kind: str, key: str, resource: Network | Volume, node: Node | None
) -> dict[str, str]:
    written = record.written(record.resource_record(resource, node))
    return {
        **(resource.labels or {}),
        labels.PROJECT: stack.name,
        kind: key,
        labels.VERSION: __version__,
        labels.CONFIG_HASH: record.fingerprint(written),
        labels.SPEC: written,
    }
