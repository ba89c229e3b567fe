"""Where revisions are kept."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from minicompose.history.revision import Revision, encode
from minicompose.history.store import KEPT, Store
from tests.history.making import revision_of
from tests.stack_of import stack_of

ROOT = Path(__file__).parents[2]
REVISION = revision_of(stack_of("services: {a: {image: a}}"))


def numbered(number: int) -> Revision:
    return msgspec.structs.replace(REVISION, number=number)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, "unix:///var/run/docker.sock", "shop")


def numbers(store: Store) -> list[int]:
    return [revision.number for revision in store.read().revisions]


def names(store: Store) -> list[str]:
    return sorted(path.name for path in store.directory.iterdir())


def test_a_project_that_was_never_brought_up_has_no_history(store: Store) -> None:
    assert store.read().revisions == ()
    assert store.newest() is None


def test_revisions_are_numbered_from_one(store: Store) -> None:
    assert [store.add(numbered).number for _ in range(3)] == [1, 2, 3]
    assert store.read().revisions == (numbered(1), numbered(2), numbered(3))
    assert store.newest() == numbered(3)


def test_projects_and_engines_have_histories_of_their_own(tmp_path: Path) -> None:
    stores = [
        Store(tmp_path, engine, project)
        for engine in ("ssh://a.b", "ssh://a-b", "unix:///var/run/docker.sock")
        for project in ("shop", "blog")
    ]

    for store in stores:
        store.add(numbered)

    assert [numbers(store) for store in stores] == [[1]] * 6


def test_nobody_else_can_read_it(store: Store) -> None:
    store.add(numbered)

    (file,) = store.directory.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700


def test_the_oldest_go_when_there_are_too_many(store: Store) -> None:
    for _ in range(KEPT + 3):
        store.add(numbered)

    assert numbers(store) == list(range(4, KEPT + 4))


def test_a_damaged_file_is_skipped_and_told_of_and_its_number_is_not_given_again(store: Store) -> None:
    for _ in range(2):
        store.add(numbered)
    broken = store.directory / "000002.json"
    broken.write_bytes(broken.read_bytes()[:100])

    found = store.read()

    assert [revision.number for revision in found.revisions] == [1]
    assert [file for file, _ in found.damaged] == [str(broken)]
    assert store.newest() == numbered(1)
    assert store.add(numbered).number == 3


def test_a_file_under_a_number_that_is_not_its_own_is_damaged(store: Store) -> None:
    store.add(numbered)
    (store.directory / "000005.json").write_bytes(encode(numbered(4)))

    found = store.read()

    assert [revision.number for revision in found.revisions] == [1]
    assert found.damaged[0][1] == "it says that it is revision 4"
    assert store.newest() == numbered(1)


def test_other_files_are_let_alone(store: Store) -> None:
    store.add(numbered)
    (store.directory / "notes.txt").write_text("mine")

    assert store.add(numbered).number == 2
    assert names(store) == ["000001.json", "000002.json", "notes.txt"]


def test_what_a_killed_one_left_goes_after_an_hour_and_is_never_read(store: Store) -> None:
    store.add(numbered)
    old, new = store.directory / ".000002.json-1-aa.tmp", store.directory / ".000002.json-2-bb.tmp"
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (0, 0))

    store.add(numbered)

    assert numbers(store) == [1, 2]
    assert names(store) == [new.name, "000001.json", "000002.json"]


def test_many_at_once_get_a_number_each(store: Store) -> None:
    together = threading.Barrier(8)
    given: list[int] = []

    def add() -> None:
        together.wait()
        for _ in range(5):
            given.append(store.add(numbered).number)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(given) == list(range(1, 41))
    assert numbers(store) == list(range(1, 41))
    assert len(names(store)) == 40


KILLED = """
import os, sys
from pathlib import Path
from tests.history import test_store
from minicompose.history.store import Store
calls, deadly = 0, int(sys.argv[2])
def counting(call):
    def counted(*words, **more):
        global calls
        calls += 1
        if calls == deadly:
            os.kill(os.getpid(), 9)
        return call(*words, **more)
    return counted
store = Store(Path(sys.argv[1]), "unix:///var/run/docker.sock", "shop")
for name in ("open", "fsync", "link", "close"):
    setattr(os, name, counting(getattr(os, name)))
store.add(test_store.numbered)
"""


@pytest.mark.parametrize("deadly", range(1, 8))
def test_whoever_is_killed_on_the_way_leaves_a_whole_revision_or_none(
    store: Store, tmp_path: Path, deadly: int
) -> None:
    store.add(numbered)

    words = [sys.executable, "-c", KILLED, str(tmp_path), str(deadly)]
    subprocess.run(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)

    found = store.read()
    assert found.damaged == ()
    assert [revision.number for revision in found.revisions] in ([1], [1, 2])
    assert store.add(numbered).number == len(found.revisions) + 1
