"""Log lines as people read them."""

from typing import Any

from minicompose.execution.events import ContainerExited, LogLine, LogLines, Output
from minicompose.output.log_lines import LogPrinter

TIME = b"2026-11-24T00:30:44.000000000Z"


def printed(*lines: tuple[str, int, bytes], names: tuple[str, ...] = (), **options: Any) -> bytes:
    written: list[bytes] = []
    printer = LogPrinter(written.append, names, **options)
    told = [LogLine(output_of(service, number), TIME, text) for service, number, text in lines]
    printer(LogLines(at=0, lines=told))
    return b"".join(written)


def output_of(service: str, number: int) -> Output:
    return Output(container=f"shop-{service}-{number}", service=service, number=number, stream="stdout")


def test_prefixes_are_aligned_with_the_longest_name_that_will_come() -> None:
    assert printed(("db", 1, b"up"), ("backend", 12, b"ok"), names=("db-1", "backend-12")) == (
        b"db-1        | up\nbackend-12  | ok\n"
    )


def test_each_service_has_one_colour_and_replicas_share_it() -> None:
    out = printed(("db", 1, b"a"), ("web", 1, b"b"), ("web", 2, b"c"), color=True, names=("db-1", "web-1", "web-2"))
    colors = [line.split(b"m", 1)[0] for line in out.splitlines()]

    assert colors[1] == colors[2] != colors[0]
    assert b"\x1b[0ma\n" in out


def test_a_programs_own_colours_stay_and_end_with_the_line() -> None:
    assert printed(("db", 1, b"\x1b[31mred"), prefix=False, color=True) == b"\x1b[31mred\x1b[0m\n"


def test_nothing_is_added_to_lines_where_nothing_is_coloured() -> None:
    assert printed(("db", 1, b"\x1b[31mred"), prefix=False) == b"\x1b[31mred\n"


def test_without_prefix_and_with_times() -> None:
    assert printed(("db", 1, b"up"), prefix=False) == b"up\n"
    assert printed(("db", 1, b"up"), timestamps=True) == b"db-1  | " + TIME + b" up\n"


def test_lines_of_services_that_are_not_wanted_are_left_out() -> None:
    assert printed(("db", 1, b"up"), ("web", 1, b"ok"), services=("web",)) == b"web-1  | ok\n"


def test_a_longer_name_that_comes_later_moves_the_bar() -> None:
    out = printed(("db", 1, b"a"), ("backend", 1, b"b"), ("db", 1, b"c"))

    assert out == b"db-1  | a\nbackend-1  | b\ndb-1       | c\n"


def test_bytes_that_are_not_text_pass_unchanged() -> None:
    assert printed(("db", 1, b"\xff\xfe\r50%"), prefix=False) == b"\xff\xfe\r50%\n"


def test_an_exit_is_told_with_its_code_and_no_control_characters() -> None:
    written: list[bytes] = []

    LogPrinter(written.append)(ContainerExited(at=0, container="shop-db-2", service="db", number=2, exit_code=3))

    assert written == [b"db-2 exited with code 3\n"]
