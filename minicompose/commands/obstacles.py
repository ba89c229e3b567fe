"""What around a stack would make its `up` fail: looked for when something is to be done, before anything is."""

from collections.abc import Callable

from minicompose.commands.engine_lacks import as_diagnostic
from minicompose.diagnosis.checks import would_fail
from minicompose.diagnosis.surroundings import look_around
from minicompose.diagnosis.wanted import Wanted
from minicompose.diagnostic import Diagnostic
from minicompose.engine.lacks.lack import Lack
from minicompose.engine.protocol import Abilities, Engine
from minicompose.errors import EngineError, EngineUnreachable
from minicompose.model import Stack
from minicompose.planning.observed import Observed, ObservedContainer


def obstacles(
    host: Callable[[], Abilities],
    everyone: Callable[[], tuple[ObservedContainer, ...]],
    stack: Stack,
    observed: Observed,
    wanted: Wanted,
) -> list[Diagnostic]:
    """What is in the way of what is wanted, and as warnings what may be.

    `host` and `everyone` ask the engine for its `abilities` and for all its containers.
    """
    if wanted.is_nothing:
        return []
    around = look_around(host(), everyone(), stack, wanted)
    return [as_diagnostic(stack, (), lack) for lack in would_fail(stack, observed, wanted, around)]


def not_in_registry(engine: Engine, stack: Stack, wanted: Wanted) -> list[Diagnostic]:
    """The images that are to be pulled and cannot be: a call of its registry for each."""
    found = []
    for image, service in sorted(wanted.pulls.items()):
        try:
            engine.image_digest(image)
        except EngineUnreachable:
            raise
        except EngineError as error:
            why = f"{image} cannot be pulled: {error.message}"
            found.append(as_diagnostic(stack, (), Lack(("services", service, "image"), why, hint=error.hint)))
    return found
