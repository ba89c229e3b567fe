"""What the engine's host has no runtime, driver, kernel or devices for."""

from collections.abc import Iterator

from minicompose.engine.lacks.drivers import missing_log_driver
from minicompose.engine.lacks.lack import Lack, at
from minicompose.engine.lacks.limits import beyond_host, speaks_of_size
from minicompose.engine.mounts import goes_as_string
from minicompose.engine.protocol import Abilities
from minicompose.model import Path, Service

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
        or (service.logging and service.logging.driver)
        or speaks_of_size(service)
        or any(mount.bind and mount.bind.selinux for mount in service.volumes or ())
        or at(service, _DEVICES)
        or any(mount.type == "npipe" for mount in service.volumes or ())
        or any(at(service, (name,)) for name in _WINDOWS_ONLY)
        or any(at(service, path) for path in _LIMITS)
    )


def lacking_on_host(service: Service, host: Abilities) -> list[Lack]:
    """What the engine's host has no runtime, kernel or devices for."""
    return [
        *_limits(service, host),
        *_system(service, host),
        *_runtime(service, host),
        *_device_requests(service, host),
        *_storage(service, host),
        *_unlabelled(service, host),
        *beyond_host(service, host),
        *missing_log_driver(service, host),
    ]


def _limits(service: Service, host: Abilities) -> Iterator[Lack]:
    """The engine drops most of them, as it says itself, and the container runs without."""
    for path, limit in _LIMITS.items():
        if limit in host.without and at(service, path):
            why = "the kernel of the engine's host has no control group for this"
            if path[-1] == "cpus":
                yield Lack(path, f"{why}, and the engine refuses it")
            else:
                yield Lack(path, f"{why}: it is dropped", harmless=True)


def _system(service: Service, host: Abilities) -> Iterator[Lack]:
    if host.os == "windows":
        if service.use_api_socket:
            yield Lack(("use_api_socket",), "the engine is on Windows, and has no socket that could be mounted")
        return
    for name in _WINDOWS_ONLY:
        if at(service, (name,)):
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
        if at(service, path) and host.devices is False:
            hint = "GPUs need nvidia-container-toolkit on the engine's host"
            yield Lack(path, "the engine has no driver for such devices", hint=hint)
        elif at(service, path):
            why = "the engine does not tell whether it has such devices; without them the container does not start"
            yield Lack(path, why, harmless=True)


def _unlabelled(service: Service, host: Abilities) -> Iterator[Lack]:
    """Files are labelled by a bind string alone."""
    for index, mount in enumerate(service.volumes or ()):
        if host.selinux and mount.bind and mount.bind.selinux and not goes_as_string(mount):
            why = "the engine labels no files of a mount that is without a source, or has such options beside this one"
            yield Lack(("volumes", index, "bind", "selinux"), why)


def _storage(service: Service, host: Abilities) -> Iterator[Lack]:
    if service.storage_opt and host.storage in ("overlay2", "overlay") and host.filesystem not in ("", "xfs"):
        why = f"the engine keeps containers on {host.filesystem}, and limits their size on xfs with pquota alone"
        yield Lack(("storage_opt",), why)
