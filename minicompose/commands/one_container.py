"""One container of a service, for the verbs that work inside one."""

from argparse import ArgumentParser
from collections.abc import Collection

from minicompose.commands.context import Context
from minicompose.errors import ExitCode, MinicomposeError
from minicompose.planning.observed import Observed, ObservedContainer, State

RUNNING: tuple[State, ...] = ("running",)
ALIVE: tuple[State, ...] = ("running", "paused", "restarting")


def configure_index(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--index", type=int, metavar="N", help="which of the service's containers (default: the first that there is)"
    )


def configure_switch(parser: ArgumentParser, *names: str, help: str) -> None:
    """An option that is on unless `=false` is written behind it, as the reference writes it."""
    parser.add_argument(*names, action="store_true", default=True, help=help)


def containers_of(observed: Observed, service: str, *, oneoff: bool = False) -> list[ObservedContainer]:
    """The service's containers by number, those of `run` last where they are wanted."""
    found = [each for each in observed.containers if each.service == service and (oneoff or not each.oneoff)]
    return sorted(found, key=lambda each: (each.oneoff, each.number, each.name))


def find_container(
    context: Context,
    service: str,
    index: int | None,
    states: Collection[State] | None = None,
    *,
    unknown: ExitCode = ExitCode.USAGE,
) -> ObservedContainer:
    """The container that is meant, of those in these states (None: in any). Raises MinicomposeError.

    `unknown` is the exit code where there is no such service.
    """
    observed, services = context.observe()
    context.check_there([service], services, unknown)
    for container in containers_of(observed, service):
        if index in (None, 0, container.number) and (states is None or container.state in states):
            return container
    raise no_container(service, index, runs=states is not None)


def no_container(service: str, index: int | None, *, runs: bool) -> MinicomposeError:
    number = f" number {index}" if index else ""
    return MinicomposeError(
        f'service "{service}" has no {"running " if runs else ""}container{number}',
        "see `minicompose ps -a`; `minicompose up -d` starts what is missing",
    )
