"""What of a stack cannot be carried out, or not by the engine at hand: known before anything is created.

The table of fields says what of it hangs on the engine's API or is refused by every engine. What hangs
on a value, or on the engine's host, is here.
"""

import functools
import pathlib
import re
from collections.abc import Callable, Iterator

import msgspec

from minicompose.engine.protocol import Abilities
from minicompose.fields import CONFIG, NETWORK, SECRET, SERVICE, Field, Form, Many, Record, Scalar, Table
from minicompose.model import Build, Config, Mount, Network, NetworkAttachment, Path, Service
from minicompose.planning.record import primary_first

Version = tuple[int, int]
Wanted = Callable[[Field], bool]


class Lack(msgspec.Struct, frozen=True, order=True):
    """Something that is asked for at `path`, below a service or resource, and not there.

    `harmless`: what runs is what was asked for all the same.
    """

    path: Path
    why: str
    harmless: bool = False
    hint: str = ""


_REMOTE = re.compile(r"^(https?://|git://|ssh://|git@|github\.com/)|\.git(#.*)?$")
_MOUNT_TYPES: dict[str, Version] = {"cluster": (1, 42), "image": (1, 48)}
_RECURSIVE: dict[str, Version] = {"writable": (1, 44), "readonly": (1, 44)}
_SEVERAL_CARDS: Version = (1, 44)
_GATEWAYS: Version = (1, 48)
_CDI: Version = (1, 44)


# ---- whatever the engine ----


def refused(service: Service) -> list[Lack]:
    """What of a service no engine carries out, its build aside."""
    return _refused(service, _narrowed_service("refused"))


def refused_build(build: Build) -> list[Lack]:
    """What of a build the classic builder does not do."""
    kinds = [
        Lack(("cache_from", index), "a cache that is no image needs BuildKit: it is not used", harmless=True)
        for index, entry in enumerate(build.cache_from or ())
        if not cache_image(entry)
    ]
    return [*_refused(build, _narrowed(_form_of("build"), _is_refused)), *kinds]


def cache_image(entry: str) -> str:
    """The image that an entry of `cache_from` names; empty for a cache that is none."""
    if "=" not in entry:
        return entry
    words = dict(word.partition("=")[::2] for word in entry.split(","))
    return words.get("ref", "") if words.get("type", "registry") == "registry" else ""


def is_remote(context: str) -> bool:
    """Whether the engine fetches the context itself: a git repository or an archive's URL."""
    return bool(_REMOTE.search(context)) and not pathlib.Path(context).exists()


def refused_config(config: Config, *, secret: bool) -> list[Lack]:
    """What of a config or secret an engine alone has no place for."""
    return _refused(config, SECRET if secret else CONFIG)


def _refused(value: object, form: Form | None) -> list[Lack]:
    return [
        Lack(path, f"`{field.name}` {field.refused}", field.harmless)
        for path, field in _said(value, form)
        if field.refused
    ]


# ---- by the version of the API ----


def unsupported(service: Service, api: Version) -> list[Lack]:
    """What the engine's API does not know."""
    return sorted({*_too_new(service, _narrowed_service("since"), api), *_too_new_values(service, api)})


def unsupported_network(network: Network, api: Version) -> list[Lack]:
    """The same of a network."""
    return list(_too_new(network, NETWORK, api))


def _too_new(value: object, form: Form | None, api: Version) -> Iterator[Lack]:
    for path, field in _said(value, form):
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


# ---- by what the engine's host has ----

# What the engine drops when its kernel has no control group for it.
_LIMITS: dict[Path, str] = {
    ("cpu_period",): "cpu_period",
    ("cpu_quota",): "cpu_quota",
    ("cpu_shares",): "cpu_shares",
    ("cpus",): "cpu_quota",
    ("cpuset",): "cpuset",
    ("deploy", "resources", "limits", "cpus"): "cpu_quota",
    ("deploy", "resources", "limits", "memory"): "memory",
    ("deploy", "resources", "limits", "pids"): "pids",
    ("deploy", "resources", "reservations", "memory"): "memory",
    ("mem_limit",): "memory",
    ("mem_reservation",): "memory",
    ("mem_swappiness",): "memory",
    ("memswap_limit",): "swap",
    ("oom_kill_disable",): "oom_kill_disable",
    ("pids_limit",): "pids",
}
_WINDOWS_ONLY = ("cpu_count", "cpu_percent")
_DEVICES: Path = ("deploy", "resources", "reservations", "devices")


def depends_on_host(service: Service) -> bool:
    """Whether it says anything that not every host can do, so that the engine has to be asked about its own."""
    return bool(
        service.runtime
        or service.isolation
        or service.credential_spec
        or service.storage_opt
        or service.use_api_socket
        or service.gpus
        or _at(service, _DEVICES)
        or any(mount.type == "npipe" for mount in service.volumes or ())
        or any(_at(service, (name,)) for name in _WINDOWS_ONLY)
        or any(_at(service, path) for path in _LIMITS)
    )


def lacking_on_host(service: Service, host: Abilities) -> list[Lack]:
    """What the engine's host has no runtime, kernel or devices for."""
    return [
        *_limits(service, host),
        *_system(service, host),
        *_runtime(service, host),
        *_device_requests(service, host),
        *_storage(service, host),
    ]


def _limits(service: Service, host: Abilities) -> Iterator[Lack]:
    """The engine drops them, as it says itself, and the container runs without."""
    for path, limit in _LIMITS.items():
        if limit in host.without and _at(service, path):
            yield Lack(path, "the kernel of the engine's host has no control group for this: it is dropped", True)


def _system(service: Service, host: Abilities) -> Iterator[Lack]:
    if host.os == "windows":
        if service.use_api_socket:
            yield Lack(("use_api_socket",), "the engine is on Windows, and has no socket that could be mounted")
        return
    for name in _WINDOWS_ONLY:
        if _at(service, (name,)):
            yield Lack((name,), f"`{name}` is for Windows: the engine drops it", True)
    if service.isolation not in (None, "", "default"):
        yield Lack(("isolation",), f"`isolation: {service.isolation}` is for Windows, and the engine's host is not")
    if service.credential_spec is not None:
        yield Lack(("credential_spec",), "`credential_spec` is for Windows, and the engine's host is not")
    for index, mount in enumerate(service.volumes or ()):
        if mount.type == "npipe":
            yield Lack(("volumes", index, "type"), "named pipes are of Windows, and the engine's host is not")


def _runtime(service: Service, host: Abilities) -> Iterator[Lack]:
    """Newer engines also take the name of a shim, and its path."""
    name = service.runtime
    if not name or name in host.runtimes or "/" in name or name.startswith("io.containerd."):
        return
    hint = f"there are: {', '.join(sorted(host.runtimes))}"
    yield Lack(("runtime",), f'the engine has no runtime "{name}"', hint=hint)


def _device_requests(service: Service, host: Abilities) -> Iterator[Lack]:
    if host.devices is True:
        return
    for path in (("gpus",), _DEVICES):
        if _at(service, path) and host.devices is False:
            hint = "GPUs need nvidia-container-toolkit on the engine's host"
            yield Lack(path, "the engine has no driver for such devices", hint=hint)
        elif _at(service, path):
            why = "the engine does not tell whether it has such devices; without them the container does not start"
            yield Lack(path, why, harmless=True)


def _storage(service: Service, host: Abilities) -> Iterator[Lack]:
    if service.storage_opt and host.storage == "overlay2" and host.filesystem not in ("", "xfs"):
        why = f"the engine keeps containers on {host.filesystem}, and limits their size on xfs with pquota alone"
        yield Lack(("storage_opt",), why)


def _at(value: object, path: Path) -> object:
    for step in path:
        value = getattr(value, str(step), None)
    return value


# ---- the table of fields ----


def _is_refused(field: Field) -> bool:
    return bool(field.refused)


def _is_recent(field: Field) -> bool:
    return field.since > (0, 0)


@functools.cache
def _narrowed_service(mark: str) -> Form | None:
    """The part of a service's attributes that is marked so; a build is looked at where there is one to make."""
    wanted = _is_refused if mark == "refused" else _is_recent
    fields = tuple(field for field in SERVICE.fields if field.name != "build")
    return _narrowed(Record(fields=fields), wanted)


def _form_of(name: str) -> Form:
    return next(field.form for field in SERVICE.fields if field.name == name)


def _narrowed(form: Form, wanted: Wanted) -> Form | None:
    """The form with only the attributes that are wanted, and those that lead to them; None without any."""
    match form:
        case Record(fields=fields):
            kept = []
            for field in fields:
                inside = _narrowed(field.form, wanted)
                if inside is not None or wanted(field):
                    kept.append(msgspec.structs.replace(field, form=inside or Scalar()))
            return Record(fields=tuple(kept)) if kept else None
        case Many(item=item) | Table(item=item):
            inside = _narrowed(item, wanted)
            return None if inside is None else msgspec.structs.replace(form, item=inside)
        case _:
            return None


def _said(value: object, form: Form | None, path: Path = ()) -> Iterator[tuple[Path, Field]]:
    """Each attribute that asks for something, with its path."""
    match form:
        case Record(fields=fields):
            for field in fields:
                inside = getattr(value, field.name, None)
                if _asks(inside, field):
                    yield (*path, field.name), field
                    yield from _said(inside, field.form, (*path, field.name))
        case Many(item=item) if isinstance(value, (list, tuple)):
            for index, entry in enumerate(value):
                yield from _said(entry, item, (*path, index))
        case Table(item=item) if isinstance(value, dict):
            for name, entry in value.items():
                yield from _said(entry, item, (*path, name))
        case _:
            return


def _asks(value: object, field: Field) -> bool:
    if value is None or value == field.idle:
        return False
    return bool(value) or field.idle is not None
