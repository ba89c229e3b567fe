"""The lock: one process has it, and whoever waits learns which."""

import errno
import os
import subprocess
import sys
import threading
import types
from pathlib import Path

import pytest

from minicompose.state.directory import make_directory
from minicompose.state.lock import Holder, read_holder, take

ROOT = Path(__file__).parents[2]
MINE = Holder(pid=1, user="ann", host="desk", command="minicompose up", since=1000.0)
THEIRS = Holder(pid=2, user="bob", host="desk", command="minicompose down", since=2000.0)
HOLD = """
import subprocess, sys
from pathlib import Path
from minicompose.state.lock import Holder, take
held = take(Path(sys.argv[1]), Holder(pid=7, user="eve", host="desk", command="minicompose up", since=0.0))
assert held is not None
child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, close_fds=False)
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "shop"


def test_one_has_it_and_others_learn_who(path: Path) -> None:
    held = take(path, MINE)

    assert held is not None
    assert take(path, THEIRS) is None
    assert read_holder(path) == MINE


def test_whoever_is_next_has_it_when_it_was_released(path: Path) -> None:
    held = take(path, MINE)
    assert held is not None
    held.release()
    held.release()

    following = take(path, THEIRS)

    assert following is not None
    assert read_holder(path) == THEIRS


def test_nothing_is_left_of_it(path: Path) -> None:
    held = take(path, MINE)
    assert held is not None

    held.release()

    assert list(path.parent.iterdir()) == []
    assert read_holder(path) is None


def test_it_is_free_when_its_holder_was_killed_though_a_program_that_it_ran_goes_on(path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        try:
            assert take(path, MINE) is None

            holder.kill()
            holder.wait()

            assert read_holder(path) is not None  # what it wrote is still there, and means nothing
            assert take(path, MINE) is not None
            assert read_holder(path) == MINE
        finally:
            os.kill(child, 9)


def test_however_many_want_it_no_two_have_it_at_once(path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def often(number: int) -> None:
        taken = 0
        while taken < 100:
            if (held := take(path, MINE)) is not None:
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)
                held.release()
                taken += 1

    threads = [threading.Thread(target=often, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1] * 400


def test_whose_file_was_removed_removes_nobody_elses(path: Path) -> None:
    held = take(path, MINE)
    assert held is not None
    path.unlink()
    theirs = take(path, THEIRS)

    held.release()

    assert theirs is not None
    assert read_holder(path) == THEIRS
    assert take(path, MINE) is None


@pytest.mark.parametrize("text", [b"", b"{", b'{"pid": "no"}', b"\xff"])
def test_a_holder_that_cannot_be_read_is_unknown(path: Path, text: bytes) -> None:
    make_directory(path.parent)
    path.write_bytes(text)

    assert read_holder(path) is None
    assert take(path, MINE) is not None


def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    make_directory(path.parent)
    path.symlink_to(precious)

    with pytest.raises(OSError, match="symbolic link"):
        take(path, MINE)

    assert precious.read_text() == "kept"


def test_only_its_owner_can_look_at_it(path: Path) -> None:
    held = take(path, MINE)

    assert held is not None
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to give away")
def test_what_root_makes_in_somebodys_home_is_theirs(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 1234, 1234)

    held = take(home / ".local" / "state" / "locks" / "shop", MINE)

    assert held is not None
    assert {each.stat().st_uid for each in home.rglob("*")} == {1234}


def test_on_windows_a_place_beyond_the_text_is_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked: list[int] = []

    def locking(descriptor: int, mode: int, size: int) -> None:
        assert (mode, size) == (2, 1)
        if locked:
            raise OSError(errno.EACCES, "locked by another process")
        locked.append(os.lseek(descriptor, 0, os.SEEK_CUR))

    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(sys, "platform", "win32")

    held = take(path, MINE)

    assert held is not None
    assert locked == [1 << 30]
    assert take(path, THEIRS) is None
    assert read_holder(path) == MINE
    assert path.stat().st_size < 1000
