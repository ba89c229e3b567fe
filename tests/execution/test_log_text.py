"""Output cut into lines, merged, and read on where it was left."""

from collections.abc import Iterator

import pytest

from minicompose.engine.protocol import LogChunk
from minicompose.execution.events import LogLine, Output
from minicompose.execution.log_text import MOST_RECORDS, RECORD, Lines
from minicompose.execution.logs import lines_of, merged
from minicompose.execution.seams import Mark, beyond
from minicompose.execution.sources import Source

STAMP = b"2026-11-24T00:30:44.789834694Z "
TIME = b"2026-11-24T00:30:44.789834694Z"
OUTPUT = Output(container="shop-web-1", service="web", number=1, stream="stdout")


def cut(text: bytes, size: int | None = None, *, timed: bool = True) -> list[tuple[bytes, bytes]]:
    """The lines of a text that comes in pieces of this size."""
    lines = Lines(OUTPUT, timed=timed)
    size = size or len(text)
    found = [line for at in range(0, len(text), size) for line in lines.feed(text[at : at + size])]
    return [(line.time, line.text) for line in (*found, *lines.flush())]


@pytest.mark.parametrize("size", [1, 2, 7, 33, 1000])
def test_lines_are_found_however_the_output_is_cut(size: int) -> None:
    text = STAMP + b"one\n" + STAMP + b"two\r\n" + STAMP + b"10%\r20%\n" + STAMP + b"\n" + STAMP + b"\xff\xfe"

    assert cut(text, size) == [(TIME, b"one"), (TIME, b"two"), (TIME, b"10%\r20%"), (TIME, b""), (TIME, b"\xff\xfe")]


def test_the_times_inside_a_long_line_are_taken_out() -> None:
    parts = [b"x" * RECORD, b"y" * RECORD, b"end"]

    long = b"".join(STAMP + part for part in parts)

    assert cut(STAMP + b"before\n" + long + b"\n" + STAMP + b"after\n") == [
        (TIME, b"before"),
        (TIME, b"".join(parts)),
        (TIME, b"after"),
    ]


def test_a_line_without_end_is_passed_on_in_pieces_and_nothing_of_it_is_lost() -> None:
    records = 2 * MOST_RECORDS + MOST_RECORDS // 2

    found = cut((STAMP + b"x" * RECORD) * records, len(STAMP) + RECORD)

    assert len(found) == 3
    assert sum(len(text) for _, text in found) == RECORD * records
    assert not any(text.strip(b"x") for _, text in found)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"2026-11-24T00:30:44.5Z", b"2026-11-24T00:30:44.500000000Z"),
        (b"2026-11-24T00:30:44Z", b"2026-11-24T00:30:44.000000000Z"),
        (b"2026-11-24T01:30:44.25+01:00", b"2026-11-24T01:30:44.250000000+01:00"),
    ],
)
def test_times_have_one_width_whatever_the_engine_writes(written: bytes, told: bytes) -> None:
    assert cut(written + b" one\n") == [(told, b"one")]


def test_a_line_that_was_given_no_time_has_that_of_the_line_before() -> None:
    assert cut(STAMP + b"one\n" + b"two\n") == [(TIME, b"one"), (TIME, b"two")]


@pytest.mark.parametrize("size", [1, 2, 7, 33, 1000])
def test_without_times_what_looks_like_one_is_the_programs_own(size: int) -> None:
    text = STAMP + b"one\n" + b"two\r\n" + b"10%\r20%\n" + b"\n" + STAMP + b"no end"

    found = cut(text, size, timed=False)

    assert found == [(b"", each) for each in (STAMP + b"one", b"two", b"10%\r20%", b"", STAMP + b"no end")]


def test_without_times_a_line_without_end_is_passed_on_in_pieces_too() -> None:
    text = STAMP + b"x" * RECORD * (2 * MOST_RECORDS)

    found = cut(text, RECORD, timed=False)

    assert len(found) == 3
    assert b"".join(part for _, part in found) == text


def test_unfinished_lines_of_two_outputs_are_kept_apart() -> None:
    source = Source(handle="1", container="shop-web-1", service="web", number=1, state="running")
    stream = [
        LogChunk(stream="stdout", data=STAMP + b"out"),
        LogChunk(stream="stderr", data=STAMP + b"err\n"),
        LogChunk(stream="stdout", data=b"put\n" + STAMP + b"rest"),
    ]

    found = [(line.output.stream, line.text) for lines in lines_of(source, Printed(stream)) for line in lines]

    assert found == [("stderr", b"err"), ("stdout", b"output"), ("stdout", b"rest")]


class Printed:
    """A log that is there already."""

    def __init__(self, chunks: list[LogChunk]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[LogChunk]:
        return iter(self._chunks)

    def close(self) -> None: ...


# ---- merging ----


def at(*times: int, text: bytes = b"") -> list[LogLine]:
    return [LogLine(OUTPUT, b"%03d" % time, text or b"%d" % time) for time in times]


def texts(lines: list[LogLine]) -> list[bytes]:
    return [line.text for line in lines]


def test_logs_that_come_in_pieces_are_merged_by_time() -> None:
    logs = [[at(1, 4, 9), at(10, 11)], [at(2), at(3, 5), at(20)], [], [at(6, 7)]]

    found = [line.time for lines in merged(map(iter, logs)) for line in lines]

    assert found == sorted(line.time for log in logs for lines in log for line in lines)


def test_lines_of_one_time_stay_in_the_order_of_their_log() -> None:
    logs = [[[LogLine(OUTPUT, b"1", b"a%d" % count) for count in range(3)]], [at(0), [LogLine(OUTPUT, b"1", b"b")]]]

    found = [line.text for lines in merged(map(iter, logs)) for line in lines if line.text.startswith(b"a")]

    assert found == [b"a0", b"a1", b"a2"]


def test_a_log_whose_clock_was_set_back_stays_in_its_order() -> None:
    logs = [[at(5, 6, 2, 3), at(4, 9)], [at(1), at(5, 7)]]

    found = [line.text for lines in merged(map(iter, logs)) for line in lines]

    assert found == [b"1", b"5", b"5", b"6", b"2", b"3", b"4", b"7", b"9"]


# ---- reading on ----


def test_what_was_read_is_left_out_when_a_log_is_read_from_before_its_end() -> None:
    marks: dict[str, Mark] = {}
    first = list(beyond(marks, [at(1, 2), at(3)]))
    again = list(beyond(marks, [at(2), at(3, 4), at(5)]))

    assert [texts(lines) for lines in first + again] == [[b"1", b"2"], [b"3"], [b"4"], [b"5"]]


def test_a_line_of_the_very_time_of_the_last_one_is_neither_lost_nor_doubled() -> None:
    marks: dict[str, Mark] = {}
    list(beyond(marks, [at(1), at(7, text=b"one")]))
    again = list(beyond(marks, [at(7, text=b"one"), at(7, text=b"two")]))
    third = list(beyond(marks, [at(7, text=b"one") + at(7, text=b"two") + at(7, text=b"three")]))

    assert [texts(lines) for lines in again + third] == [[b"two"], [b"three"]]


def test_after_the_seam_a_clock_that_is_set_back_loses_nothing() -> None:
    marks = {"stdout": Mark(b"005", 1)}

    assert [texts(lines) for lines in beyond(marks, [at(5), at(6), at(3, 4)])] == [[b"6"], [b"3", b"4"]]
