"""What is begun before it is needed."""

import threading

import pytest

from minicompose.commands.ahead import Ahead, importing


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


def test_a_module_is_there_while_a_block_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicompose.commands.ahead._A_MOMENT", 0.0)
    loaded = threading.Event()
    monkeypatch.setattr("importlib.import_module", lambda _: loaded.set())
    with importing("this"):
        assert loaded.wait(10)


def test_nothing_is_imported_for_a_block_that_is_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicompose.commands.ahead._A_MOMENT", 60.0)
    loaded = threading.Event()
    monkeypatch.setattr("importlib.import_module", lambda _: loaded.set())
    with importing("this"):
        pass
    assert not loaded.is_set()
    assert not [
        thread
        for thread in threading.enumerate()
        if isinstance(thread, threading.Timer) and not thread.finished.is_set()
    ]
