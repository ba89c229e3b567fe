"""What somebody has changed of a container's limits since it was created: what `docker update` can change."""

from collections.abc import Mapping
from typing import Any

from minicompose.engine.protocol import Drift

# By the name in the engine's HostConfig that of the attribute. MemorySwap is left out: where it is not asked for the
# engine makes one up.
ATTRIBUTES = {
    "BlkioWeight": "blkio_config.weight",
    "CpuPeriod": "cpu_period",
    "CpuQuota": "cpu_quota",
    "CpuRealtimePeriod": "cpu_rt_period",
    "CpuRealtimeRuntime": "cpu_rt_runtime",
    "CpuShares": "cpu_shares",
    "CpusetCpus": "cpuset",
    "Memory": "mem_limit",
    "MemoryReservation": "mem_reservation",
    "NanoCpus": "cpus",
    "PidsLimit": "pids_limit",
    "RestartPolicy": "restart",
}
_NANO_CPUS = 1_000_000_000


def drift(asked: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Drift, ...]:
    """What differs between two HostConfigs: the one that was asked for, and the one that there is.

    What was asked for and is not there is left out: an engine drops what its computer cannot limit.
    """
    pairs = [
        (attribute, _plain(name, asked.get(name)), _plain(name, found.get(name)))
        for name, attribute in ATTRIBUTES.items()
    ]
    return tuple(Drift(attribute=name, asked=old, found=new) for name, old, new in pairs if new and new != old)


def _plain(name: str, value: Any) -> Any:
    """A value as the file language has it; None where it limits nothing."""
    if name == "RestartPolicy":
        policy, most = (value or {}).get("Name") or "no", (value or {}).get("MaximumRetryCount") or 0
        return None if policy == "no" else f"{policy}:{most}" if most else policy
    if name == "NanoCpus" and value:
        return value / _NANO_CPUS
    return None if value in (None, 0, -1, "") else value
