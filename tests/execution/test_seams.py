"""Where reading a log was left, and from when it is read on."""

import pytest

from minicompose.execution.events import LogLine, Output
from minicompose.execution.patience import Patience
from minicompose.execution.seams import Mark, a_second_before, reaches_back


@pytest.mark.parametrize(
    "time",
    [
        b"2026-01-02T03:04:05.000000006Z",
        b"2026-01-02T05:04:05.000000006+02:00",
        b"2026-01-01T21:34:05.000000006-05:30",
    ],
)
def test_a_log_is_read_on_from_the_same_moment_in_whatever_zone_the_engine_tells_it(time: bytes) -> None:
    assert a_second_before([Mark(time)]) == "1767323044"


def test_a_log_of_which_nothing_was_read_is_read_from_its_beginning() -> None:
    assert a_second_before([]) == ""


def test_the_end_of_a_wait_that_was_renewed_meanwhile_ends_no_wait() -> None:
    patience = Patience(lambda: None, seconds=3600)
    patience.begin()
    patience.renew()

    patience.end()

    assert not patience.is_over


def test_a_wait_that_was_not_renewed_is_over_at_its_end() -> None:
    patience = Patience(lambda: None, seconds=3600)
    patience.begin()

    patience.end()

    assert patience.is_over
    patience.renew()


@pytest.mark.parametrize(
    ("times", "asked", "told"),
    [
        (["04", "05", "06"], 3, True),
        (["05", "05", "06"], 3, False),
        (["06", "07", "08"], 3, False),
        (["06", "07", "08"], 4, True),
        ([], 3, True),
    ],
)
def test_the_end_of_a_log_is_enough_where_it_begins_before_the_last_line_that_was_read(
    times: list[str], asked: int, told: bool
) -> None:
    output = Output(container="shop-job-1", service="job", number=1, stream="stdout")
    log = [[LogLine(output, f"2026-01-02T03:04:{time}.000000006Z".encode(), b"")] for time in times]
    marks = [Mark(b"2026-01-02T03:04:05.000000006Z"), Mark(b"2026-01-02T03:04:01.000000006Z")]

    assert reaches_back(log, marks, asked=asked) is told
