"""What the file system tells of, as it really does: files are made, and tidings are waited for."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from minicompose.watching.tree import Changed, Overflowed, RootMoved, Tidings, Tree, files_below

PATIENCE = 30.0


class Ear:
    """Hears of changes, and lets the tree look again where it asks for that."""

    def __init__(self, *roots: Path) -> None:
        self.tidings: SimpleQueue[Tidings] = SimpleQueue()
        self.tree = Tree({str(root) for root in roots}, self.tidings.put)
        self.tree.open()
        self.heard: set[str] = set()

    def until(self, *paths: Path) -> None:
        """Wait until a change of each of the paths has been told of."""
        while not {str(path) for path in paths} <= self.heard:
            match self.tidings.get(timeout=PATIENCE):
                case Changed(path=path):
                    self.heard.add(path)
                case RootMoved() | Overflowed():
                    self.heard.update(self.tree.look_again())

    def forget(self) -> None:
        self.heard.clear()


@pytest.fixture
def listen() -> Iterator[Callable[..., Ear]]:
    ears: list[Ear] = []

    def begin(*roots: Path) -> Ear:
        ears.append(Ear(*roots))
        return ears[-1]

    yield begin
    for ear in ears:
        ear.tree.close()


@pytest.fixture
def src(tmp_path: Path) -> Path:
    directory = tmp_path.resolve() / "src"
    directory.mkdir()
    return directory


def test_files_that_are_made_written_moved_and_removed_are_told_of(src: Path, listen: Callable[..., Ear]) -> None:
    (src / "old").write_text("x")
    ear = listen(src)

    (src / "new").write_text("x")
    (src / "old").rename(src / "moved")
    ear.until(src / "new", src / "old", src / "moved")
    ear.forget()
    (src / "new").write_text("y")
    ear.until(src / "new")
    ear.forget()
    (src / "new").unlink()
    ear.until(src / "new")


def test_a_file_made_by_an_editor_that_renames_is_told_of(src: Path, listen: Callable[..., Ear]) -> None:
    (src / "a").write_text("x")
    ear = listen(src)

    (src / ".tmp").write_text("y")
    (src / ".tmp").replace(src / "a")

    ear.until(src / "a")


def test_a_thousand_files_in_a_new_directory_are_all_told_of(src: Path, listen: Callable[..., Ear]) -> None:
    ear = listen(src)

    deep = src / "new" / "deep"
    deep.mkdir(parents=True)
    files = [deep / str(number) for number in range(1000)]
    for file in files:
        file.write_text("x")

    ear.until(*files)


def test_what_a_directory_that_is_moved_in_brings_is_told_of(
    tmp_path: Path, src: Path, listen: Callable[..., Ear]
) -> None:
    other = tmp_path / "other"
    (other / "deep").mkdir(parents=True)
    (other / "deep" / "f").write_text("x")
    ear = listen(src)

    other.rename(src / "here")

    ear.until(src / "here" / "deep" / "f")


def test_a_root_that_is_a_file_is_watched_through_all_that_replaces_it(src: Path, listen: Callable[..., Ear]) -> None:
    file = src / "one.conf"
    file.write_text("x")
    (src / "other.conf").write_text("x")
    ear = listen(file)

    for round in range(2):
        (src / "tmp").write_text(str(round))
        (src / "tmp").replace(file)
        ear.until(file)
        ear.forget()
    file.unlink()
    ear.until(file)
    ear.forget()
    file.write_text("again")
    ear.until(file)
    ear.forget()
    file.write_text("in place")
    ear.until(file)

    assert ear.heard == {str(file)}


def test_a_root_that_is_not_there_yet_is_watched_when_it_comes(src: Path, listen: Callable[..., Ear]) -> None:
    root = src / "not" / "yet"
    ear = listen(root)

    root.mkdir(parents=True)
    (root / "f").write_text("x")
    ear.until(root / "f")
    ear.forget()
    (root / "later").write_text("x")

    ear.until(root / "later")


def test_a_root_that_is_replaced_is_watched_again(src: Path, listen: Callable[..., Ear]) -> None:
    root = src / "root"
    root.mkdir()
    (root / "f").write_text("x")
    ear = listen(root)

    root.rename(src / "away")
    root.mkdir()
    (root / "g").write_text("x")
    ear.until(root / "g")
    ear.forget()
    (root / "h").write_text("x")

    ear.until(root / "h")


def test_a_root_that_is_removed_and_made_again_at_once_is_watched_again(src: Path, listen: Callable[..., Ear]) -> None:
    root = src / "root"
    root.mkdir()
    ear = listen(root)

    for round in range(5):  # the new one may get the number of the old one, as if it were the same
        root.rmdir()
        root.mkdir()
        (root / f"f{round}").write_text("x")
        ear.until(root / f"f{round}")
        (root / f"g{round}").write_text("x")
        ear.until(root / f"g{round}")
        (root / f"f{round}").unlink()
        (root / f"g{round}").unlink()


def test_what_happens_to_one_root_is_no_news_of_another(src: Path, listen: Callable[..., Ear]) -> None:
    one, other = src / "one.conf", src / "other.conf"
    one.write_text("x")
    other.write_text("x")
    ear = listen(one, other)

    one.write_text("y")
    ear.until(one)

    assert ear.heard == {str(one)}


def test_that_the_kernel_has_dropped_events_is_told(src: Path, listen: Callable[..., Ear]) -> None:
    ear = listen(src)

    logging.getLogger("watchdog.observers.inotify").warning("Inotify queue overflowed; reconciling")

    assert ear.tidings.get(timeout=PATIENCE) == Overflowed()


def test_roots_below_each_other_are_watched_once(src: Path, listen: Callable[..., Ear]) -> None:
    (src / "in").mkdir()

    ear = listen(src, src / "in", src / "in")

    assert ear.tree.directories() == 2


def test_the_files_below_a_path_come_after_their_directories(src: Path) -> None:
    (src / "d").mkdir()
    (src / "d" / "f").write_text("x")
    (src / "a").write_text("x")

    found = list(files_below(str(src)))

    assert found == [str(src / "d"), str(src / "a"), str(src / "d" / "f")]
    assert list(files_below(str(src / "a"))) == [str(src / "a")]
