"""Causes in words."""

from typing import assert_never

from minicompose.diagnosis.explanation import (
    AnyCause,
    Disabled,
    Exited,
    ImageMissing,
    NotYetHealthy,
    OutOfMemory,
    Paused,
    PortTaken,
    ResourceMissing,
    Restarted,
    SourceMissing,
    StartFailed,
    Unhealthy,
    Unwanted,
)
from minicompose.diagnosis.phrases import holder_text, size_text
from minicompose.engine.protocol import Probe

_MOST_PROBES = 3


def cause_lines(cause: AnyCause) -> list[str]:
    """A cause in words; a line for each probe of a health check."""
    match cause:
        case Exited(code=code, meaning=meaning):
            return [f"it exited with code {code}" + (f" ({meaning})" if meaning else "")]
        case OutOfMemory(limit=limit):
            return [f"it ran out of memory: its limit is {size_text(limit)}" if limit else _MACHINE_WITHOUT_MEMORY]
        case StartFailed(message=message, hint=hint):
            return [f"the engine could not start it: {message}", *([f"  {hint}"] if hint else [])]
        case Restarted(times=times):
            return [f"its restart policy has started it again {_times(times)}"]
        case Unhealthy(failing=failing, probes=probes):
            row = " in a row" if failing > 1 else ""
            return [f"its health check has failed {_times(failing)}{row}", *_probe_lines(probes)]
        case NotYetHealthy(probes=probes):
            first = "its health check has not passed yet" if probes else "its health check has not been run yet"
            return [first, *_probe_lines(probes)]
        case PortTaken(port=port, protocol=protocol, holder=holder):
            where = f"port {port}" if protocol == "tcp" else f"port {port}/{protocol}"
            return [f"{where} of the host is taken by {holder_text(holder)}"]
        case ImageMissing(image=image, why=why):
            return [f"the engine has no image {image}" + (f": {why}" if why else "")]
        case SourceMissing(source=source, target=target):
            return [f"{source}, to be mounted at {target}, does not exist"]
        case ResourceMissing(type=kind, name=name):
            return [f"the external {kind} {name} does not exist: `docker {kind} create {name}` makes it"]
        case Paused():
            return ["somebody has paused it: `minicompose unpause` lets it go on"]
        case Disabled(profiles=profiles):
            return [f"no active profile has it; it is in {', '.join(profiles)}: `--profile {profiles[0]}`"]
        case Unwanted():
            return ["it is to have no containers: its scale is 0"]
        case _:
            assert_never(cause)


_MACHINE_WITHOUT_MEMORY = "it was killed because the machine had no more memory; it has no limit of its own"


def _probe_lines(probes: tuple[Probe, ...]) -> list[str]:
    """The last probes; what was printed alike several times, once."""
    lines: list[str] = []
    told: tuple[int, str] | None = None
    for probe in probes[-_MOST_PROBES:]:
        output = probe.output.strip()
        if (probe.exit_code, output) == told:
            continue
        told = (probe.exit_code, output)
        first, *rest = output.splitlines() or ["it printed nothing"]
        lines.append(f"  exit code {probe.exit_code}: {first}")
        lines += [f"    {line}" for line in rest]
    return lines


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
