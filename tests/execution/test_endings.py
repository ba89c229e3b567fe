"""Waiting for containers to end, on the engine in memory."""

from collections.abc import Iterator

import pytest

from minicompose.errors import MinicomposeError
from minicompose.execution.endings import Ending, endings
from tests.fake_engine import FakeEngine
from tests.runs import IMAGE, PROJECT, spec_of


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    with FakeEngine(IMAGE) as engine:
        yield engine


def running(engine: FakeEngine, service: str) -> str:
    """The id of a container of the service that runs."""
    id = engine.create_container(f"{PROJECT}-{service}-1", spec_of(service), None)
    engine.start_container(id)
    return id


def test_what_has_ended_already_is_told_at_once(engine: FakeEngine) -> None:
    job = running(engine, "job")
    engine.exit(job, 3)

    assert list(endings(engine, PROJECT, [job])) == [Ending(container=job, exit_code=3)]


def test_each_is_told_when_it_ends(engine: FakeEngine) -> None:
    db, web = running(engine, "db"), running(engine, "web")
    engine.exit(web, 0)
    ends = endings(engine, PROJECT, [db, web])

    assert next(ends).container == web
    engine.exit(db, 7)
    assert list(ends) == [Ending(container=db, exit_code=7)]


def test_an_end_during_a_gap_in_the_events_is_told(engine: FakeEngine) -> None:
    db, web = running(engine, "db"), running(engine, "web")
    engine.exit(web, 0)
    ends = endings(engine, PROJECT, [db, web])
    next(ends)

    engine.end_events()
    engine.exit(db, 7)

    assert list(ends) == [Ending(container=db, exit_code=7)]


def test_others_do_not_count(engine: FakeEngine) -> None:
    db, web = running(engine, "db"), running(engine, "web")
    engine.exit(web, 0)
    ends = endings(engine, PROJECT, [web])

    engine.exit(db, 7)

    assert list(ends) == [Ending(container=web, exit_code=0)]


def test_one_that_is_gone_is_an_error(engine: FakeEngine) -> None:
    web = running(engine, "web")
    engine.remove_container(web, volumes=False, force=True)

    with pytest.raises(MinicomposeError, match="was removed while it was waited for"):
        list(endings(engine, PROJECT, [web]))
