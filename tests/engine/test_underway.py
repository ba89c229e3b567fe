"""What goes on for long, and is called off."""

import threading

import pytest

from minicompose.engine.underway import Underway
from minicompose.errors import CalledOff


def test_what_is_called_off_fails_and_what_begins_later_goes_on() -> None:
    underway, ended = Underway(), threading.Event()

    with underway.holding(ended.set):
        pass
    assert not ended.is_set()
    with pytest.raises(CalledOff), underway.holding(ended.set):
        underway.call_off()
    with underway.holding(ended.set):
        assert ended.is_set()


def test_another_way_to_end_it_counts_from_then_on_and_not_when_it_has_ended() -> None:
    underway, first, second = Underway(), threading.Event(), threading.Event()

    with pytest.raises(CalledOff), underway.holding(first.set) as end_by:
        end_by(second.set)
        underway.call_off()
        assert (first.is_set(), second.is_set()) == (False, True)
        with pytest.raises(CalledOff):
            end_by(first.set)
