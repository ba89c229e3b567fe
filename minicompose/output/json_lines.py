"""One JSON object a line for each event; `docs/progress-json.md` is its description."""

from typing import Any, TextIO

import msgspec

from minicompose.execution.events import AnyEvent, LogLines, RunStarted
from minicompose.model import encode_value
from minicompose.output.reasons import reason_text
from minicompose.planning.plan import Step


class JsonForm:
    """Every event but log lines, which are data and go to standard output."""

    draws = False

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoder = msgspec.json.Encoder(enc_hook=encode_value)

    def show(self, event: AnyEvent) -> None:
        if isinstance(event, LogLines):
            return
        told: Any = _run_started(event) if isinstance(event, RunStarted) else event
        self._stream.write(self._encoder.encode(told).decode() + "\n")
        self._stream.flush()

    def above(self, text: str) -> None:
        """Nothing: every line of this stream is an event."""

    def end(self) -> None: ...


def _run_started(event: RunStarted) -> dict[str, Any]:
    """The plan without what its containers are made of: that may hold secrets, and `plan` shows it."""
    return {
        "event": "RunStarted",
        "at": event.at,
        "project": event.plan.project,
        "steps": [_step(step) for step in event.plan.steps],
        "way_back": [{**_step(step), "reverts": step.reverts, "unless": step.unless} for step in event.plan.way_back],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "subject": step.subject,
        "action": type(step.action).__name__,
        "because": reason_text(step.because),
        "after": step.after,
        "wants": step.wants,
    }
