"""What the engine's API does not know in its version."""

from collections.abc import Iterator

from minicompose.engine.lacks.lack import Lack
from minicompose.engine.lacks.table import narrowed_service, said
from minicompose.fields import NETWORK, Form
from minicompose.model import Mount, Network, NetworkAttachment, Path, Service
from minicompose.planning.record import primary_first

Version = tuple[int, int]

_MOUNT_TYPES: dict[str, Version] = {"cluster": (1, 42), "image": (1, 48)}
_RECURSIVE: dict[str, Version] = {"writable": (1, 44), "readonly": (1, 44)}
_SEVERAL_CARDS: Version = (1, 44)
_GATEWAYS: Version = (1, 48)
_CDI: Version = (1, 44)


def unsupported(service: Service, api: Version) -> list[Lack]:
    """What the engine's API does not know."""
    return sorted({*_too_new(service, narrowed_service("since"), api), *_too_new_values(service, api)})


def unsupported_network(network: Network, api: Version) -> list[Lack]:
    """The same of a network."""
    return list(_too_new(network, NETWORK, api))


def _too_new(value: object, form: Form | None, api: Version) -> Iterator[Lack]:
    for path, field in said(value, form):
        if field.since > api:
            yield _needing(path, field.since, api, harmless=field.harmless)


def _needing(path: Path, version: Version, api: Version, *, harmless: bool = False) -> Lack:
    why = f"this needs engine API {version[0]}.{version[1]}, and this engine has {api[0]}.{api[1]}"
    return Lack(path, why, harmless)


def _too_new_values(service: Service, api: Version) -> Iterator[Lack]:
    """Attributes that an older engine has, with values that it does not."""
    for path, version in _versions_of_values(service):
        if version > api:
            yield _needing(path, version, api)


def _versions_of_values(service: Service) -> Iterator[tuple[Path, Version]]:
    for index, mount in enumerate(service.volumes or ()):
        yield from _mount_needs(mount, ("volumes", index))
    attachments = service.networks or {}
    for position, name in enumerate(primary_first(attachments)):
        if (attachment := attachments[name]) is not None:
            yield from _attachment_needs(attachment, ("networks", name), position, len(attachments))
    for index, device in enumerate(service.devices or ()):
        if "/" in device.source and "=" in device.source:
            yield ("devices", index), _CDI


def _mount_needs(mount: Mount, path: Path) -> Iterator[tuple[Path, Version]]:
    if mount.type in _MOUNT_TYPES:
        yield (*path, "type"), _MOUNT_TYPES[mount.type]
    if mount.bind is not None and mount.bind.recursive in _RECURSIVE:
        yield (*path, "bind", "recursive"), _RECURSIVE[mount.bind.recursive]


def _attachment_needs(
    attachment: NetworkAttachment, path: Path, position: int, count: int
) -> Iterator[tuple[Path, Version]]:
    """An older engine gives the one hardware address it knows to the primary network; gateways go by name."""
    if attachment.mac_address and position > 0:
        yield (*path, "mac_address"), _SEVERAL_CARDS
    if attachment.gw_priority and count > 1:
        yield (*path, "gw_priority"), _GATEWAYS
