"""Limits that no engine accepts, or not on a host of this size: each is refused when a container is created."""

from collections.abc import Iterator

from minicompose.engine.lacks.lack import Lack, at
from minicompose.engine.protocol import Abilities
from minicompose.model import Path, Service, Ulimit

_MEGABYTE = 1 << 20
_PERIODS = range(1_000, 1_000_001)
_OOM_SCORES = range(-1_000, 1_001)
_LIMITS: Path = ("deploy", "resources", "limits")

# Where each is written: what stands first counts.
_CPUS: tuple[Path, ...] = ((*_LIMITS, "cpus"), ("cpus",))
_MEMORY: tuple[Path, ...] = ((*_LIMITS, "memory"), ("mem_limit",))
_RESERVED: tuple[Path, ...] = (("deploy", "resources", "reservations", "memory"), ("mem_reservation",))


def impossible(service: Service) -> Iterator[Lack]:
    """What contradicts itself, or is outside of what the kernel takes."""
    yield from _memory(service)
    yield from _cpu_time(service)
    if service.shm_size is not None and service.shm_size < 0:
        yield Lack(("shm_size",), f"{int(service.shm_size)} is less than nothing")
    if service.oom_score_adj is not None and service.oom_score_adj not in _OOM_SCORES:
        yield Lack(("oom_score_adj",), f"{service.oom_score_adj} is not between -1000 and 1000")
    for name, value in (service.ulimits or {}).items():
        if isinstance(value, Ulimit) and 0 <= value.hard < value.soft:
            why = f"the soft limit {value.soft} is above the hard limit {value.hard}"
            yield Lack(("ulimits", name), why)


def beyond_host(service: Service, host: Abilities) -> Iterator[Lack]:
    """More processors than the host has, or less memory than its engine starts a container with."""
    path, cpus = _first(service, _CPUS)
    if host.cpus and cpus > host.cpus:
        yield Lack(path, f"the engine's host has {host.cpus} CPUs, and the engine refuses to give {cpus:g}")
    if host.cpus and service.cpuset and len(named := _cpus_of(service.cpuset)) > host.cpus:
        yield Lack(("cpuset",), f"these are {len(named)} CPUs, and the engine's host has {host.cpus}")
    for places in (_MEMORY, _RESERVED):
        path, size = _first(service, places)
        if 0 < size < host.least_memory:
            yield Lack(path, f"the engine takes no less than {host.least_memory // _MEGABYTE}m")


def speaks_of_size(service: Service) -> bool:
    """Whether `beyond_host` could find anything."""
    return bool(service.cpuset or any(_first(service, places)[1] for places in (_CPUS, _MEMORY, _RESERVED)))


def _memory(service: Service) -> Iterator[Lack]:
    _, memory = _first(service, _MEMORY)
    path, reserved = _first(service, _RESERVED)
    if memory and reserved > memory:
        yield Lack(path, "more memory is reserved than the limit allows")
    swap = service.memswap_limit or 0
    if swap > 0 and not memory:
        yield Lack(("memswap_limit",), "it is a limit of memory and swap together, and there is none of memory")
    elif 0 < swap < memory:
        yield Lack(("memswap_limit",), "it is a limit of memory and swap together, and below that of memory alone")
    if service.mem_swappiness is not None and not -1 <= service.mem_swappiness <= 100:
        yield Lack(("mem_swappiness",), f"{service.mem_swappiness} is not between 0 and 100")


def _cpu_time(service: Service) -> Iterator[Lack]:
    path, cpus = _first(service, _CPUS)
    for name in ("cpu_period", "cpu_quota"):
        if cpus and getattr(service, name):
            why = f"`{path[-1]}` is a quota for a period, and so it excludes `{name}`"
            yield Lack((name,), why, hint="keep one of them")
    period, quota = service.cpu_period, service.cpu_quota
    if period and period not in _PERIODS:
        yield Lack(("cpu_period",), f"{period} is not between 1000 and 1000000 microseconds")
    if service.cpu_rt_period and (service.cpu_rt_runtime or 0) > service.cpu_rt_period:
        yield Lack(("cpu_rt_runtime",), "it is longer than the period that it is a part of")
    if quota and 0 < quota < _PERIODS.start:
        yield Lack(("cpu_quota",), f"{quota} is below 1000 microseconds")


def _first(service: Service, places: tuple[Path, ...]) -> tuple[Path, float]:
    """The value that counts, and where it stands; 0 is none."""
    for path in places:
        value = at(service, path)
        if isinstance(value, int | float):
            return path, value
    return places[0], 0


def _cpus_of(text: str) -> set[int]:
    """The processors that `0-2,4` names; the engine has the word for what is no such list."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            found.update(range(int(first), min(int(last or first), int(first) + 10_000) + 1))
    return found
