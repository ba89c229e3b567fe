"""What the engine tells of what containers use, as `Usage`."""

from collections.abc import Iterator

import msgspec

from minicompose.engine.protocol import Usage
from minicompose.engine.transport import Answer, lines


class _CpuUsage(msgspec.Struct):
    total_usage: int = 0
    percpu_usage: list[int] | None = None


class _Cpu(msgspec.Struct):
    cpu_usage: _CpuUsage = msgspec.field(default_factory=_CpuUsage)
    system_cpu_usage: int = 0
    online_cpus: int = 0


class _Memory(msgspec.Struct):
    usage: int = 0
    limit: int = 0
    stats: dict[str, int] | None = None


class _Pids(msgspec.Struct):
    current: int = 0


class _Network(msgspec.Struct):
    rx_bytes: int = 0
    tx_bytes: int = 0


class _BlockEntry(msgspec.Struct):
    op: str = ""
    value: int = 0


class _Block(msgspec.Struct):
    io_service_bytes_recursive: list[_BlockEntry] | None = None


class _Stats(msgspec.Struct):
    cpu_stats: _Cpu = msgspec.field(default_factory=_Cpu)
    precpu_stats: _Cpu = msgspec.field(default_factory=_Cpu)
    memory_stats: _Memory = msgspec.field(default_factory=_Memory)
    pids_stats: _Pids = msgspec.field(default_factory=_Pids)
    networks: dict[str, _Network] | None = None
    blkio_stats: _Block = msgspec.field(default_factory=_Block)


_decoder = msgspec.json.Decoder(_Stats)


class HttpUsage:
    """A line each second. The first of a stream has nothing before it to be compared with, and is left out."""

    def __init__(self, answer: Answer, *, follow: bool) -> None:
        self._answer = answer
        self._follow = follow

    def __iter__(self) -> Iterator[Usage]:
        told = False
        for number, line in enumerate(lines(self._answer.chunks())):
            if number or not self._follow:
                told = True
                yield usage_in(line)
        if not told and not self._follow:
            yield Usage()  # Podman says nothing of one that does not run

    def close(self) -> None:
        self._answer.close()


def usage_in(line: bytes) -> Usage:
    """From the engine's JSON."""
    told = _decoder.decode(line)
    networks = (told.networks or {}).values()
    return Usage(
        cpu=_cpu_percent(told.cpu_stats, told.precpu_stats),
        memory=_without_cache(told.memory_stats),
        memory_limit=told.memory_stats.limit,
        received=sum(each.rx_bytes for each in networks),
        sent=sum(each.tx_bytes for each in networks),
        read=_transferred(told.blkio_stats, "read"),
        written=_transferred(told.blkio_stats, "write"),
        processes=told.pids_stats.current,
    )


def _cpu_percent(now: _Cpu, before: _Cpu) -> float:
    used = now.cpu_usage.total_usage - before.cpu_usage.total_usage
    passed = now.system_cpu_usage - before.system_cpu_usage
    processors = now.online_cpus or len(now.cpu_usage.percpu_usage or ())
    return used / passed * processors * 100 if used > 0 and passed > 0 else 0.0


def _without_cache(memory: _Memory) -> int:
    """Files that the kernel could drop at once do not count; the two versions of control groups name them otherwise."""
    stats = memory.stats or {}
    cache = stats.get("total_inactive_file", stats.get("inactive_file", 0))
    return memory.usage - cache if cache < memory.usage else memory.usage


def _transferred(block: _Block, operation: str) -> int:
    entries = block.io_service_bytes_recursive or ()
    return sum(entry.value for entry in entries if entry.op.lower() == operation)
