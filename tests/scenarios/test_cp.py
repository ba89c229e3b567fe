"""Files to and from containers of the real engine."""

import io
import tarfile
from pathlib import Path

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

STACK = "services: {web: {image: busybox:test, init: true, command: sleep 600}}"


@pytest.fixture
def running(stage: Stage) -> Stage:
    stage.write(STACK)
    stage.good("up", "-d")
    return stage


def test_a_directory_is_the_same_when_it_comes_back(running: Stage) -> None:
    tree = running.directory / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "file").write_bytes(bytes(range(256)) * 5000)
    (tree / "link").symlink_to("sub/file")
    (tree / "sub").chmod(0o711)

    running.good("cp", "tree", "web:/tmp/there")
    running.good("cp", "web:/tmp/there/.", "back")

    back = running.directory / "back"
    assert (back / "sub" / "file").read_bytes() == bytes(range(256)) * 5000
    assert (back / "link").readlink() == Path("sub/file")
    assert (back / "sub").stat().st_mode & 0o777 == 0o711


def test_links_of_a_container_are_followed_when_that_is_asked_for(running: Stage) -> None:
    running.good("exec", "-T", "web", "sh", "-c", "mkdir /d; echo deep >/d/file; ln -s /d /way; ln -s /d/file /short")

    running.good("cp", "-L", "web:/short", "short")
    (running.directory / "here").write_text("up")
    running.good("cp", "here", "web:/way")

    assert (running.directory / "short").read_text() == "deep\n"
    assert running.good("exec", "-T", "web", "cat", "/d/here").out == "up"


def test_an_archive_goes_in_and_out(running: Stage) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        made = tarfile.TarInfo("file")
        made.size = 4
        tar.addfile(made, io.BytesIO(b"tape"))

    into = running.piped("cp", "-", "web:/tmp", given=buffer.getvalue())
    out = running.piped("cp", "web:/tmp/file", "-")

    assert (into.returncode, out.returncode) == (0, 0)
    with tarfile.open(fileobj=io.BytesIO(out.stdout)) as tar:
        content = tar.extractfile("file")
        assert content is not None
        assert content.read() == b"tape"


def test_an_image_of_a_container_runs_as_it_was_changed(running: Stage) -> None:
    running.good("exec", "-T", "web", "sh", "-c", "echo changed > /etc/changed")
    image = f"{running.project}-kept:1"

    running.good("commit", "-c", "CMD cat /etc/changed", "web", image)
    try:
        running.write(f"services: {{again: {{image: '{image}'}}}}", "again.yaml")
        assert running.good("-f", "again.yaml", "run", "--rm", "again").out == "changed\n"
    finally:
        running.engine.remove_image(image)


def test_an_export_has_the_files_of_a_container(running: Stage) -> None:
    running.good("exec", "-T", "web", "sh", "-c", "echo changed > /etc/changed")

    done = running.piped("export", "web")

    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        assert "etc/changed" in tar.getnames()
