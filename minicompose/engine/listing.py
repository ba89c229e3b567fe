"""What the engine's lists say, as `Observed`. Everything is in the lists: no container is inspected."""

import msgspec

from minicompose import labels
from minicompose.model import Ipam, IpamPool, Network
from minicompose.planning.observed import (
    Health,
    Observed,
    ObservedContainer,
    ObservedMount,
    ObservedNetwork,
    ObservedVolume,
    PublishedPort,
    State,
)
from minicompose.regex import regex

_EXIT_CODE = regex(r"^(?:Exited|Restarting) \((-?\d+)\)")
_HEALTHS: dict[str, Health] = {
    "starting)": "starting",
    "health: starting)": "starting",
    "healthy)": "healthy",
    "unhealthy)": "unhealthy",
}


class _Port(msgspec.Struct, rename="pascal"):
    private_port: int
    type: str = "tcp"
    public_port: int | None = None
    ip: str | None = msgspec.field(default=None, name="IP")


class _Attachment(msgspec.Struct):
    network_id: str | None = msgspec.field(default=None, name="NetworkID")


class _NetworkSettings(msgspec.Struct, rename="pascal"):
    networks: dict[str, _Attachment | None] | None = None


class _Mount(msgspec.Struct, rename="pascal"):
    type: str = ""
    name: str = ""
    source: str = ""
    destination: str = ""
    driver: str = ""


class _Container(msgspec.Struct, rename="pascal"):
    id: str
    names: list[str] | None
    image: str
    state: State
    status: str = ""
    image_id: str = msgspec.field(default="", name="ImageID")
    command: str | None = None
    created: int = 0
    ports: list[_Port] | None = None
    labels: dict[str, str] | None = None
    network_settings: _NetworkSettings | None = None
    mounts: list[_Mount] | None = None


class _Pool(msgspec.Struct):
    subnet: str = msgspec.field(default="", name="Subnet")
    ip_range: str = msgspec.field(default="", name="IPRange")
    gateway: str = msgspec.field(default="", name="Gateway")
    aux_addresses: dict[str, str] | None = msgspec.field(default=None, name="AuxiliaryAddresses")


class _Ipam(msgspec.Struct, rename="pascal"):
    driver: str = ""
    options: dict[str, str] | None = None
    config: list[_Pool] | None = None


class _Network(msgspec.Struct, rename="pascal"):
    id: str
    name: str
    driver: str = ""
    labels: dict[str, str] | None = None
    options: dict[str, str] | None = None
    internal: bool = False
    attachable: bool = False
    enable_ipv4: bool | None = msgspec.field(default=None, name="EnableIPv4")
    enable_ipv6: bool = msgspec.field(default=False, name="EnableIPv6")
    ipam: _Ipam | None = msgspec.field(default=None, name="IPAM")


class _Volume(msgspec.Struct, rename="pascal"):
    name: str
    driver: str = "local"
    labels: dict[str, str] | None = None
    mountpoint: str = ""
    scope: str = "local"


class _Volumes(msgspec.Struct, rename="pascal"):
    volumes: list[_Volume] | None = None


class _Image(msgspec.Struct, rename="pascal"):
    id: str
    repo_tags: list[str] | None = None
    repo_digests: list[str] | None = None


def observed(project: str, containers: bytes, networks: bytes, volumes: bytes, images: bytes) -> Observed:
    """From the bodies of the four lists; the containers are those of `project` already."""
    return Observed(
        project=project,
        containers=containers_in(containers),
        networks=tuple(
            ObservedNetwork(
                id=its.id, name=its.name, driver=its.driver, labels=its.labels or {}, definition=_definition(its)
            )
            for its in msgspec.json.decode(networks, type=list[_Network])
        ),
        volumes=tuple(
            ObservedVolume(
                name=its.name,
                driver=its.driver,
                labels=its.labels or {},
                mountpoint=its.mountpoint,
                scope=its.scope,
            )
            for its in msgspec.json.decode(volumes, type=_Volumes).volumes or ()
        ),
        images={
            name: its.id
            for its in msgspec.json.decode(images, type=list[_Image])
            for name in (*(its.repo_tags or ()), *(its.repo_digests or ()))
            if not name.startswith("<none>")
        },
    )


def containers_in(body: bytes) -> tuple[ObservedContainer, ...]:
    """From the body of the list of containers."""
    return tuple(_container(its) for its in msgspec.json.decode(body, type=list[_Container]))


def _definition(its: _Network) -> Network:
    pools = its.ipam.config if its.ipam else None
    return Network(
        name=its.name,
        driver=its.driver or None,
        driver_opts=its.options or None,
        internal=its.internal or None,
        attachable=its.attachable or None,
        enable_ipv4=its.enable_ipv4,
        enable_ipv6=its.enable_ipv6 or None,
        ipam=Ipam(
            driver=(its.ipam.driver if its.ipam else "") or None,
            options=(its.ipam.options if its.ipam else None) or None,
            config=tuple(
                IpamPool(
                    subnet=pool.subnet or None,
                    ip_range=pool.ip_range or None,
                    gateway=pool.gateway or None,
                    aux_addresses=pool.aux_addresses or None,
                )
                for pool in pools or ()
            )
            or None,
        ),
    )


def _container(its: _Container) -> ObservedContainer:
    tags = its.labels or {}
    attached = its.network_settings.networks if its.network_settings else None
    number = tags.get(labels.NUMBER, "")
    return ObservedContainer(
        id=its.id,
        name=_name(its.names or []),
        service=tags.get(labels.SERVICE, ""),
        number=int(number) if number.isdigit() else 0,
        # For a moment after its end a container is listed as running with the status of one that has exited.
        state="exited" if its.status.startswith("Exited") else its.state,
        oneoff=tags.get(labels.ONEOFF, "").lower() == "true",
        health=health_in(its.status),
        exit_code=exit_code_in(its.status),
        image=its.image,
        image_id=its.image_id,
        labels=tags,
        networks={name: (to.network_id or "") if to else "" for name, to in (attached or {}).items()},
        ports=tuple(
            PublishedPort(
                container_port=port.private_port,
                protocol=port.type,
                host_ip=port.ip or None,
                host_port=port.public_port,
            )
            for port in its.ports or ()
        ),
        command=its.command or "",
        created=its.created,
        status=its.status,
        mounts=tuple(
            ObservedMount(
                type=mount.type, target=mount.destination, name=mount.name, source=mount.source, driver=mount.driver
            )
            for mount in its.mounts or ()
        ),
    )


def _name(names: list[str]) -> str:
    """A container's own name; the others are links to it, with the linking container's name in front."""
    own = [name for name in names if name.count("/") <= 1]
    return (own or names or [""])[0].lstrip("/")


def health_in(status: str) -> Health:
    """The health that a status sentence tells: "Up 5 minutes (healthy)"."""
    return _HEALTHS.get(status.rpartition("(")[2], "none")


def exit_code_in(status: str) -> int | None:
    """The exit code that a status sentence tells: "Exited (137) 2 hours ago"."""
    found = None if status.startswith("Up ") else _EXIT_CODE.match(status)
    return int(found[1]) if found else None
