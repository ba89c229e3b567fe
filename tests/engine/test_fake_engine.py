"""What tests may ask of the engine in memory, beyond the contract."""

import threading

import pytest

from minicompose.errors import EngineFault, NotFound
from tests.engine.making import Bench, check, until
from tests.fake_engine import Behaviour, FakeEngine
from tests.real_engine import IMAGE


@pytest.fixture
def bench() -> Bench:
    return Bench(FakeEngine(IMAGE), "fake")


def _fake(bench: Bench) -> FakeEngine:
    assert isinstance(bench.engine, FakeEngine)
    return bench.engine


def test_calls_are_logged_by_name(bench: Bench) -> None:
    bench.engine.stop_container(bench.run(bench.spec("web")), 0)

    assert _fake(bench).called() == [
        "create_container fake-web",
        "start_container fake-web",
        "stop_container fake-web",
    ]
    assert _fake(bench).called("start_container") == ["start_container fake-web"]


def test_a_held_call_stands_still_until_it_is_released(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))
    hold = _fake(bench).hold("start_container", "fake-web")
    starter = threading.Thread(target=bench.engine.start_container, args=(id,))

    starter.start()
    hold.wait_reached()
    before = bench.observed(id).state
    hold.release()
    starter.join()

    assert (before, bench.observed(id).state) == ("created", "running")


def test_a_call_fails_once_where_it_is_told_to(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))
    _fake(bench).fail("start_container", "fake-web", EngineFault("no"))

    with pytest.raises(EngineFault, match="no"):
        bench.engine.start_container(id)
    bench.engine.start_container(id)

    assert bench.observed(id).state == "running"


def test_a_scripted_service_does_what_it_is_told(bench: Bench) -> None:
    _fake(bench).script("job", Behaviour(exits=4, output=b"said\n"))
    _fake(bench).script("broken", Behaviour(start_fails=EngineFault("cannot")))
    _fake(bench).script("slow", Behaviour(health=()))

    job = bench.run(bench.spec("job"))
    slow = bench.run(bench.spec("slow", healthcheck=check("CMD", "true")))
    with pytest.raises(EngineFault, match="cannot"):
        bench.run(bench.spec("broken"))

    assert bench.observed(job).exit_code == 4
    assert [chunk.data for chunk in bench.engine.logs(job)] == [b"said\n"]
    assert bench.observed(slow).health == "starting"


def test_health_and_exits_come_when_the_test_says(bench: Bench) -> None:
    _fake(bench).script("web", Behaviour(health=()))
    with bench.events() as events:
        bench.run(bench.spec("web", healthcheck=check("CMD", "true")))
        _fake(bench).become("fake-web", "unhealthy", output="no answer")
        told = until(events, lambda event: event.action == "health_status")[-1]
        _fake(bench).exit("fake-web", 9)
        died = until(events, lambda event: event.action == "die")[-1]

    assert (told.health, died.exit_code) == ("unhealthy", 9)
    assert bench.engine.inspect_container("fake-web").health_output == "no answer"


def test_a_pull_brings_what_a_registry_offers(bench: Bench) -> None:
    id = _fake(bench).offer_image("redis:8")

    bench.engine.pull_image("redis:8", None, lambda progress: None)

    assert bench.engine.image_id("redis:8") == id
    with pytest.raises(NotFound):
        bench.engine.pull_image("nothing:1", None, lambda progress: None)


def test_an_engine_that_goes_away_ends_its_event_streams(bench: Bench) -> None:
    with bench.events() as events:
        _fake(bench).end_events()

        assert list(events) == []
