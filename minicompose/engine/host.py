"""What `GET /info` tells of the engine's host, as `Abilities`."""

import shutil
import socket
from typing import Any

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
        cpus=told.get("NCPU") or 0,
        is_local=address.startswith("unix://") and told.get("Name") == socket.gethostname(),
    )


def _devices(told: dict[str, Any], runtimes: frozenset[str], address: str) -> bool | None:
    if runtimes & set(_VENDORS) or told.get("DiscoveredDevices"):
        return True
    if not address.startswith("unix://"):
        return None
    return shutil.which(_NVIDIA) is not None
