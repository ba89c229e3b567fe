"""A context, given to an engine that asks for it."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.calls import Call, CallFailed, Link
from minicompose.engine.buildkit.files import Directory, followed, give_files
from minicompose.errors import BadRequest
from tests.engine.buildkit.linked import linked

STAT, REQUEST, DATA, END, ERROR = range(5)


class Receiver:
    """What the engine does: it is told of everything, and asks for every file."""

    def __init__(self, link: Link, headers: Mapping[str, tuple[str, ...]]) -> None:
        self.told: list[tuple[str, int, str]] = []
        self.contents: dict[str, bytes] = {}
        self.times: dict[str, int] = {}
        self.error = ""
        self._files: dict[int, str] = {}
        self._open = 0
        self._complete = False
        self._call = link.open_call("/files", [(name, value) for name, values in headers.items() for value in values])
        for message in self._call.messages():
            self._hear(message)

    def _hear(self, message: bytes) -> None:
        packet = dict(wire.fields(message))
        match packet.get(1, STAT):
            case 0 if 2 in packet:
                self._hear_stat(dict(wire.fields(wire.nested(packet[2]))))
            case 0:
                self._complete = True
            case 2:
                self._hear_data(self._files[int(packet.get(3, 0))], wire.nested(packet.get(4, b"")))
            case 3:
                self._call.end_input()
                return
            case _:
                self.error = wire.text(packet[4])
                self._call.end_input()
                return
        if self._complete and not self._open:
            self._complete = False
            self._call.send(wire.number(1, END))

    def _hear_stat(self, found: Mapping[int, int | bytes]) -> None:
        path, mode = wire.text(found[1]), wire.signed(found.get(2, 0))
        number = len(self.told)
        self.times[path] = wire.signed(found.get(6, 0))
        self.told.append((path, mode, wire.text(found.get(7, b""))))
        if not mode & (1 << 31 | 1 << 27 | 1 << 25):
            self._files[number] = path
            self._open += 1
            self.contents[path] = b""
            self._call.send(wire.number(1, REQUEST) + wire.number(3, number))

    def _hear_data(self, path: str, data: bytes) -> None:
        self.contents[path] += data
        self._open -= not data

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.told]


def received(directory: Directory, **headers: tuple[str, ...]) -> Receiver:
    asked = {name.replace("_", "-"): values for name, values in headers.items()}

    def serve(call: Call) -> None:
        give_files(call, {"context": directory})

    with linked(serve) as link:
        return Receiver(link, {"dir-name": ("context",), **asked})


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.sh").write_text("echo\n")
    (tmp_path / "a" / "run.sh").chmod(0o4755)
    (tmp_path / "a.txt").write_bytes(b"x" * 200_000)
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("a/run.sh")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_all_that_is_there_is_given_with_its_kind_and_rights(context: Path) -> None:
    found = received(Directory(str(context)))

    assert [(path, link) for path, _, link in found.told] == [
        ("a", ""),
        ("a/run.sh", ""),
        ("a.txt", ""),
        ("empty", ""),
        ("link", "a/run.sh"),
        ("pipe", ""),
    ]
    modes = {path: mode for path, mode, _ in found.told}
    assert modes["a"] >> 31 == 1 and modes["link"] >> 27 & 1 and modes["pipe"] >> 25 & 1
    assert modes["a/run.sh"] == 1 << 23 | 0o755
    assert found.contents == {"a/run.sh": b"echo\n", "a.txt": b"x" * 200_000, "empty": b""}


def test_what_the_engine_leaves_out_is_not_told(context: Path) -> None:
    found = received(Directory(str(context)), exclude_patterns=("*", "!a/run.sh"))

    assert found.paths == ["a", "a/run.sh"]


def test_what_the_engine_does_not_want_is_not_told(context: Path) -> None:
    assert received(Directory(str(context)), include_patterns=("a",)).paths == ["a", "a/run.sh"]
    assert received(Directory(str(context)), followpaths=("a/*.sh",)).paths == ["a", "a/run.sh"]


def test_a_link_is_given_with_what_it_leads_to(context: Path) -> None:
    assert received(Directory(str(context)), followpaths=("link",)).paths == ["a", "a/run.sh", "link"]


def test_names_that_no_header_can_hold_come_encoded(context: Path) -> None:
    (context / "äö ü").touch()

    found = received(Directory(str(context)), followpaths=("%C3%A4%C3%B6+%C3%BC",), followpaths_encoded=("1",))

    assert found.paths == ["äö ü"]


def test_a_directory_may_be_made_up(tmp_path: Path) -> None:
    found = received(Directory(files={"Dockerfile": b"FROM x\n"}))

    assert found.contents == {"Dockerfile": b"FROM x\n"}


def test_what_is_made_up_anew_is_not_taken_for_what_the_engine_had(tmp_path: Path) -> None:
    def time_of(content: bytes) -> int:
        return received(Directory(files={"Dockerfile": content})).times["Dockerfile"]

    assert time_of(b"FROM x\n") != time_of(b"FROM y\n")
    assert time_of(b"FROM x\n") == time_of(b"FROM x\n")
    assert 0 <= time_of(b"FROM x\n") < 2**31 * 1_000_000_000


def test_ten_thousand_files_are_given(tmp_path: Path) -> None:
    for part in range(100):
        (tmp_path / f"{part:02}").mkdir()
        for number in range(100):
            (tmp_path / f"{part:02}" / f"{number:02}").write_text(f"{part}.{number}")

    found = received(Directory(str(tmp_path)))

    assert len(found.contents) == 10_000
    assert found.contents["42/17"] == b"42.17"


def test_a_directory_that_nobody_offers_is_refused(tmp_path: Path) -> None:
    def serve(call: Call) -> None:
        give_files(call, {})

    with linked(serve) as link, pytest.raises(CallFailed, match="no access"):
        Receiver(link, {"dir-name": ("elsewhere",)})


def test_what_cannot_be_read_is_told_to_both_sides(tmp_path: Path) -> None:
    problems: list[BadRequest] = []

    def serve(call: Call) -> None:
        try:
            give_files(call, {"context": Directory(str(tmp_path / "gone"))})
        except BadRequest as error:
            problems.append(error)

    with linked(serve) as link:
        found = Receiver(link, {"dir-name": ("context",)})

    assert "cannot be read" in found.error
    assert [problem.message for problem in problems] == [found.error]


@pytest.mark.parametrize(
    ("path", "patterns"),
    [
        ("plain", {"plain"}),
        ("link", {"link", "real/file"}),
        ("way/file", {"way", "real/file"}),
        ("*", {"*", "real", "real/file", "loop", "etc/passwd"}),
        ("loop", {"loop"}),
        ("outside", {"outside", "etc/passwd"}),
        ("", {"."}),
    ],
)
def test_links_on_the_way_are_followed_inside_the_context(tmp_path: Path, path: str, patterns: set[str]) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").touch()
    (tmp_path / "way").symlink_to("real")
    (tmp_path / "link").symlink_to("way/../real/file")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "outside").symlink_to("../../../etc/passwd")

    assert set(followed(tmp_path, (path,))) == patterns
    assert stat.S_ISLNK((tmp_path / "loop").lstat().st_mode)
