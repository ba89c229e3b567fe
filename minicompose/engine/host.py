"""What `GET /info` tells of the engine's host, as `Abilities`."""

import contextlib
import shutil
import socket
from pathlib import Path
from typing import Any

from minicompose.engine.podman.checks import makes_checks
from minicompose.engine.protocol import Abilities

# The engine's words for the control groups that its kernel may lack.
_LIMITS = {
    "CPUSet": "cpuset",
    "CPUShares": "cpu_shares",
    "CpuCfsPeriod": "cpu_period",
    "CpuCfsQuota": "cpu_quota",
    "MemoryLimit": "memory",
    "OomKillDisable": "oom_kill_disable",
    "PidsLimit": "pids",
    "SwapLimit": "swap",
}
# With this program on its PATH an engine gives GPUs to containers, whatever runtimes it has.
_NVIDIA = "nvidia-container-runtime-hook"
_VENDORS = ("nvidia", "amd")


# Where an engine looks for plugins that are no images of its own, each as NAME.sock, NAME.spec or NAME.json.
_PLUGIN_PLACES = ("/run/docker/plugins", "/etc/docker/plugins", "/usr/lib/docker/plugins")
# The least memory that Docker starts a container with on Linux.
_LEAST_MEMORY = 6 << 20


def abilities(told: dict[str, Any], address: str) -> Abilities:
    """`address` is the engine's: of one on this machine more is known than it tells."""
    runtimes = frozenset(told.get("Runtimes") or ())
    status = dict(entry for entry in told.get("DriverStatus") or () if len(entry) == 2)
    return Abilities(
        os=told.get("OSType") or "linux",
        runtimes=runtimes,
        devices=_devices(told, runtimes, address),
        without=frozenset(limit for word, limit in _LIMITS.items() if told.get(word) is False),
        storage=told.get("Driver") or "",
        filesystem=status.get("Backing Filesystem", ""),
        root=told.get("DockerRootDir") or "",
        arch=told.get("Architecture") or "",
        memory=told.get("MemTotal") or 0,
        is_local=address.startswith("unix://") and told.get("Name") == socket.gethostname(),
        network_drivers=_listed(told, "Network"),
        volume_drivers=_listed(told, "Volume"),
        log_drivers=_listed(told, "Log"),
        plugins=_plugins() if address.startswith("unix://") else None,
        swarm_manager=bool((told.get("Swarm") or {}).get("ControlAvailable")),
        selinux=any(option.startswith("name=selinux") for option in told.get("SecurityOptions") or ()),
        cpus=0 if _is_podman(told) else told.get("NCPU") or 0,
        least_memory=_LEAST_MEMORY if told.get("OSType", "linux") == "linux" and not _is_podman(told) else 0,
        makes_checks=not _is_podman(told) or makes_checks(told),
    )


def _listed(told: dict[str, Any], kind: str) -> frozenset[str]:
    return frozenset((told.get("Plugins") or {}).get(kind) or ())


def _is_podman(told: dict[str, Any]) -> bool:
    """It leaves limits to the kernel."""
    return "BuildahVersion" in told


def _plugins() -> frozenset[str]:
    found: set[str] = set()
    for place in _PLUGIN_PLACES:
        with contextlib.suppress(OSError):
            found.update(entry.name.partition(".")[0] for entry in Path(place).iterdir())
    return frozenset(found)


def _devices(told: dict[str, Any], runtimes: frozenset[str], address: str) -> bool | None:
    if _is_podman(told):
        return True  # that it gives out none in this way is told by `lacks.podman`
    if runtimes & set(_VENDORS) or told.get("DiscoveredDevices"):
        return True
    if not address.startswith("unix://"):
        return None
    return shutil.which(_NVIDIA) is not None
