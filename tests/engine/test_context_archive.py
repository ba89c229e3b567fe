"""What of a directory is sent to the engine to build from."""

import io
import os
import socket
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from minicompose.engine.builds import build_context
from minicompose.errors import BadRequest
from minicompose.model import Build


def write(root: Path, **files: str) -> None:
    """Files by their paths, with `__` for a slash."""
    for name, text in files.items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def sent(context: Path, **fields: Any) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(_bytes(context, **fields)[1])) as tar:
        return {entry.name: entry for entry in tar}


def read(context: Path, name: str, **fields: Any) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(_bytes(context, **fields)[1])) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read()


def _bytes(context: Path, **fields: Any) -> tuple[str, bytes]:
    with build_context(Build(context=str(context), **fields)) as (dockerfile, pieces):
        assert pieces is not None
        return dockerfile, b"".join(pieces)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    write(tmp_path, Dockerfile="FROM x", a="a", dir__b="b", dir__sub__c="c")
    return tmp_path


def test_everything_is_sent_and_belongs_to_root(context: Path) -> None:
    (context / "a").chmod(0o751)

    found = sent(context)

    assert list(found) == ["Dockerfile", "a", "dir", "dir/b", "dir/sub", "dir/sub/c"]
    assert {(entry.uid, entry.gid, entry.uname) for entry in found.values()} == {(0, 0, "")}
    assert (found["a"].mode, found["a"].mtime) == (0o751, int((context / "a").stat().st_mtime))
    assert read(context, "dir/sub/c") == b"c"


def test_what_is_ignored_is_not_sent_and_what_is_taken_back_is_with_its_directories(context: Path) -> None:
    write(context, **{".dockerignore": "*\n!**/c\n"})

    assert list(sent(context)) == [".dockerignore", "Dockerfile", "dir", "dir/sub", "dir/sub/c"]


def test_the_dockerfile_and_the_ignore_file_are_sent_even_if_they_are_ignored(context: Path) -> None:
    write(context, **{".dockerignore": "**\n", "docker__Dockerfile": "FROM y"})

    assert list(sent(context, dockerfile="docker/Dockerfile")) == [".dockerignore", "docker", "docker/Dockerfile"]


def test_links_are_sent_as_links_wherever_they_lead(context: Path) -> None:
    for name, target in (("to_dir", "dir"), ("out", "/etc/passwd"), ("nowhere", "missing/x")):
        (context / name).symlink_to(target)

    found = sent(context)

    links = {name: entry.linkname for name, entry in found.items() if entry.issym()}
    assert links == {"to_dir": "dir", "out": "/etc/passwd", "nowhere": "missing/x"}
    assert "to_dir/b" not in found


def test_pipes_are_sent_and_sockets_are_not(context: Path) -> None:
    os.mkfifo(context / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(context / "socket"))
        found = sent(context)

    assert found["pipe"].isfifo()
    assert "socket" not in found


def test_names_may_be_long_or_no_text(context: Path) -> None:
    long = "x" * 200
    write(context, **{f"{long}__{long}": "deep"})
    (context / os.fsdecode(b"\xff")).write_text("odd")

    assert f"{long}/{long}" in sent(context)
    assert os.fsdecode(b"\xff") in sent(context)


def test_a_dockerfile_has_an_ignore_file_of_its_own_before_the_contexts(context: Path) -> None:
    write(
        context,
        **{".dockerignore": "a", "dir__Dockerfile.dockerignore": "dir/b\ndir/Dockerfile*", "dir__Dockerfile": "x"},
    )

    found = sent(context, dockerfile="dir/Dockerfile")

    assert ("a" in found, "dir/b" in found, "dir/Dockerfile.dockerignore" in found) == (True, False, False)
    assert read(context, ".dockerignore", dockerfile="dir/Dockerfile") == b"a\n!.dockerignore\ndir/Dockerfile"


def test_a_dockerfile_that_is_not_in_the_context_is_sent_under_a_name_that_the_engine_takes_away(context: Path) -> None:
    for fields in ({"dockerfile_inline": "FROM z"}, {"dockerfile": "../Other"}):
        (context.parent / "Other").write_text("FROM z")
        name, _ = _bytes(context, **fields)
        assert read(context, name, **fields) == b"FROM z"
        assert read(context, ".dockerignore", **fields).splitlines() == [b".dockerignore", name.encode()]


def test_what_cannot_be_read_is_named(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    with build_context(Build(context=str(context))) as (_, pieces):
        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(BadRequest, match="Dockerfile cannot be read: Permission denied"):
            list(pieces or ())


def test_memory_does_not_grow_with_the_context(tmp_path: Path) -> None:
    def peak(directory: str, files: int, size: int) -> int:
        root = tmp_path / directory
        write(root, Dockerfile="FROM x", **{".dockerignore": "**/*.tmp\n!**/keep.tmp"})
        for number in range(files):
            (root / str(number % 20)).mkdir(exist_ok=True)
            (root / str(number % 20) / str(number)).write_bytes(bytes(size))
        with build_context(Build(context=str(root))) as (_, pieces):
            tracemalloc.start()
            assert sum(map(len, pieces or ())) > files * size
            top = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return top

    peak("warm", 10, 10)
    assert peak("large", 4, 20_000_000) < peak("small", 20, 200_000) + 100_000
    assert peak("many", 2_000, 100) < 1_000_000
