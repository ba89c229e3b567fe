"""Changes that come together are one batch."""

import pytest

from minicompose.watching.batches import Batch


def test_nothing_is_due_without_a_change() -> None:
    assert Batch().due_in(5.0) is None


def test_a_single_save_is_due_some_tens_of_milliseconds_later() -> None:
    batch = Batch()
    batch.add("/a", 10.0)

    assert batch.due_in(10.0) == pytest.approx(0.02)
    assert batch.due_in(10.02) == 0
    assert batch.take() == ("/a",)
    assert batch.due_in(10.03) is None


def test_what_comes_meanwhile_is_in_the_same_batch() -> None:
    batch = Batch(quiet=0.02)
    batch.add("/a", 10.0)
    batch.add("/b", 10.015)
    batch.add("/a", 10.03)

    assert batch.due_in(10.03) == pytest.approx(0.02)
    assert batch.take() == ("/a", "/b")


def test_changes_without_end_are_dealt_with_all_the_same() -> None:
    batch, now = Batch(quiet=0.02, longest=0.3), 10.0
    while batch.due_in(now) != 0:
        batch.add(f"/{now}", now)
        now += 0.01

    assert 0.3 <= now - 10.0 <= 0.32


def test_a_burst_of_a_thousand_files_makes_few_batches() -> None:
    batch, batches = Batch(), 0
    for number in range(1000):
        now = 10 + number / 2000
        if batch.due_in(now) == 0:
            batches += len(batch.take()) > 0
        batch.add(f"/{number}", now)

    assert batches + 1 <= 3
