"""`Interrupts` and the signals behind it."""

import os
import signal
from queue import SimpleQueue

from minicompose.execution.interrupts import Interrupts, handling_hangup, handling_signals


def test_every_press_is_counted_and_told_to_those_who_listen() -> None:
    interrupts = Interrupts()
    heard: list[int] = []

    interrupts.press()
    with interrupts.listening(heard.append):
        interrupts.press()
        interrupts.press()
    interrupts.press()

    assert heard == [2, 3]
    assert interrupts.presses == 4


def test_a_count_from_now_on_begins_at_0_and_the_next_press_is_the_second() -> None:
    interrupts = Interrupts()
    interrupts.press()
    later = interrupts.from_now_on()
    assert later.presses == 0
    heard: list[int] = []

    with later.listening(heard.append):
        interrupts.press()

    assert heard == [2]
    assert (interrupts.presses, later.presses) == (2, 2)


def test_sigint_and_sigterm_wake_who_waits_and_mean_what_they_meant_before_afterwards() -> None:
    interrupts = Interrupts()
    before = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    heard: SimpleQueue[int] = SimpleQueue()

    with handling_signals(interrupts), interrupts.listening(heard.put):
        os.kill(os.getpid(), signal.SIGINT)
        assert heard.get(timeout=10) == 1
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard.get(timeout=10) == 2

    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_the_end_of_the_terminal_is_a_press_unless_it_is_ignored() -> None:
    interrupts = Interrupts()
    before = signal.getsignal(signal.SIGHUP)

    with handling_hangup(interrupts) as told:
        signal.raise_signal(signal.SIGHUP)
    after = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handling_hangup(interrupts) as ignored:
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert interrupts.presses == 1
    assert (told.is_set(), ignored.is_set()) == (True, False)
    assert after == before
