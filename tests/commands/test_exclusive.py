"""One command at a time changes a project, and only from the directory it is of; on the engine in memory."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from minicompose.cli import main
from minicompose.commands import exclusive
from minicompose.engine.this_machine import DOCKER
from minicompose.state.directory import project_file
from minicompose.state.lock import Holder, Lock, take
from tests.fake_engine import FakeEngine

ONE = """
services:
  db: {image: "db:1", command: sleep 1}
  web: {image: "web:1", command: sleep 1, depends_on: [db], environment: {LEVEL: info}}
"""
TWO = ONE.replace("info", "debug")
BOB = Holder(pid=4711, user="bob", host="desk", command="minicompose up", since=1000.0)
DEADLINE = 10.0


class Shop:
    """Directories of one name, an engine, and the command line."""

    def __init__(self, root: Path, capfd: pytest.CaptureFixture[str], engine: FakeEngine) -> None:
        self.root = root
        self.engine = engine
        self.state = root / "state"
        self._capfd = capfd
        self.err = ""

    def write(self, text: str, owner: str = "ann") -> Path:
        """A stack file in the directory OWNER/shop, which is the current one from now on."""
        directory = self.root / owner / "shop"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "compose.yaml").write_text(text)
        os.chdir(directory)
        return directory

    def run(self, *words: str, code: int = 0) -> str:
        """What a command printed; what it told is in `err`."""
        ended = main(["--progress", "plain", *words])
        told = self._capfd.readouterr()
        self.err = told.err
        assert ended == code, told.err
        return told.out

    @property
    def lock(self) -> Path:
        return project_file(self.state, "locks", f"unix://{os.path.realpath(DOCKER)}", "shop")

    def held(self) -> Lock:
        """The lock, in Bob's hands."""
        lock = take(self.lock, BOB)
        assert lock is not None
        return lock

    def level(self) -> str | None:
        return (self.engine.specs["shop-web-1"].service.environment or {})["LEVEL"]

    def states(self) -> dict[str, str]:
        return {name: str(found.state) for name, found in self.engine.containers.items()}

    def ids(self) -> dict[str, str]:
        return {name: found.id for name, found in self.engine.containers.items()}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Shop]:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "COMPOSE_PROJECT_NAME", "PWD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.chdir(tmp_path)
    with FakeEngine("db:1", "web:1", "cache:1") as engine:
        monkeypatch.setattr("minicompose.engine.connect.connect", lambda *_: engine)
        shop = Shop(tmp_path, capfd, engine)
        shop.write(ONE)
        yield shop


@pytest.fixture
def at_pause(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """What happens whenever a command has looked in vain for its turn."""

    def happens(what: Callable[[], object]) -> None:
        monkeypatch.setattr(time, "sleep", lambda _: what())

    return happens


AtPause = Callable[[Callable[[], object]], None]


# ---- waiting ----


def test_a_command_waits_for_the_one_before_it_and_says_for_whom(shop: Shop, at_pause: AtPause) -> None:
    at_pause(shop.held().release)

    shop.run("up", "-d")

    waiting = "waiting for project shop, which is being changed by `minicompose up` (process 4711 of bob@desk) "
    assert shop.err.startswith(f"{waiting}since 1970-01-01 00:16:40\n")
    assert shop.states() == {"shop-db-1": "running", "shop-web-1": "running"}


def test_it_says_so_once(shop: Shop, at_pause: AtPause) -> None:
    lock = shop.held()
    pauses: list[None] = []

    def third_time() -> None:
        pauses.append(None)
        if len(pauses) == 3:
            lock.release()

    at_pause(third_time)

    shop.run("down")

    assert shop.err.count("waiting for project shop") == 1


def test_it_plans_by_what_the_one_before_has_left(shop: Shop, at_pause: AtPause) -> None:
    shop.run("up", "-d")
    before = shop.ids()
    lock = shop.held()

    def meanwhile() -> None:
        shop.engine.stop_container("shop-web-1", 1)
        lock.release()

    at_pause(meanwhile)

    shop.run("up", "-d")

    assert shop.ids() == before
    assert shop.states()["shop-web-1"] == "running"


def test_it_does_what_the_file_says_when_its_turn_comes(shop: Shop, at_pause: AtPause) -> None:
    lock = shop.held()

    def meanwhile() -> None:
        shop.write(TWO)
        lock.release()

    at_pause(meanwhile)

    shop.run("up", "-d")

    assert shop.level() == "debug"


def test_it_does_nothing_when_the_file_has_given_the_project_another_name(shop: Shop, at_pause: AtPause) -> None:
    lock = shop.held()

    def meanwhile() -> None:
        shop.write(f"name: store\n{ONE}")
        lock.release()

    at_pause(meanwhile)

    shop.run("up", "-d", code=1)

    assert "the name of project shop became store while this command waited" in shop.err
    assert shop.states() == {}


def test_it_does_nothing_when_the_file_has_no_longer_the_service_it_is_about(shop: Shop, at_pause: AtPause) -> None:
    lock = shop.held()

    def meanwhile() -> None:
        shop.write("services: {cache: {image: 'cache:1'}}")
        lock.release()

    at_pause(meanwhile)

    shop.run("up", "-d", "web", code=2)

    assert 'there is no service "web"' in shop.err
    assert shop.states() == {}


def test_ctrl_c_ends_the_wait(shop: Shop, at_pause: AtPause) -> None:
    at_pause(lambda: signal.raise_signal(signal.SIGINT))
    lock = shop.held()

    shop.run("up", "-d", code=130)

    assert shop.states() == {}
    lock.release()


@pytest.mark.parametrize("words", [("up", "-d"), ("up",), ("down",), ("rollback", "-y")])
def test_with_no_wait_it_fails_at_once(shop: Shop, at_pause: AtPause, words: tuple[str, ...]) -> None:
    at_pause(lambda: pytest.fail("it waits"))
    lock = shop.held()

    shop.run(*words, "--no-wait", code=1)

    assert shop.err == (
        "minicompose: project shop is being changed by `minicompose up` (process 4711 of bob@desk) "
        "since 1970-01-01 00:16:40\n  without --no-wait this command waits for that one\n"
    )
    lock.release()


def test_a_holder_that_does_not_say_who_it_is_is_waited_for_too(shop: Shop) -> None:
    lock = shop.held()
    shop.lock.write_text("")

    shop.run("up", "-d", "--no-wait", code=1)

    assert shop.err.startswith("minicompose: project shop is being changed by another command\n")
    lock.release()


def test_programs_are_told_in_their_language(shop: Shop, at_pause: AtPause) -> None:
    at_pause(shop.held().release)

    shop.run("--progress", "json", "up", "-d")

    assert shop.err.startswith('{"event": "Notice", "severity": "info", "text": "waiting for project shop, which')


@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("ps",),
        ("logs",),
        ("config", "-q"),
        ("history",),
        ("up", "--dry-run"),
        ("down", "--dry-run"),
    ],
)
def test_who_only_looks_waits_for_nobody(shop: Shop, at_pause: AtPause, words: tuple[str, ...]) -> None:
    shop.run("up", "-d")
    shop.engine.stop_container("shop-web-1", 1)
    at_pause(lambda: pytest.fail("it waits"))
    lock = shop.held()

    shop.run(*words)

    lock.release()


def test_projects_and_engines_do_not_wait_for_each_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = shop.held()

    shop.run("-p", "store", "up", "-d", "--no-wait")
    shop.run("-H", "tcp://elsewhere:2375", "up", "-d", "--no-wait")

    lock.release()


def test_one_socket_is_one_engine_by_whichever_link(shop: Shop) -> None:
    (shop.root / "run").symlink_to(Path(DOCKER).parent)
    lock = shop.held()

    shop.run("-H", f"unix://{shop.root}/run/docker.sock", "up", "-d", "--no-wait", code=1)

    lock.release()


def test_nothing_stays_behind(shop: Shop) -> None:
    shop.run("up", "-d")
    shop.run("down")

    assert list(shop.lock.parent.iterdir()) == []


def test_where_no_lock_can_be_it_is_said_and_the_command_does_what_it_should(shop: Shop) -> None:
    shop.state.write_text("a file in place of the directory")

    shop.run("up", "-d")

    assert f"nothing keeps another command from changing shop as well: {shop.state}/" in shop.err
    assert shop.states() == {"shop-db-1": "running", "shop-web-1": "running"}


# ---- an attached up ----


def until(what: Callable[[], object | None]) -> object:
    """The first that `what` gives."""
    tick = threading.Event()
    end = time.monotonic() + DEADLINE
    while (found := what()) is None:
        assert time.monotonic() < end
        tick.wait(0.01)
    return found


@pytest.fixture
def bob(shop: Shop) -> Iterator[Callable[[], Lock]]:
    """Takes the lock as soon as an attached `up`, in the main thread, is done with it, and presses Ctrl-C."""
    hold = shop.engine.hold("start_container", "shop-web-1")
    taken: list[Lock] = []

    def take_and_press() -> None:
        hold.wait_reached()
        hold.release()
        taken.append(until(lambda: take(shop.lock, BOB)))  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=take_and_press)
    thread.start()
    yield lambda: taken[0]
    thread.join(DEADLINE)
    taken[0].release()


def test_ctrl_c_of_an_attached_up_waits_for_who_changes_the_project_meanwhile(
    shop: Shop, at_pause: AtPause, bob: Callable[[], Lock]
) -> None:
    at_pause(lambda: bob().release())

    shop.run("up", code=130)

    assert "waiting for project shop, which is being changed by `minicompose up` (process 4711" in shop.err
    assert shop.states() == {"shop-db-1": "exited", "shop-web-1": "exited"}
    assert "kill_container" not in " ".join(shop.engine.called())


def test_but_not_for_ever(shop: Shop, bob: Callable[[], Lock], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exclusive, "_PATIENCE", 0.1)

    shop.run("up", code=130)

    assert "the containers are left as they are: project shop is still being changed by `minicompose up`" in shop.err
    assert shop.states() == {"shop-db-1": "running", "shop-web-1": "running"}


def test_a_second_ctrl_c_kills_without_waiting(shop: Shop, at_pause: AtPause, bob: Callable[[], Lock]) -> None:
    at_pause(lambda: signal.raise_signal(signal.SIGINT))

    shop.run("up", code=130)

    assert shop.states() == {"shop-db-1": "exited", "shop-web-1": "exited"}


def test_a_down_takes_away_what_an_attached_up_shows(shop: Shop) -> None:
    hold = shop.engine.hold("start_container", "shop-web-1")

    def down() -> None:
        hold.wait_reached()
        hold.release()
        main(["--progress", "quiet", "down"])

    thread = threading.Thread(target=down)
    thread.start()

    shop.run("up")

    thread.join(DEADLINE)
    assert shop.states() == {}


# ---- whose it is ----


@pytest.mark.parametrize("words", [("up", "-d"), ("up",), ("down",), ("rollback", "-y")])
def test_another_directory_of_that_name_changes_nothing(shop: Shop, words: tuple[str, ...]) -> None:
    shop.run("up", "-d")
    before = shop.ids()
    shop.write(TWO, owner="bob")

    shop.run(*words, code=2)

    assert shop.err == (
        f"minicompose: the containers of project shop are from another directory, {shop.root}/ann/shop, "
        f"and not from {shop.root}/bob/shop\n"
        "  nobody chose the name shop, it is the directory's: give this one another name with -p,\n"
        "  COMPOSE_PROJECT_NAME or `name:`, or take the containers over with --adopt\n"
    )
    assert shop.ids() == before


def test_a_directory_that_is_gone_is_said_to_be(shop: Shop) -> None:
    shop.run("up", "-d")
    moved = shop.write(ONE, owner="bob")
    shutil.rmtree(shop.root / "ann")

    shop.run("down", code=2)

    assert f"{shop.root}/ann/shop (which does not exist here), and not from {moved}" in shop.err


def test_what_was_taken_over_is_this_directorys_from_then_on(shop: Shop) -> None:
    shop.run("up", "-d")
    before = shop.ids()
    shop.write(TWO, owner="bob")

    shop.run("up", "-d", "--adopt")
    assert shop.level() == "debug"
    assert shop.ids()["shop-db-1"] == before["shop-db-1"]
    shop.run("up", "-d")
    shop.run("down")

    assert shop.states() == {}


def test_taking_over_again_forgets_nothing(shop: Shop) -> None:
    shop.run("up", "-d", "db")
    shop.write(ONE, owner="bob")
    shop.run("up", "-d", "--adopt", "db")
    shop.write(ONE)
    shop.run("up", "-d", "web")
    shop.write(ONE, owner="bob")

    shop.run("up", "-d", "--adopt")

    shop.run("down")


def test_what_the_other_directory_makes_later_is_not_taken_over(shop: Shop) -> None:
    shop.run("up", "-d")
    shop.write(ONE, owner="bob")
    shop.run("down", "--adopt")
    shop.write(ONE)
    shop.run("up", "-d")
    shop.write(ONE, owner="bob")

    shop.run("down", code=2)

    assert len(shop.states()) == 2


@pytest.mark.parametrize("how", ["option", "environment", "file", ".env"])
def test_a_name_that_was_given_is_meant(shop: Shop, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.run("up", "-d")
    bobs = shop.write(f"name: shop\n{TWO}" if how == "file" else TWO, owner="bob")
    if how == "environment":
        monkeypatch.setenv("COMPOSE_PROJECT_NAME", "shop")
    if how == ".env":
        (bobs / ".env").write_text("COMPOSE_PROJECT_NAME=shop\n")

    shop.run(*(("-p", "shop") if how == "option" else ()), "up", "-d")

    assert shop.level() == "debug"


def test_a_directory_is_the_same_by_whichever_link(shop: Shop) -> None:
    shop.run("up", "-d")
    (shop.root / "link").mkdir()
    (shop.root / "link" / "shop").symlink_to(shop.root / "ann" / "shop")

    shop.run("-f", str(shop.root / "link" / "shop" / "compose.yaml"), "down")

    assert shop.states() == {}


def test_a_plan_for_another_directorys_containers_says_that_they_are(shop: Shop) -> None:
    shop.run("up", "-d")
    shop.write(TWO, owner="bob")

    for words in (("plan",), ("up", "--dry-run"), ("down", "--dry-run")):
        shop.run(*words)

        assert shop.err.startswith("warning: the containers of project shop are from another directory")


@pytest.mark.parametrize("verb", ["stop", "start", "restart", "kill", "pause", "unpause", "rm", "create"])
def test_verbs_that_change_what_is_there_take_turns(shop: Shop, verb: str) -> None:
    shop.run("up", "-d")
    before = shop.states()
    lock = shop.held()

    shop.run(verb, "--no-wait", code=1)

    lock.release()
    assert "project shop is being changed by `minicompose up`" in shop.err
    assert shop.states() == before
