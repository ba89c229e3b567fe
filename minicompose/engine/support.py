"""What of a service an engine cannot carry out: known before anything is created."""

from collections.abc import Iterator

import msgspec

from minicompose.fields import NETWORK, SERVICE, Field, Form, Many, Record, Table
from minicompose.model import Mount, Network, NetworkAttachment, Service

Version = tuple[int, int]

_MOUNT_TYPES: dict[str, Version] = {"cluster": (1, 42), "image": (1, 48)}
_RECURSIVE: dict[str, Version] = {"writable": (1, 44), "readonly": (1, 44)}
_SEVERAL_CARDS: Version = (1, 44)


def unsupported(service: Service, api: Version) -> list[tuple[str, Version]]:
    """What the engine's API does not know: dotted paths below the service, each with the version that does."""
    needed = [*_by_table(service, SERVICE), *_by_value(service)]
    return sorted({(path, version) for path, version in needed if version > api})


def unsupported_network(network: Network, api: Version) -> list[tuple[str, Version]]:
    """The same of a network: dotted paths below it."""
    return [(path, version) for path, version in _by_table(network, NETWORK) if version > api]


def _by_table(value: object, form: Form, path: str = "") -> Iterator[tuple[str, Version]]:
    """Each attribute that is said and has a version in the table of fields."""
    match form:
        case Record(fields=fields):
            for field in fields:
                yield from _by_field(getattr(value, field.name, None), field, path)
        case Many(item=item) if isinstance(value, (list, tuple)):
            for index, entry in enumerate(value):
                yield from _by_table(entry, item, f"{path}{index}.")
        case Table(item=item) if isinstance(value, dict):
            for name, entry in value.items():
                yield from _by_table(entry, item, f"{path}{name}.")
        case _:
            return


def _by_field(value: object, field: Field, path: str) -> Iterator[tuple[str, Version]]:
    if value is None:
        return
    if field.since > (0, 0):
        yield path + field.name, field.since
    if isinstance(value, (msgspec.Struct, tuple, list, dict)):
        yield from _by_table(value, field.form, f"{path}{field.name}.")


def _by_value(service: Service) -> Iterator[tuple[str, Version]]:
    """Attributes that an older engine has, with values that it does not."""
    for index, mount in enumerate(service.volumes or ()):
        yield from _mount_needs(mount, f"volumes.{index}")
    for position, (name, attachment) in enumerate((service.networks or {}).items()):
        yield from _attachment_needs(attachment, f"networks.{name}", several=position > 0)
    if any("/" in device.source and "=" in device.source for device in service.devices or ()):
        yield "devices", (1, 44)


def _mount_needs(mount: Mount, path: str) -> Iterator[tuple[str, Version]]:
    if mount.type in _MOUNT_TYPES:
        yield f"{path}.type", _MOUNT_TYPES[mount.type]
    if mount.bind is not None and mount.bind.recursive in _RECURSIVE:
        yield f"{path}.bind.recursive", _RECURSIVE[mount.bind.recursive]


def _attachment_needs(
    attachment: NetworkAttachment | None, path: str, *, several: bool
) -> Iterator[tuple[str, Version]]:
    """An older engine gives the one hardware address that it knows to the first network."""
    if attachment is not None and attachment.mac_address and several:
        yield f"{path}.mac_address", _SEVERAL_CARDS
