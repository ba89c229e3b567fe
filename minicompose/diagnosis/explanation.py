"""Why a container does not run or is not healthy, as a value."""

from typing import Literal

import msgspec

from minicompose.diagnosis.ports import Holder
from minicompose.engine.protocol import Probe


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Frozen and by keyword."""


class Cause(Value, frozen=True, kw_only=True, tag_field="kind", tag=str):
    """One of a closed union; the tag is the class's name."""


class Exited(Cause, frozen=True, kw_only=True):
    """`meaning` is what a shell, the kernel or the engine means by the code, where it means something."""

    code: int
    meaning: str = ""


class OutOfMemory(Cause, frozen=True, kw_only=True):
    """The kernel has killed it; `limit` in bytes is its own, 0 where it had none and the machine had no more."""

    limit: int = 0


class StartFailed(Cause, frozen=True, kw_only=True):
    """The engine could not start it."""

    message: str
    hint: str = ""


class Restarted(Cause, frozen=True, kw_only=True):
    """Its restart policy has started it again, so many times."""

    times: int


class Unhealthy(Cause, frozen=True, kw_only=True):
    """`failing` of its health checks have failed in a row; `probes` are the last ones, the newest last."""

    failing: int
    probes: tuple[Probe, ...] = ()


class NotYetHealthy(Cause, frozen=True, kw_only=True):
    """It runs, and its health check has not passed yet."""

    probes: tuple[Probe, ...] = ()


class PortTaken(Cause, frozen=True, kw_only=True):
    port: int
    protocol: str
    holder: Holder


class ImageMissing(Cause, frozen=True, kw_only=True):
    """The engine does not have it; `why` it could not be had."""

    image: str
    why: str = ""


class SourceMissing(Cause, frozen=True, kw_only=True):
    """What is to be mounted at `target` does not exist."""

    source: str
    target: str


class ResourceMissing(Cause, frozen=True, kw_only=True):
    """An external network or volume that does not exist."""

    type: Literal["network", "volume"]
    name: str


class Paused(Cause, frozen=True, kw_only=True):
    """Somebody has paused it."""


class Disabled(Cause, frozen=True, kw_only=True):
    """The service is in profiles of which none is active."""

    profiles: tuple[str, ...]


class Unwanted(Cause, frozen=True, kw_only=True):
    """The service is to have no containers."""


AnyCause = (
    Exited
    | OutOfMemory
    | StartFailed
    | Restarted
    | Unhealthy
    | NotYetHealthy
    | PortTaken
    | ImageMissing
    | SourceMissing
    | ResourceMissing
    | Paused
    | Disabled
    | Unwanted
)

# The engine's words, and two more: a container that completed ended with 0, one that is absent does not exist.
Condition = Literal[
    "absent", "created", "running", "paused", "restarting", "removing", "exited", "dead", "completed", "healthy",
    "unhealthy", "starting",
]  # fmt: skip


# What a service waits for another to be.
Awaited = Literal["started", "healthy", "completed"]


class Explanation(Value, frozen=True, kw_only=True):
    """One container of a service, or a service that has none; `container` is then the name it would have.

    `well`: it runs, is healthy where it has a health check, or has done its work. `since` is the moment at
    which it was started, or ended if it has. `output` are the last lines that it printed, when it is not well.
    """

    service: str
    container: str
    condition: Condition
    well: bool
    since: str = ""
    causes: tuple[AnyCause, ...] = ()
    waits_for: tuple["Wait", ...] = ()
    output: tuple[str, ...] = ()


class Wait(Value, frozen=True, kw_only=True):
    """It is not started before `service` is as `condition` says; `by` tells why that is not so.

    `by` is None where the service was never heard of.
    """

    service: str
    condition: Awaited
    by: Explanation | None = None
