"""`Interrupts` and the signals behind it."""

import os
import signal
import threading
from queue import SimpleQueue

from minicompose.execution.interrupts import Interrupts, handling_hangup, handling_signals
from tests.runs import DEADLINE


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


def test_a_signal_is_told_while_the_main_thread_takes_no_step() -> None:
    interrupts = Interrupts()
    heard: SimpleQueue[int] = SimpleQueue()
    told: list[int] = []

    def press_and_see() -> None:
        signal.raise_signal(signal.SIGINT)  # for this thread, where handlers do not run
        told.append(heard.get(timeout=DEADLINE))

    with handling_signals(interrupts), interrupts.listening(heard.put):
        thread = threading.Thread(target=press_and_see)
        thread.start()
        thread.join(DEADLINE)  # no signal interrupts it: it came to another thread

    assert told == [1]


def test_one_who_waits_inside_another_passes_on_what_is_for_the_other() -> None:
    interrupts, inner = Interrupts(), Interrupts()

    with handling_signals(interrupts):
        with handling_hangup(inner) as told:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)

    assert (interrupts.presses, inner.presses, told.is_set()) == (2, 1, True)


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
