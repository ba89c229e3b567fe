"""What containers use, followed beside whoever shows it."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from minicompose.engine.protocol import Usage
from minicompose.errors import EngineUnreachable
from minicompose.execution.usages import Usages, used_once
from minicompose.planning.observed import ObservedContainer
from tests.fake_engine import FakeEngine
from tests.runs import DEADLINE, IMAGE, PROJECT, spec_of

LITTLE, MUCH = Usage(cpu=1.0, processes=1), Usage(cpu=90.0, processes=7)


class Stream:
    """A stream that tells when what it gave has been taken in: its reader has come back for more."""

    def __init__(self, inner: Any, taken: threading.Semaphore) -> None:
        self._inner = inner
        self._taken = taken
        self.closed = False

    def __iter__(self) -> Iterator[Any]:
        for each in self._inner:
            yield each
            self._taken.release()

    def close(self) -> None:
        self.closed = True
        self._inner.close()


class Engine(FakeEngine):
    """One that knows how much of what it told has been taken in."""

    def __init__(self) -> None:
        super().__init__(IMAGE)
        self._measured, self._heard = threading.Semaphore(0), threading.Semaphore(0)
        self.streams: dict[str, Stream] = {}
        self.observed = 0

    def events(self, project: str) -> Any:
        return Stream(super().events(project), self._heard)

    def usage(self, container: str, *, follow: bool = False) -> Any:
        self.streams[container] = Stream(super().usage(container, follow=follow), self._measured)
        return self.streams[container]

    def observe(self, project: str) -> Any:
        self.observed += 1
        return super().observe(project)

    def begin(self, service: str) -> str:
        id = self.create_container(f"{PROJECT}-{service}-1", spec_of(service), None)
        self.start_container(f"{PROJECT}-{service}-1")
        return id

    def wait_until_measured(self) -> None:
        assert self._measured.acquire(timeout=DEADLINE)

    def wait_until_heard(self) -> None:
        assert self._heard.acquire(timeout=DEADLINE)


def there(usages: Usages) -> dict[str, ObservedContainer]:
    return {container.service: container for container in usages.observed().containers}


def test_what_a_container_uses_is_what_was_measured_last() -> None:
    engine = Engine()
    engine.begin("web")
    with Usages(engine, PROJECT) as usages:
        web = there(usages)["web"]
        engine.wait_until_measured()
        engine.use("shop-web-1", MUCH)
        engine.wait_until_measured()

        assert usages.of(web) == MUCH


def test_nothing_is_known_of_what_is_not_followed_yet_and_what_has_ended_uses_nothing() -> None:
    engine = Engine()
    engine.begin("web")
    engine.begin("job")
    engine.exit("shop-job-1", 0)
    usages = Usages(engine, PROJECT)
    found = {container.service: container for container in engine.observe(PROJECT).containers}

    assert usages.of(found["web"]) is None
    assert usages.of(found["job"]) == Usage()


def test_the_engine_is_asked_again_only_when_something_has_come_or_gone() -> None:
    engine = Engine()
    engine.begin("web")
    with Usages(engine, PROJECT) as usages:
        usages.observed()
        engine.begin("db")
        engine.wait_until_heard()
        assert there(usages).keys() == {"web", "db"}
        asked = engine.observed

        usages.observed()
        usages.observed()

        assert engine.observed == asked
        assert len(engine.streams) == 2


def test_what_has_gone_is_followed_no_more() -> None:
    engine = Engine()
    id = engine.begin("web")
    with Usages(engine, PROJECT) as usages:
        web = there(usages)["web"]
        engine.wait_until_measured()
        engine.exit("shop-web-1", 0)
        engine.wait_until_heard()

        usages.observed()

        assert engine.streams[id].closed
        assert usages.of(web) is None


def test_all_streams_are_closed_at_the_end() -> None:
    engine = Engine()
    engine.begin("web")
    engine.begin("db")
    with Usages(engine, PROJECT) as usages:
        usages.observed()

    assert [stream.closed for stream in engine.streams.values()] == [True, True]


def test_a_lost_engine_is_raised_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicompose.execution.subscription.RETRIES", ())
    engine = Engine()
    with Usages(engine, PROJECT) as usages:
        usages.observed()
        engine.end_events()
        for thread in threading.enumerate():
            if thread.name == "engine events":
                thread.join(DEADLINE)

        with pytest.raises(EngineUnreachable):
            usages.observed()


def test_what_is_measured_once_leaves_out_what_has_gone() -> None:
    engine = Engine()
    engine.begin("web")
    engine.begin("db")
    engine.use("shop-web-1", MUCH)
    web, db = sorted(engine.observe(PROJECT).containers, key=lambda each: each.name, reverse=True)
    engine.remove_container("shop-db-1", volumes=False, force=True)

    assert used_once(engine, [web, db]) == {web.id: MUCH}
    assert used_once(engine, []) == {}
