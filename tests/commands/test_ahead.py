"""What is begun before it is needed."""

import threading
from queue import SimpleQueue

import pytest

from minicompose.commands.ahead import Ahead, importing
from minicompose.execution.events import AnyEvent, StepStarted, StepWaits


def test_a_call_is_begun_before_its_result_is_asked_for() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def call() -> int:
        begun.set()
        may_end.wait(10)
        return 3

    result = Ahead(call)
    assert begun.wait(10)
    may_end.set()
    assert result() == 3
    assert result() == 3


def test_its_error_is_raised_where_the_result_is_asked_for() -> None:
    def call() -> int:
        raise ValueError("no")

    result = Ahead(call)
    with pytest.raises(ValueError, match="no"):
        result()


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> SimpleQueue[str]:
    """The modules that are imported by their names."""
    found: SimpleQueue[str] = SimpleQueue()
    monkeypatch.setattr("minicompose.commands.ahead._A_MOMENT", 0.0)
    monkeypatch.setattr("importlib.import_module", found.put)
    return found


def test_modules_are_imported_once_when_the_first_step_has_begun(imported: SimpleQueue[str]) -> None:
    told: list[AnyEvent] = []
    on_event = importing(told.append, "one", "two")
    events = [StepStarted(at=0.0, step=1), StepStarted(at=0.0, step=2)]
    for event in events:
        on_event(event)
    assert [imported.get(timeout=10), imported.get(timeout=10)] == ["one", "two"]
    assert told == events
    assert imported.empty()


def test_nothing_is_imported_for_a_run_that_begins_no_step(imported: SimpleQueue[str]) -> None:
    threads = threading.active_count()
    importing(lambda _: None, "one")(StepWaits(at=0.0, step=1, what="healthy"))
    assert threading.active_count() == threads
    assert imported.empty()
