"""Nothing of what goes well, and a line for what has failed."""

from typing import TextIO

from minicompose.execution.events import AnyEvent, RunStarted, StepFailed
from minicompose.output.plain import PlainForm


class QuietForm:
    """Failures, as the plain form tells them."""

    draws = False

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        self._plain = PlainForm(stream, color=color)

    def show(self, event: AnyEvent) -> None:
        if isinstance(event, RunStarted | StepFailed):
            self._plain.show(event)

    def above(self, text: str) -> None:
        self._plain.above(text)

    def end(self) -> None: ...
