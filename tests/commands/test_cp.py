"""`cp`, `export` and `commit` on the engine in memory."""

import io
import tarfile
from pathlib import Path

import pytest

from tests.commands.shop import Shop

STACK = """
services:
  web: {image: web:1, command: sleep 9, scale: 2}
  db: {image: db:1, command: sleep 9}
"""


@pytest.fixture
def up(shop: Shop) -> Shop:
    shop.up(STACK)
    Path(shop.directory, "file").write_text("content")
    return shop


def read(shop: Shop, container: str, path: str) -> bytes:
    """A file of a container."""
    archive = b"".join(shop.engine.read_files(container, path))
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        content = tar.extractfile(tar.getmembers()[0])
        assert content is not None
        return content.read()


def test_a_file_goes_to_all_containers_of_a_service(up: Shop) -> None:
    up.run("cp", "file", "web:/tmp/there")

    assert read(up, "shop-web-1", "/tmp/there") == b"content"
    assert read(up, "shop-web-2", "/tmp/there") == b"content"
    assert up.err.splitlines() == [f"copied file to shop-web-{number}:/tmp/there" for number in (1, 2)]


def test_an_index_chooses_one(up: Shop) -> None:
    up.run("cp", "--index", "2", "file", "web:/tmp")

    assert up.engine.called("write_files") == ["write_files shop-web-2"]


def test_a_one_off_gets_it_only_when_all_are_to(up: Shop) -> None:
    up.run("run", "-d", "--name", "mine", "db")

    up.run("cp", "file", "db:/tmp")
    up.run("cp", "--all", "file", "db:/tmp")

    assert up.engine.called("write_files") == [f"write_files {name}" for name in ("shop-db-1", "shop-db-1", "mine")]


def test_a_file_comes_back(up: Shop) -> None:
    up.run("cp", "file", "db:/tmp/there")

    up.run("cp", "db:/tmp/there", "back")

    assert Path(up.directory, "back").read_text() == "content"


def test_a_dry_run_copies_nothing(up: Shop) -> None:
    up.run("--dry-run", "cp", "file", "db:/tmp")

    assert up.engine.called("write_files") == []
    assert up.err == "would copy file to shop-db-1:/tmp\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["file", "other"], 2, "neither"),
        (["web:/a", "db:/b"], 2, "from one container to another"),
        (["file", "wbe:/tmp"], 2, 'did you mean "web"'),
        (["--index", "7", "file", "web:/tmp"], 1, "no container number 7"),
        (["nowhere", "db:/tmp"], 1, "there is no nowhere"),
        (["file", "db:/nowhere/"], 1, "there is no directory"),
        (["file", "db:/nowhere/x"], 1, "there is no directory /nowhere"),
        (["db:/tmp/nowhere", "."], 1, "there is no /tmp/nowhere in shop-db-1"),
        (["db:/tmp", "no/where"], 1, "there is no directory"),
        (["db:/tmp", "file"], 1, "is a directory"),
        (["-", "web:/tmp"], 2, "--index"),
        (["-", "db:/tmp/nowhere"], 1, "is no directory"),
    ],
)
def test_what_cannot_be_copied_is_said(up: Shop, words: list[str], code: int, said: str) -> None:
    up.run("cp", *words, code=code)

    assert said in up.err


@pytest.mark.parametrize("word", ["./web:x", "/web:x", "../a:b"])
def test_what_is_plainly_a_path_is_no_service(up: Shop, word: str) -> None:
    up.run("cp", word, "db:/tmp", code=1)

    assert f"there is no {word}" in up.err


def test_a_link_is_copied_as_one_unless_it_is_to_be_followed(up: Shop) -> None:
    Path(up.directory, "link").symlink_to("file")

    up.run("cp", "link", "db:/tmp/link")
    up.run("cp", "-L", "link", "db:/tmp/followed")

    assert up.engine.file_in("shop-db-1", "/tmp/link").link_target == "file"
    assert read(up, "shop-db-1", "/tmp/followed") == b"content"


# ---- export ----


def test_an_export_is_a_file_when_it_is_whole(up: Shop) -> None:
    up.run("cp", "file", "db:/tmp/there")

    up.run("export", "-o", "db.tar", "db")

    with tarfile.open(Path(up.directory, "db.tar")) as tar:
        assert "tmp/there" in tar.getnames()
    assert sorted(path.name for path in up.directory.iterdir()) == ["compose.yaml", "db.tar", "file"]


@pytest.mark.parametrize(
    ("words", "code"),
    [(["-o", "no/where.tar", "db"], 1), (["-o", ".", "db"], 1), (["nobody"], 2), (["--index", "3", "db"], 1)],
)
def test_what_cannot_be_exported_leaves_nothing(up: Shop, words: list[str], code: int) -> None:
    up.run("export", *words, code=code)

    assert sorted(path.name for path in up.directory.iterdir()) == ["compose.yaml", "file"]


# ---- commit ----


def test_a_commit_prints_the_images_id(up: Shop) -> None:
    id = up.run("commit", "-a", "ann", "-m", "kept", "-c", "ENV A=1", "-c", "CMD x", "-p=false", "db", "kept:1").strip()

    assert up.engine.images["kept:1"] == id
    (made,) = up.engine.commits
    assert (made.author, made.message, made.changes, made.pause) == ("ann", "kept", ("ENV A=1", "CMD x"), False)


def test_a_container_is_paused_for_a_commit_and_the_image_needs_no_name(up: Shop) -> None:
    up.run("commit", "db")

    (made,) = up.engine.commits
    assert (made.reference, made.pause) == ("", True)


def test_a_dry_run_commits_nothing(up: Shop) -> None:
    up.run("--dry-run", "commit", "db", "kept:1")

    assert up.engine.commits == []
