"""What is done about changes, on the engine in memory."""

import io
import tarfile
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pytest

from minicompose.errors import BadRequest, EngineFault, EngineUnreachable, NotFound
from minicompose.execution.interrupts import Interrupts
from minicompose.model import Hook
from minicompose.watching.rules import Action, Command, Rule
from minicompose.watching.session import Session
from tests.carrying_out import engine_running
from tests.fake_engine import FakeEngine
from tests.runs import DEADLINE
from tests.stack_of import stack_of

STACK = stack_of("""
services:
  web: {image: "web:1", command: sleep 1, scale: 2}
  api: {image: "api:1", command: sleep 1}
""")


class Changes:
    """What was asked for that changes the project. A rebuild takes until `may_go_on`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def rebuild(self, services: Sequence[str], interrupts: Interrupts) -> Collection[str]:
        self.asked.append(f"rebuild {', '.join(services)}")
        assert self.may_go_on.wait(DEADLINE)
        return () if self.fails else services

    def restart(self, services: Sequence[str], interrupts: Interrupts) -> None:
        self.asked.append(f"restart {', '.join(services)}")


class Watched:
    """A directory that is watched for a project that runs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.engine: FakeEngine = engine_running(STACK)
        self.changes = Changes()
        self.told: list[str] = []
        self.on_told: Callable[[str], object] = lambda text: None

    def changed(self, rules: Sequence[Rule], paths: Collection[str], *, times: int = 1) -> None:
        """These paths change, and all that is to be done about it is done, so many times."""
        session = self.session(*rules)
        for _ in range(times):
            session.deal_with(paths)
            session.settle()

    def session(self, *rules: Rule) -> Session:
        return Session(
            self.engine,
            "shop",
            rules,
            self.changes,
            self._tell,
            directories=(str(self.directory),),
            clock=lambda: 0.0,
        )

    def _tell(self, severity: str, text: str) -> None:
        self.told.append(text if severity == "info" else f"{severity}: {text}")
        self.on_told(text)

    def rule(
        self,
        action: Action,
        *,
        service: str = "api",
        command: Sequence[str] = (),
        initial: bool = False,
        only: str = "",
    ) -> Rule:
        root = str(self.directory / only)
        return Rule(
            service=service,
            action=action,
            root=root,
            written=root,
            target="/app",
            command=Command(Hook(command=tuple(command)), " ".join(command)) if command else None,
            initial_sync=initial,
        )

    def save(self, name: str, text: str = "x") -> str:
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    def read(self, container: str, path: str) -> str:
        data = b"".join(self.engine.read_files(container, path))
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            content = tar.extractfile(tar.next() or "")
            return content.read().decode() if content else ""

    def ran(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(container, spec.command) for container, spec in self.engine.execs]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path.resolve())


def test_a_saved_file_is_copied_into_every_replica(watched: Watched) -> None:
    path = watched.save("a", "content")

    watched.changed([watched.rule("sync", service="web")], [path])

    assert watched.read("shop-web-1", "/app/a") == watched.read("shop-web-2", "/app/a") == "content"
    assert watched.told == ["web: copied a to /app/a in 2 containers (0 ms)"]


def test_a_thousand_files_are_one_archive_for_each_container_and_one_message(watched: Watched) -> None:
    paths = [watched.save(f"many/{number}") for number in range(1000)]

    watched.changed([watched.rule("sync")], paths)

    assert watched.engine.called("write_files") == ["write_files shop-api-1"]
    assert watched.told == ["api: copied 1000 files (0 ms)"]


def test_what_has_gone_is_removed_by_one_command_and_a_directory_without_naming_what_was_in_it(
    watched: Watched,
) -> None:
    gone = [str(watched.directory / name) for name in ("b", "d/in", "d")]

    watched.changed([watched.rule("sync")], gone)

    assert watched.ran() == [("shop-api-1", ("rm", "-rf", "--", "/app/b", "/app/d"))]
    assert watched.engine.called("write_files") == []
    assert watched.told == ["api: removed 2 files (0 ms)"]


def test_a_file_that_takes_a_directorys_place_makes_its_way(watched: Watched) -> None:
    path = watched.save("a", "content")
    watched.engine.fail("write_files", None, EngineFault("cannot overwrite directory with non-directory", status=500))

    watched.changed([watched.rule("sync")], [path])

    assert watched.ran() == [("shop-api-1", ("rm", "-rf", "--", "/app/a"))]
    assert watched.read("shop-api-1", "/app/a") == "content"


def test_what_was_in_a_directory_that_became_a_file_goes_with_it(watched: Watched) -> None:
    path = watched.save("d", "a file now")

    watched.changed([watched.rule("sync")], [path, f"{path}/in", f"{path}/deep/in"])

    assert watched.ran() == []
    assert watched.read("shop-api-1", "/app/d") == "a file now"


def test_a_target_that_cannot_be_written_is_told_and_nothing_is_removed_for_it(watched: Watched) -> None:
    path = watched.save("a")
    watched.engine.fail("write_files", None, BadRequest("container rootfs is marked read-only", status=400))

    watched.changed([watched.rule("sync")], [path])

    assert watched.ran() == []
    assert watched.told == ["warning: api: shop-api-1: container rootfs is marked read-only"]


def test_one_container_that_fails_keeps_no_other_from_its_files(watched: Watched) -> None:
    path = watched.save("a", "content")
    watched.engine.fail("write_files", "shop-web-1", NotFound("No such container", status=404))

    watched.changed([watched.rule("sync", service="web")], [path])

    assert watched.read("shop-web-2", "/app/a") == "content"
    assert watched.told == ["warning: web: shop-web-1 is gone", "web: copied a to /app/a (0 ms)"]


def test_a_container_that_does_not_run_gets_its_files_for_its_next_start(watched: Watched) -> None:
    watched.engine.kill_container("shop-api-1", "SIGKILL")
    path = watched.save("a", "content")

    watched.changed([watched.rule("sync")], [path, str(watched.directory / "gone")])

    assert watched.read("shop-api-1", "/app/a") == "content"
    assert watched.told == [
        "warning: api: shop-api-1: /app/gone cannot be removed, for it does not run",
        "api: copied 1 file (0 ms)",
    ]


def test_a_service_without_a_container_is_told_of(watched: Watched) -> None:
    watched.engine.remove_container("shop-api-1", volumes=False, force=True)
    path = watched.save("a")

    watched.changed([watched.rule("sync")], [path])

    assert watched.told == ["warning: api: a not copied, for it has no container"]


def test_an_engine_that_is_away_for_a_moment_ends_nothing(watched: Watched) -> None:
    path = watched.save("a")
    watched.engine.fail("write_files", None, EngineUnreachable("the engine does not answer"))

    watched.changed([watched.rule("sync")], [path], times=2)

    assert watched.told == [
        "warning: api: shop-api-1: the engine does not answer",
        "api: copied a to /app/a (0 ms)",
    ]


def test_files_are_there_before_the_restart(watched: Watched) -> None:
    path = watched.save("a")

    watched.changed([watched.rule("sync+restart")], [path])

    assert watched.changes.asked == ["restart api"]
    assert watched.told == ["api: copied a to /app/a (0 ms)"]


def test_a_restart_alone_says_why(watched: Watched) -> None:
    watched.changed([watched.rule("restart")], [watched.save("a"), watched.save("b")])

    assert watched.changes.asked == ["restart api"]
    assert watched.told == ["api: 2 files changed, restarting"]


def test_a_command_is_run_once_when_the_files_are_there_and_what_it_prints_is_shown(watched: Watched) -> None:
    paths = [watched.save(name) for name in ("a", "b")]

    watched.changed([watched.rule("sync+exec", command=("echo", "reload"))], paths)

    assert watched.ran() == [("shop-api-1", ("echo", "reload"))]
    assert watched.told[0] == "api: copied 2 files (0 ms)"
    assert watched.told[-1] == "api: ran echo reload in shop-api-1"
    assert any(text.startswith("shop-api-1 | ") for text in watched.told)


def test_a_command_that_fails_is_told_and_watching_goes_on(watched: Watched) -> None:
    path = watched.save("a")

    watched.changed([watched.rule("sync+exec", command=("sh", "-c", "exit 3"))], [path], times=2)

    assert watched.told.count("warning: api: sh -c exit 3 in shop-api-1: exited with code 3") == 2


def test_a_rebuild_comes_first_and_brings_back_what_was_synced_at_first(watched: Watched) -> None:
    path = watched.save("a", "content")
    rules = (watched.rule("rebuild"), watched.rule("sync", initial=True))

    watched.changed(rules, [path])

    assert watched.changes.asked == ["rebuild api"]
    assert watched.told[0] == "api: a changed, building"
    assert watched.read("shop-api-1", "/app/a") == "content"


def test_a_build_that_fails_keeps_nothing_else_from_being_done(watched: Watched) -> None:
    watched.changes.fails = True
    path = watched.save("a", "content")

    watched.changed([watched.rule("rebuild"), watched.rule("sync")], [path])

    assert watched.read("shop-api-1", "/app/a") == "content"


def test_a_build_keeps_no_other_service_from_its_files(watched: Watched) -> None:
    building, saved = watched.save("Dockerfile"), watched.save("a", "content")
    rules = (watched.rule("rebuild", only="Dockerfile"), watched.rule("sync", service="web", only="a"))
    watched.changes.may_go_on.clear()
    session, interrupts, copied = watched.session(*rules), Interrupts(), threading.Event()
    watched.on_told = lambda text: copied.set() if text.startswith("web: copied") else None

    thread = threading.Thread(target=session.watch, args=(interrupts,))
    session.deal_with([building, saved])
    thread.start()
    try:
        assert copied.wait(DEADLINE)
    finally:
        interrupts.press()
        watched.changes.may_go_on.set()
        thread.join(DEADLINE)

    assert watched.read("shop-web-1", "/app") == "content"
    assert watched.changes.asked == ["rebuild api"]


def test_what_has_changed_before_watching_began_is_dealt_with(watched: Watched) -> None:
    old = Path(watched.save("old"))
    since = old.lstat().st_ctime + 0.01
    while (new := Path(watched.save("new", "saved"))).lstat().st_ctime < since:
        pass
    known = threading.Semaphore(0)

    def tell(severity: str, text: str) -> None:
        watched.told.append(text)
        known.release()

    interrupts = Interrupts()
    session = Session(
        watched.engine,
        "shop",
        [watched.rule("sync")],
        watched.changes,
        tell,
        directories=(str(watched.directory),),
        since=since,
    )
    thread = threading.Thread(target=session.watch, args=(interrupts,))
    thread.start()
    assert known.acquire(timeout=30) and known.acquire(timeout=30)  # that it watches, and what it copied
    interrupts.press()
    thread.join(30)

    assert watched.told[1].startswith(f"api: copied {new.name} to /app/new")


def test_watching_from_the_first_word_to_ctrl_c(watched: Watched) -> None:
    watched.save("first", "there before")
    interrupts, known = Interrupts(), threading.Semaphore(0)

    def tell(severity: str, text: str) -> None:
        watched.told.append(text)
        known.release()

    rules = [watched.rule("sync", initial=True)]
    session = Session(watched.engine, "shop", rules, watched.changes, tell, directories=(str(watched.directory),))
    thread = threading.Thread(target=session.watch, args=(interrupts,))
    thread.start()
    assert known.acquire(timeout=30) and known.acquire(timeout=30)  # that it watches, and the first files
    watched.save("later", "saved")
    assert known.acquire(timeout=30)
    interrupts.press()
    thread.join(30)

    assert not thread.is_alive()
    assert watched.told[0].endswith(" for api")
    assert watched.read("shop-api-1", "/app/first") == "there before"
    assert watched.read("shop-api-1", "/app/later") == "saved"
