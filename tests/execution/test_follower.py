"""Following and reading what containers print."""

import threading
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from minicompose.engine.protocol import LogChunk
from minicompose.errors import Conflict, EngineFault
from minicompose.execution.events import AnyEvent, ContainerExited, LogLines, Notice
from minicompose.execution.follower import AllExited, Ending, FirstExited, Follower, Stopped
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.logs import read_logs
from minicompose.execution.run import run_plan
from minicompose.execution.sources import source_of, sources_of
from minicompose.planning.plan import Plan
from tests.fake_engine import Behaviour, FakeEngine
from tests.runs import DEADLINE, IMAGE, PROJECT, create, engine_with, plan_of, spec_of, start, step, wait


class Heard:
    """What a follower told, to be waited for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, event: AnyEvent) -> None:
        with self._changed:
            match event:
                case LogLines():
                    self.lines += [
                        f"{line.output.service}-{line.output.number} {line.text.decode()}" for line in event.lines
                    ]
                case ContainerExited():
                    self.lines.append(f"{event.container} exited {event.exit_code}")
                case Notice():
                    self.lines.append(f"{event.severity}: {event.text}")
                case _:
                    pass
            self._changed.notify_all()

    def wait_for(self, line: str, times: int = 1) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self.lines.count(line) >= times, DEADLINE):
                raise AssertionError(f"{line!r} was not heard; there was {self.lines}")


def follower(engine: FakeEngine, heard: Heard, plan: Plan | None = None, **options: Any) -> Follower:
    sources = sources_of(plan or plan_of(), engine.observe(PROJECT))
    return Follower(engine, PROJECT, heard, sources, **{"patience": 0.0, **options})


class Said(list[LogChunk]):
    """A log that can be closed."""

    def close(self) -> None: ...


def up(*services: str) -> Plan:
    steps = [create(id, service) for id, service in enumerate(services, start=1)]
    return plan_of(
        *steps, *(start(100 + each.id, service, each.id) for each, service in zip(steps, services, strict=True))
    )


def run(plan: Plan, engine: FakeEngine) -> None:
    assert run_plan(plan, engine, lambda _: None).ok


# ---- following ----


def test_whoever_waits_for_ever_waits_on_when_all_have_ended() -> None:
    engine = engine_with("job")
    engine.script("job", Behaviour(exits=0, output=b"once\n"))
    heard, interrupts = Heard(), Interrupts()
    endings: list[Ending] = []
    with follower(engine, heard) as following:
        waiting = threading.Thread(target=lambda: endings.append(following.wait(interrupts, restarts="ever")))
        waiting.start()
        for times in (1, 2):
            engine.start_container("shop-job-1")
            heard.wait_for("shop-job-1 exited 0", times)
        still_waits = waiting.is_alive()
        interrupts.press()
        waiting.join(DEADLINE)

    assert still_waits
    assert endings == [Stopped()]


def test_the_successor_of_a_container_is_called_as_it_will_be() -> None:
    engine = engine_with("web")
    source = source_of(replace(engine.observe(PROJECT).containers[0], name="shop-web-1.next"))

    assert source.container == "shop-web-1"


def test_all_that_a_short_lived_container_prints_comes_before_its_exit() -> None:
    engine = FakeEngine(IMAGE)
    engine.script("job", Behaviour(exits=0, output=b"first\nsecond\nno end"))
    heard = Heard()
    with follower(engine, heard, up("job")) as following:
        run(up("job"), engine)
        ending = following.wait(Interrupts())

    assert ending == AllExited()
    assert heard.lines == ["job-1 first", "job-1 second", "job-1 no end", "shop-job-1 exited 0"]


def test_what_a_container_printed_in_an_earlier_life_is_not_shown_again() -> None:
    engine = engine_with("job")
    engine.script("job", Behaviour(exits=0, output=b"old\n"))
    engine.start_container("shop-job-1")
    engine.script("job", Behaviour(exits=0, output=b"new\n"))
    heard = Heard()
    plan = plan_of(start(1, "job"))

    with follower(engine, heard, plan) as following:
        run(plan, engine)
        assert following.wait(Interrupts()) == AllExited()

    assert heard.lines == ["job-1 new", "shop-job-1 exited 0"]


def test_a_container_that_runs_already_is_followed_from_now_on() -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")
    engine.say("shop-web-1", b"before\n")
    heard = Heard()

    with follower(engine, heard) as following:
        engine.say("shop-web-1", b"after\n")
        engine.exit("shop-web-1", 0)
        assert following.wait(Interrupts()) == AllExited()

    assert heard.lines == ["web-1 after", "shop-web-1 exited 0"]


def test_a_container_that_is_started_again_is_followed_again_and_no_line_comes_twice() -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")
    heard = Heard()
    with follower(engine, heard):
        engine.say("shop-web-1", b"one\n")
        heard.wait_for("web-1 one")
        engine.restart_container("shop-web-1", None)
        engine.say("shop-web-1", b"two\n")
        heard.wait_for("web-1 two")

    assert [line for line in heard.lines if "exited" not in line] == ["web-1 one", "web-1 two"]


def test_a_replica_that_is_added_while_following_is_followed_too() -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")
    heard = Heard()
    with follower(engine, heard):
        spec = spec_of("late")
        engine.script("late", Behaviour(output=b"here\n"))
        engine.create_container(spec.name, spec, None)
        engine.start_container(spec.name)

        heard.wait_for("late-1 here")


def test_services_that_are_not_attached_to_are_neither_heard_nor_waited_for() -> None:
    engine = FakeEngine(IMAGE)
    engine.script("loud", Behaviour(output=b"noise\n"))
    engine.script("job", Behaviour(exits=0, output=b"done\n"))
    heard = Heard()
    plan = up("loud", "job")
    with follower(engine, heard, plan, services={"job"}) as following:
        run(plan, engine)
        assert following.wait(Interrupts()) == AllExited()

    assert heard.lines == ["job-1 done", "shop-job-1 exited 0"]


def test_lines_still_come_while_containers_are_being_stopped_after_an_interrupt() -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")
    heard = Heard()
    interrupts = Interrupts()
    with follower(engine, heard) as following:
        interrupts.press()
        assert following.wait(interrupts) == Stopped()
        later = interrupts.from_now_on()
        engine.say("shop-web-1", b"going down\n")
        engine.stop_container("shop-web-1", None)
        assert following.wait(later) == AllExited()

    assert heard.lines == ["web-1 going down", "shop-web-1 exited 143"]
    assert following.exit_codes == {"web": 143}


def test_what_somebody_stops_and_starts_again_is_followed_on() -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")
    heard = Heard()
    with follower(engine, heard, patience=DEADLINE) as following:
        over = threading.Thread(target=following.wait, args=(Interrupts(),))
        over.start()
        engine.stop_container("shop-web-1", None)
        heard.wait_for("shop-web-1 exited 143")
        engine.start_container("shop-web-1")
        engine.say("shop-web-1", b"back\n")
        heard.wait_for("web-1 back")
        engine.remove_container("shop-web-1", volumes=False, force=True)  # one that is gone is not waited for
        over.join(DEADLINE / 2)

        assert not over.is_alive()


def test_what_somebody_stops_and_leaves_so_is_over_after_a_while() -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")
    with follower(engine, Heard(), patience=0.01) as following:
        engine.stop_container("shop-web-1", None)

        assert following.wait(Interrupts()) == AllExited()


def test_an_interrupt_ends_the_waiting() -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")
    interrupts = Interrupts()
    with follower(engine, Heard()) as following:
        endings: list[Ending] = []
        waiting = threading.Thread(target=lambda: endings.append(following.wait(interrupts)))
        waiting.start()
        interrupts.press()
        waiting.join(DEADLINE)

    assert endings == [Stopped()]


def first_exit(abort_on: Literal["exit", "failure"], *codes: int) -> Ending:
    """How following ends when service a, then b, and so on end with these codes while `last` goes on."""
    names = "abcdef"[: len(codes)]
    engine = engine_with(*names, "last")
    for name in (*names, "last"):
        engine.start_container(f"shop-{name}-1")
    heard = Heard()
    with follower(engine, heard, abort_on=abort_on) as following:
        for name, code in zip(names, codes, strict=True):
            engine.exit(f"shop-{name}-1", code)
            heard.wait_for(f"shop-{name}-1 exited {code}")
        return following.wait(Interrupts())


def test_what_the_listener_raises_ends_the_waiting() -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")

    def closed(_event: AnyEvent) -> None:
        raise BrokenPipeError

    following = Follower(engine, PROJECT, closed, sources_of(plan_of(), engine.observe(PROJECT)))
    with following, pytest.raises(BrokenPipeError):
        engine.say("shop-web-1", b"line\n")
        following.wait(Interrupts())


def test_the_first_container_to_exit_decides() -> None:
    assert first_exit("exit", 0, 3) == FirstExited("shop-a-1", "a", 0)


def test_the_first_container_to_fail_decides() -> None:
    assert first_exit("failure", 0, 3, 4) == FirstExited("shop-b-1", "b", 3)


def test_a_job_that_the_plan_waits_for_does_not_end_all_by_completing() -> None:
    engine = FakeEngine(IMAGE)
    engine.script("job", Behaviour(exits=0))
    engine.script("web", Behaviour(exits=7))
    plan = plan_of(
        create(1, "job"), start(2, "job", 1), wait(3, "job", "completed", 2), create(4, "web"), start(5, "web", 3, 4)
    )
    with follower(engine, Heard(), plan, abort_on="exit") as following:
        run(plan, engine)
        assert following.wait(Interrupts()) == FirstExited("shop-web-1", "web", 7)


def test_a_container_that_the_plan_replaces_does_not_end_all() -> None:
    from minicompose.planning.plan import StopContainer

    engine = engine_with("old", "web")
    engine.start_container("shop-old-1")
    engine.script("web", Behaviour(exits=5))
    plan = plan_of(step(1, StopContainer(container="shop-old-1")), start(2, "web", 1))
    with follower(engine, Heard(), plan, abort_on="exit") as following:
        run(plan, engine)
        assert following.wait(Interrupts()) == FirstExited("shop-web-1", "web", 5)


def test_a_container_without_readable_logs_is_noted_and_its_exit_is_told() -> None:
    class Mute(FakeEngine):
        def logs(self, container: str, **_: Any) -> Any:
            raise EngineFault("configured logging driver does not support reading")

    engine = Mute(IMAGE)
    plan = up("web")
    heard = Heard()
    with follower(engine, heard, plan) as following:
        run(plan, engine)
        heard.wait_for("warning: no logs of shop-web-1: configured logging driver does not support reading")
        engine.exit("shop-web-1", 2)
        assert following.wait(Interrupts()) == AllExited()

    assert heard.lines[1:] == ["shop-web-1 exited 2"]


def test_the_exit_of_a_container_is_told_though_another_command_is_removing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")
    logs = engine.logs

    def marked_for_removal(container: str, *, follow: bool = False, **options: Any) -> Any:
        if follow:
            return logs(container, follow=True, **options)
        raise Conflict("can not get logs from container which is dead or marked for removal", status=409)

    heard = Heard()
    with follower(engine, heard) as following:
        monkeypatch.setattr(engine, "logs", marked_for_removal)
        engine.say("shop-web-1", b"last words\n")
        engine.exit("shop-web-1", 143)
        assert following.wait(Interrupts()) == AllExited()

    assert heard.lines == ["web-1 last words", "shop-web-1 exited 143"]


@pytest.mark.parametrize(("kept_back", "readings"), [(0, 2), (3, 2), (200, 3)])
def test_what_the_engine_keeps_back_of_a_followed_log_comes_before_the_exit(
    monkeypatch: pytest.MonkeyPatch, kept_back: int, readings: int
) -> None:
    engine = FakeEngine(IMAGE)
    engine.script("job", Behaviour(exits=0, output=b"anything"))
    log = [
        LogChunk(stream="stdout", data=f"2026-01-01T00:00:00.000000{number:03}Z line {number}\n".encode())
        for number in range(300)
    ]
    asked = []

    def logs(_: str, *, follow: bool = False, tail: int | None = None, **_options: Any) -> Any:
        asked.append(tail)
        return Said(log[: len(log) - kept_back] if follow else log[-tail:] if tail else log)

    monkeypatch.setattr(engine, "logs", logs)
    heard = Heard()
    with follower(engine, heard, up("job")) as following:
        run(up("job"), engine)
        following.wait(Interrupts())

    assert heard.lines == [*(f"job-1 line {number}" for number in range(300)), "shop-job-1 exited 0"]
    assert asked == [None, 64, None][:readings]


def test_logs_go_on_when_the_engine_was_away() -> None:
    engine = engine_with("web")
    engine.start_container("shop-web-1")
    heard = Heard()
    with follower(engine, heard):
        engine.end_events()
        engine.say("shop-web-1", b"still here\n")
        heard.wait_for("web-1 still here")


def test_history_is_shown_first_and_a_container_that_has_ended_is_read_once() -> None:
    engine = engine_with("job")
    engine.script("job", Behaviour(exits=0, output=b"done\n"))
    engine.start_container("shop-job-1")
    heard = Heard()

    with follower(engine, heard, history=True) as following:
        assert following.wait(Interrupts()) == AllExited()

    assert heard.lines == ["job-1 done"]


# ---- reading ----


def test_logs_of_several_containers_are_merged_by_time() -> None:
    engine = engine_with("a", "b")
    for name in ("a", "b"):
        engine.start_container(f"shop-{name}-1")
    for name, said in (("a", b"1\n"), ("b", b"2\n"), ("b", b"3\n"), ("a", b"4\n")):
        engine.say(f"shop-{name}-1", said)
    heard = Heard()

    read_logs(engine, sources_of(plan_of(), engine.observe(PROJECT)), heard)

    assert heard.lines == ["a-1 1", "b-1 2", "b-1 3", "a-1 4"]


@pytest.mark.parametrize(("names", "timestamps", "told"), [("a", False, False), ("a", True, True), ("ab", False, True)])
def test_the_engine_is_asked_for_times_only_where_they_are_merged_by_or_shown(
    names: str, timestamps: bool, told: bool
) -> None:
    engine = engine_with(*names)
    for name in names:
        engine.start_container(f"shop-{name}-1")
        engine.say(f"shop-{name}-1", b"said\n")
    times: list[bytes] = []

    def note(event: AnyEvent) -> None:
        assert isinstance(event, LogLines)
        times.extend(line.time for line in event.lines)

    read_logs(engine, sources_of(plan_of(), engine.observe(PROJECT)), note, timestamps=timestamps)

    assert [bool(time) for time in times] == [told] * len(names)
