"""One container of a service, by its number."""

from collections.abc import Collection

from minicompose.commands.context import Context
from minicompose.errors import ExitCode, MinicomposeError
from minicompose.planning.observed import ObservedContainer, State

_RUNNING: tuple[State, ...] = ("running",)


def running_container(
    context: Context, service: str, index: int | None, states: Collection[State] = _RUNNING
) -> ObservedContainer:
    """The one with the number `index`, None for the first, of those in these states. Raises MinicomposeError."""
    observed, services = context.observe()
    context.check_services([service], services, ExitCode.FAILED)
    running = [
        container
        for container in observed.containers
        if container.service == service and not container.oneoff and container.state in states
    ]
    for container in sorted(running, key=lambda container: container.number):
        if index in (None, container.number):
            return container
    number = f" number {index}" if index else ""
    raise MinicomposeError(
        f'service "{service}" has no running container{number}',
        "see `minicompose ps -a`; `minicompose up -d` starts what is missing",
    )
