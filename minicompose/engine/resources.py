"""Limits, reservations and devices of a service, as the engine's HostConfig has them."""

from typing import Any

from minicompose.model import DeviceRate, DeviceRequest, DeviceWeight, Service, Ulimit

Body = dict[str, Any]

_NANO_CPUS = 1_000_000_000
_MICROSECOND = 1_000


def _host(**values: object) -> Body:
    found = {key: value for key, value in values.items() if value is not None}
    return {"HostConfig": found} if found else {}


def cpus(service: Service) -> Body:
    return _host(NanoCpus=_nano_cpus(service.cpus))


def _nano_cpus(count: float | None) -> int | None:
    return None if count is None else round(count * _NANO_CPUS)


def cpu_percent(service: Service) -> Body:
    """The engine takes whole percents."""
    return _host(CpuPercent=None if service.cpu_percent is None else round(service.cpu_percent))


def cpu_rt_period(service: Service) -> Body:
    return _host(CpuRealtimePeriod=_microseconds(service.cpu_rt_period))


def cpu_rt_runtime(service: Service) -> Body:
    return _host(CpuRealtimeRuntime=_microseconds(service.cpu_rt_runtime))


def _microseconds(nanoseconds: int | None) -> int | None:
    return None if nanoseconds is None else int(nanoseconds) // _MICROSECOND


def mem_limit(service: Service) -> Body:
    return _host(Memory=_plain(service.mem_limit))


def mem_reservation(service: Service) -> Body:
    return _host(MemoryReservation=_plain(service.mem_reservation))


def pids_limit(service: Service) -> Body:
    return _host(PidsLimit=service.pids_limit)


def _plain(size: int | None) -> int | None:
    return None if size is None else int(size)


def deploy(service: Service) -> Body:
    """The limits and reservations that a single engine knows."""
    asked = service.deploy.resources if service.deploy else None
    if asked is None:
        return {}
    limits, reservations = asked.limits, asked.reservations
    return _host(
        NanoCpus=_nano_cpus(limits.cpus) if limits else None,
        Memory=_plain(limits.memory) if limits else None,
        PidsLimit=limits.pids if limits else None,
        MemoryReservation=_plain(reservations.memory) if reservations else None,
        DeviceRequests=[_request(asked) for asked in reservations.devices or ()] or None if reservations else None,
    )


def gpus(service: Service) -> Body:
    """A `gpus` entry asks for GPUs without saying so."""
    if service.gpus is None:
        return {}
    requests = [_request(asked) for asked in service.gpus]
    for request in requests:
        if "gpu" not in request["Capabilities"][0]:
            request["Capabilities"][0].append("gpu")
    return _host(DeviceRequests=requests)


def _request(asked: DeviceRequest) -> Body:
    """All of them where neither a number nor ids are given."""
    count = asked.count
    if count is None:
        count = 0 if asked.device_ids else -1
    return {
        "Driver": asked.driver or "",
        "Count": count,
        "DeviceIDs": list(asked.device_ids or ()),
        "Capabilities": [list(asked.capabilities or ())],
        "Options": dict(asked.options or {}),
    }


def devices(service: Service) -> Body:
    """A name like `vendor.com/class=name` is a CDI device, everything else a path."""
    if service.devices is None:
        return {}
    named = [device.source for device in service.devices if _is_cdi(device.source)]
    paths = [
        {
            "PathOnHost": device.source,
            "PathInContainer": device.target or device.source,
            "CgroupPermissions": device.permissions or "rwm",
        }
        for device in service.devices
        if not _is_cdi(device.source)
    ]
    requests = [{"Driver": "cdi", "Count": 0, "DeviceIDs": named, "Capabilities": [], "Options": {}}] if named else None
    return _host(Devices=paths, DeviceRequests=requests)


def _is_cdi(source: str) -> bool:
    return not source.startswith("/") and "/" in source and "=" in source


def ulimits(service: Service) -> Body:
    if service.ulimits is None:
        return {}
    return _host(Ulimits=[ulimit(name, value) for name, value in sorted(service.ulimits.items())])


def ulimit(name: str, value: int | Ulimit) -> Body:
    """A single number is both limits."""
    soft, hard = (value.soft, value.hard) if isinstance(value, Ulimit) else (value, value)
    return {"Name": name, "Soft": int(soft), "Hard": int(hard)}


def blkio_config(service: Service) -> Body:
    asked = service.blkio_config
    if asked is None:
        return {}
    return _host(
        BlkioWeight=asked.weight,
        BlkioWeightDevice=_weights(asked.weight_device),
        BlkioDeviceReadBps=_rates(asked.device_read_bps),
        BlkioDeviceReadIOps=_rates(asked.device_read_iops),
        BlkioDeviceWriteBps=_rates(asked.device_write_bps),
        BlkioDeviceWriteIOps=_rates(asked.device_write_iops),
    )


def _weights(entries: tuple[DeviceWeight, ...] | None) -> list[Body] | None:
    return None if entries is None else [{"Path": entry.path, "Weight": entry.weight} for entry in entries]


def _rates(entries: tuple[DeviceRate, ...] | None) -> list[Body] | None:
    return None if entries is None else [{"Path": entry.path, "Rate": int(entry.rate)} for entry in entries]
