"""A tar of local files, whatever becomes of them while it is made."""

import io
import os
import tarfile
from pathlib import Path

from minicompose.execution.packing import Owner, packed_each


def unpacked(files: list[tuple[str, str]], left_out: list[str] | None = None) -> dict[str, tarfile.TarInfo]:
    data = b"".join(
        packed_each(files, lambda path, error: (left_out if left_out is not None else []).append(path), Owner(7, 8))
    )
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {entry.name: entry for entry in tar}


def test_each_file_is_packed_as_it_is_and_a_directory_without_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir(mode=0o750)
    (tmp_path / "d" / "in").write_text("no")
    (tmp_path / "f").write_text("content")
    (tmp_path / "f").chmod(0o640)
    (tmp_path / "l").symlink_to("f")

    found = unpacked([(str(tmp_path / name), f"app/{name}") for name in ("d", "f", "l")])

    assert set(found) == {"app/d", "app/f", "app/l"}
    assert (found["app/d"].isdir(), found["app/d"].mode) == (True, 0o750)
    assert (found["app/f"].size, found["app/f"].mode) == (7, 0o640)
    assert found["app/l"].linkname == "f"
    assert {(entry.uid, entry.gid, entry.uname, entry.gname) for entry in found.values()} == {(7, 8, "", "")}


def test_what_has_gone_is_left_out_and_the_rest_is_whole(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    left_out: list[str] = []

    found = unpacked([(str(tmp_path / "gone"), "gone"), (str(tmp_path / "f"), "f")], left_out)

    assert set(found) == {"f"}
    assert left_out == [str(tmp_path / "gone")]


def test_a_file_that_becomes_shorter_while_it_is_read_spoils_nothing(tmp_path: Path) -> None:
    file, other = tmp_path / "f", tmp_path / "g"
    file.write_bytes(b"x" * 3_000_000)
    other.write_text("after")
    pieces = packed_each([(str(file), "f"), (str(other), "g")], lambda *_: None, Owner(0, 0))
    data = next(pieces)
    os.truncate(file, 10)
    data += b"".join(pieces)

    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert [(entry.name, entry.size) for entry in tar] == [("f", 3_000_000), ("g", 5)]


def test_a_socket_is_left_out(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(tmp_path / "s"))

        assert unpacked([(str(tmp_path / "s"), "s")]) == {}
