"""Waiting for containers to end, and the code of each as it does."""

from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from typing import assert_never

import msgspec

from minicompose.engine.protocol import Engine
from minicompose.errors import MinicomposeError, NotFound
from minicompose.execution.subscription import Happened, StreamLive, StreamLost, Subscription, Tidings


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    container: str
    exit_code: int


def endings(engine: Engine, project: str, containers: Iterable[str]) -> Iterator[Ending]:
    """The ends of these containers, given by their ids, as they come; at once of those that are over.

    Raises MinicomposeError for one that was removed without anybody seeing how it ended, EngineUnreachable
    when the engine is gone for good.
    """
    waiting = dict.fromkeys(containers)
    tidings: SimpleQueue[Tidings] = SimpleQueue()
    subscription = Subscription(engine, project, tidings.put)
    subscription.open()
    try:
        while waiting:
            for ending in _told_by(engine, tidings.get(), waiting):
                del waiting[ending.container]
                yield ending
    finally:
        subscription.close()


def _told_by(engine: Engine, tidings: Tidings, waiting: Iterable[str]) -> list[Ending]:
    match tidings:
        case StreamLive():
            return [ending for container in waiting if (ending := _seen(engine, container))]
        case Happened(event):
            is_end = event.action == "die" and event.exit_code is not None and event.id in waiting
            return [Ending(container=event.id, exit_code=event.exit_code or 0)] if is_end else []
        case StreamLost(error):
            raise error
        case _:
            assert_never(tidings)


def _seen(engine: Engine, container: str) -> Ending | None:
    """The end of one that is over; None while it runs."""
    try:
        state = engine.inspect_container(container)
    except NotFound:
        raise MinicomposeError(f"container {container[:12]} was removed while it was waited for") from None
    if state.state not in ("exited", "dead"):
        return None
    return Ending(container=container, exit_code=state.exit_code)
