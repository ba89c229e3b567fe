"""One container that is followed, and what the end of its log means."""

from typing import Literal, assert_never

import msgspec

from minicompose.engine.protocol import ContainerState, LogStream
from minicompose.execution.seams import Mark
from minicompose.execution.sources import Source

# Which exit of a container ends all: any but that of a job which is done, or only one that is not 0.
AbortOn = Literal["exit", "failure"]


class Followed(msgspec.Struct):
    """One container that is followed.

    `lives` counts its starts that were seen; `marks` say how far each of its outputs has been read.
    `told_by_list`: it was found to have been started before the event that tells so came.
    `signalled`: somebody has sent its command a signal, as a stop does.

    Belongs to the follower's conductor, except `marks` and `stream`: these to the thread that reads, while there is
    one.
    """

    id: str
    source: Source
    tail: int | None = None
    since: str = ""
    marks: dict[str, Mark] = {}
    alive: bool = True
    reading: bool = False
    readable: bool = True
    told_by_list: bool = False
    signalled: bool = False
    lives: int = 0
    read_life: int = 0
    code: int | None = None
    stream: LogStream | None = None

    @property
    def was_seen_running(self) -> bool:
        return self.lives > 0 or self.source.state == "running"

    def ends_all(self, code: int, abort_on: AbortOn | None) -> bool:
        """Whether its exit with `code` is one that `abort_on` speaks of."""
        if self.source.leaves and not self.lives:
            return False
        match abort_on:
            case None:
                return False
            case "failure":
                return code != 0
            case "exit":
                return code != 0 or not self.source.job
            case _:
                assert_never(abort_on)


class LogEnded(msgspec.Struct, frozen=True):
    """A container's log has ended. `state` is how the container was found then, None where the engine did not say.

    `heard` is whether the log had anything, `gone` that there is no such container any more, and
    `unreadable` says why there is no log.
    """

    id: str
    state: ContainerState | None = None
    heard: bool = False
    gone: bool = False
    unreadable: str = ""


class HistoryRead(msgspec.Struct, frozen=True):
    """What these containers had printed before has been passed on."""

    ids: tuple[str, ...]


class ReadOn(msgspec.Struct, frozen=True):
    """There is more to come of its log."""


class Restarts(msgspec.Struct, frozen=True):
    """It exited, and the engine starts it again; an event will tell of that."""

    code: int


class Ended(msgspec.Struct, frozen=True):
    """It exited, and is not restarted by the engine."""

    code: int


def what_follows(found: Followed, ended: LogEnded) -> ReadOn | Restarts | Ended | None:
    """What the end of a container's log means; None when an event will tell."""
    if found.lives > found.read_life:
        return ReadOn()  # it was started again meanwhile
    if ended.gone:
        return Ended(found.code or 0)
    return _judge(ended.state, ended.heard) if ended.state is not None else None


def _judge(state: ContainerState, heard: bool) -> ReadOn | Restarts | Ended | None:
    match state.state:
        case "exited" | "dead" | "removing":
            return Ended(state.exit_code)
        case "restarting":
            return Restarts(state.exit_code)
        case "running" | "paused":
            return ReadOn() if heard else None  # the stream broke, not the container
        case "created":
            return None
        case _:
            assert_never(state.state)
