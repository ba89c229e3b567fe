"""What will be needed, begun before it is, while this thread waits for the engine or does something else."""

import importlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from minicompose.execution.events import StepStarted

if TYPE_CHECKING:
    from minicompose.commands.context import OnEvent
    from minicompose.execution.events import AnyEvent

T = TypeVar("T")

# By then the calls of the first steps are at the engine, and whoever made them waits.
_A_MOMENT = 0.01


class Ahead(Generic[T]):
    """A call that is made at once, in a thread of its own; calling this gives its result, or raises its error."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._result: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._make, name="ahead", daemon=True)
        self._thread.start()

    def __call__(self) -> T:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # the call has ended, and not with an error

    def _make(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            self._error = error


def importing(on_event: "OnEvent", *modules: str) -> "OnEvent":
    """`on_event`; when the first step of a run has begun these modules are imported, beside the run."""
    is_begun = False

    def heard(event: "AnyEvent") -> None:
        nonlocal is_begun
        on_event(event)
        if isinstance(event, StepStarted) and not is_begun:
            is_begun = True
            timer = threading.Timer(_A_MOMENT, lambda: [importlib.import_module(module) for module in modules])
            timer.daemon = True
            timer.start()

    return heard
