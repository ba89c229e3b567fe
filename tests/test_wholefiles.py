import errno
import os
from pathlib import Path

import pytest

from minicompose.wholefiles import whole_file


def full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_has_its_new_content_when_all_of_it_is_there(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    with whole_file(file) as writing:
        writing.write(b"new")
        writing.flush()
        meanwhile = file.read_text()

    assert (meanwhile, file.read_text()) == ("old", "new")
    assert list(tmp_path.iterdir()) == [file]


def test_what_was_there_stays_where_the_disk_is_full_and_the_error_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    with pytest.raises(OSError, match="No space left") as told, whole_file(file) as writing:
        writing.write(b"half")
        full()

    assert told.value.filename == str(file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_where_there_is_no_directory_the_error_names_what_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as told, whole_file(tmp_path / "no" / "file"):
        pass

    assert told.value.filename == str(tmp_path / "no" / "file")


def test_another_error_comes_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "file"):
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("asked", "found"), [(0o666, 0o640), (0o600, 0o600)])
def test_a_mode_is_cut_by_the_umask(tmp_path: Path, asked: int, found: int) -> None:
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "file", mode=asked):
            pass
    finally:
        os.umask(before)

    assert (tmp_path / "file").stat().st_mode & 0o777 == found


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")

    with whole_file(tmp_path / "link", lasting=True) as writing:
        writing.write(b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_what_is_no_file_is_written_into(tmp_path: Path) -> None:
    with whole_file(Path(os.devnull)) as writing:
        writing.write(b"new")

    assert Path(os.devnull).is_char_device()
