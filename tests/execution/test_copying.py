"""Files on their way into a tar and out of one, and where they come to lie."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose.errors import MinicomposeError
from minicompose.execution.copying import CONTENTS, Place, place_for
from minicompose.execution.packing import packed
from minicompose.execution.unpacking import unpack


@pytest.mark.parametrize(
    ("source", "target", "from_directory", "to_directory", "place"),
    [
        ("/a/file", "/there", False, True, Place("/there", "file")),
        ("/a/file", "/there/", False, True, Place("/there", "file")),
        ("/a/file", "/there/other", False, False, Place("/there", "other")),
        ("/a/file", "/there/new", False, None, Place("/there", "new")),
        ("/a/dir", "/there", True, True, Place("/there", "dir")),
        ("/a/dir/", "/there", True, True, Place("/there", "dir")),
        ("/a/dir/.", "/there", True, True, Place("/there", CONTENTS)),
        ("/a/dir", "/there/new", True, None, Place("/there", "new")),
        ("/a/dir/.", "/there/new/", True, None, Place("/there", "new")),
        ("/", "/there", True, True, Place("/there", CONTENTS)),
    ],
)
def test_what_is_copied_lies_where_docker_cp_puts_it(
    source: str, target: str, place: Place, *, from_directory: bool, to_directory: bool | None
) -> None:
    assert place_for(source, target, from_directory=from_directory, to_directory=to_directory) == place


@pytest.mark.parametrize(
    ("source", "target", "from_directory", "to_directory"),
    [("/a/dir", "/there/file", True, False), ("/a/file", "/there/new/", False, None)],
)
def test_what_can_go_nowhere_is_refused(
    source: str, target: str, *, from_directory: bool, to_directory: bool | None
) -> None:
    with pytest.raises(MinicomposeError):
        place_for(source, target, from_directory=from_directory, to_directory=to_directory)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory with all that an archive can hold."""
    top = tmp_path / "tree"
    (top / "sub").mkdir(parents=True)
    (top / "sub" / "file").write_bytes(b"content" * 1000)
    (top / "sub" / "file").chmod(0o640)
    os.utime(top / "sub" / "file", (1_000_000, 1_000_000))
    (top / "same").hardlink_to(top / "sub" / "file")
    (top / "link").symlink_to("sub/file")
    (top / "empty").touch()
    os.mkfifo(top / "pipe")
    (top / "sub").chmod(0o511)
    return top


def test_a_tree_is_the_same_when_it_comes_out_again(tree: Path, tmp_path: Path) -> None:
    unpack(packed(str(tree), "tree"), Place(str(tmp_path), "again"), own=False)

    again = tmp_path / "again"
    assert (again / "sub" / "file").read_bytes() == b"content" * 1000
    assert (again / "sub" / "file").stat().st_mode & 0o7777 == 0o640
    assert (again / "sub" / "file").stat().st_mtime == 1_000_000
    assert (again / "sub").stat().st_mode & 0o7777 == 0o511
    assert (again / "same").samefile(again / "sub" / "file")
    assert (again / "link").readlink() == Path("sub/file")
    assert (again / "empty").read_bytes() == b""
    assert (again / "pipe").is_fifo()


def test_contents_are_poured_into_a_directory_that_is_there(tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "own").touch()

    unpack(packed(str(tree), "."), Place(str(target), CONTENTS), own=False)

    assert {path.name for path in target.iterdir()} == {"own", "sub", "same", "link", "empty", "pipe"}


def test_a_file_that_becomes_shorter_while_it_is_read_leaves_a_whole_archive(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"x" * 3_000_000)
    pieces = packed(str(file), "log")
    head = [next(pieces), next(pieces)]

    file.write_bytes(b"")
    archive = b"".join([*head, *pieces])

    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert [entry.size for entry in tar] == [3_000_000]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MinicomposeError, match="nowhere"):
        b"".join(packed(str(tmp_path / "nowhere"), "x"))


def test_no_more_than_a_piece_of_a_file_is_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as large:
        large.truncate(1 << 30)

    assert max(map(len, packed(str(file), "large"))) <= 1 << 20


def archive_of(*entries: tarfile.TarInfo) -> Iterator[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"x" * entry.size))
    yield buffer.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, leads_to: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, leads_to, 0o755
    made.size = 1 if kind == tarfile.REGTYPE else 0
    return made


@pytest.mark.parametrize(
    "hostile",
    [
        [entry("dir", tarfile.DIRTYPE), entry("dir/../../escaped")],
        [entry("dir", tarfile.DIRTYPE), entry("/escaped")],
        [entry("link", tarfile.SYMTYPE, ".."), entry("link/escaped")],
        [entry("dir", tarfile.DIRTYPE), entry("dir/../beside")],
        [entry("dir", tarfile.DIRTYPE), entry("dir/link", tarfile.SYMTYPE, "../.."), entry("dir/link/escaped")],
        [entry("dir", tarfile.DIRTYPE), entry("dir/hard", tarfile.LNKTYPE, "../../outside")],
    ],
)
def test_nothing_is_written_outside_of_the_place(tmp_path: Path, hostile: list[tarfile.TarInfo]) -> None:
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "target").mkdir()

    with pytest.raises(MinicomposeError, match="wants to write"):
        unpack(archive_of(*hostile), Place(str(tmp_path / "target"), "dir"), own=False)

    assert {path.name for path in tmp_path.iterdir()} == {"outside", "target"}
    assert {path.name for path in (tmp_path / "target").iterdir()} == {"dir"}
    assert not (tmp_path / "target" / "dir" / "hard").exists()


def test_a_directory_does_not_give_way_to_a_file_nor_a_file_to_a_directory(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(MinicomposeError, match="is a directory"):
        unpack(archive_of(entry("x")), Place(str(tmp_path), "dir"), own=False)
    with pytest.raises(MinicomposeError, match="is no directory"):
        unpack(archive_of(entry("x", tarfile.DIRTYPE)), Place(str(tmp_path), "file"), own=False)


def test_a_file_takes_the_place_of_a_link_and_not_of_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "link").symlink_to("kept")

    unpack(archive_of(entry("x")), Place(str(tmp_path), "link"), own=False)

    assert (tmp_path / "kept").read_text() == "kept"
    assert (tmp_path / "link").read_bytes() == b"x"


def test_a_file_stays_as_it_was_where_its_successor_does_not_come_whole(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"x" * 100_000)
    (tmp_path / "file").write_text("kept")
    archive = b"".join(packed(str(tmp_path / "source"), "source"))

    with pytest.raises(MinicomposeError):
        unpack(iter([archive[:50_000]]), Place(str(tmp_path), "file"), own=False)

    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "source"]


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    with pytest.raises(MinicomposeError, match="no archive"):
        unpack(iter([b"x" * 2000]), Place(str(tmp_path), "file"), own=False)
