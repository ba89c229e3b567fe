"""Tables."""

from minicompose.output.tables import cut, cut_before, display_width, fitted, table


def test_a_table_without_rows_is_its_header() -> None:
    assert table(("NAME", "STATUS"), []) == "NAME   STATUS"


def test_the_widest_cells_are_cut_so_that_a_table_fits() -> None:
    lines = table(("NAME", "PORTS"), [("web", "8080->80/tcp, 8081->81/tcp")], width=20).splitlines()

    assert lines == ["NAME   PORTS", "web    8080->80/tcp…"]


def test_wide_characters_take_two_columns() -> None:
    assert display_width("日本e\u0301") == 5
    assert cut("日本語", 4) == "日…"
    assert table(("A", "B"), [("日本", "x"), ("ab", "y")]).splitlines()[1:] == ["日本   x", "ab     y"]


def test_a_narrow_terminal_goes_without_the_columns_that_matter_least() -> None:
    header = ("NAME", "IMAGE", "STATUS")
    rows = [("shop-web-1", "registry.example.com/shop:latest", "Up 5 minutes (healthy)")]

    assert fitted(header, rows, width=40, spare=(1,)).splitlines() == [
        "NAME         STATUS",
        "shop-web-1   Up 5 minutes (healthy)",
    ]
    assert fitted(header, rows, width=80, spare=(1,)).splitlines()[0].split() == ["NAME", "IMAGE", "STATUS"]
    assert "IMAGE" in fitted(header, rows, width=None, spare=(1,))


def test_no_line_is_wider_than_the_terminal_however_narrow_that_is() -> None:
    header = ("CONTAINER ID", "MEM USAGE / LIMIT", "PIDS")
    rows = [("a91eb4da0116", "320KiB / 23.54GiB", "1")]

    for width in range(9, 50):
        assert all(display_width(line) <= width for line in table(header, rows, width=width).splitlines())


def test_what_would_break_a_line_or_be_obeyed_by_the_terminal_is_a_blank() -> None:
    assert table(("A", "B"), [("one\ntwo", "\x1b[2Jx")]).splitlines() == ["A         B", "one two    [2Jx"]


def test_names_that_begin_alike_are_told_apart_on_a_narrow_terminal() -> None:
    header = ("ID", "NAME", "CPU %")
    rows = [("1", "bookshop-web-1", "0.1%"), ("2", "bookshop-db-1", "0.2%")]

    assert fitted(header, rows, width=18, spare=(0,), tails=(1,)).splitlines() == [
        "NAME         CPU %",
        "…hop-web-1   0.1%",
        "…shop-db-1   0.2%",
    ]
    assert cut_before("日本語", 4) == "…語"
