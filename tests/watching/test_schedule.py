"""What is done when, in which order, and what waits for what."""

from collections.abc import Sequence

from minicompose.model import Hook
from minicompose.watching.rules import Action, Command, Rule
from minicompose.watching.schedule import Job, Schedule


def rule(service: str, action: Action, *, initial: bool = False) -> Rule:
    return Rule(
        service=service,
        action=action,
        root=f"/{service}",
        written=f"/{service}",
        target="/app",
        command=Command(Hook(command=("reload",)), "reload") if action == "sync+exec" else None,
        initial_sync=initial,
    )


def words(job: Job | None) -> str:
    """A job as its part and its services."""
    if job is None:
        return "nothing"
    return " ".join((job.part, *(work.service for work in job.works), *(["anew"] if job.anew else [])))


def all_in_turn(schedule: Schedule, rebuilt: Sequence[str] = ()) -> list[str]:
    """What is done when each job ends before the next is asked for; rebuilds of `rebuilt` succeed."""
    done = []
    while job := schedule.due():
        done.append(words(job))
        schedule.ended(job, rebuilt if job.part == "rebuild" else ())
    return done


def test_the_parts_of_a_services_work_come_one_after_the_other() -> None:
    schedule = Schedule([rule("web", "rebuild"), rule("web", "sync+restart"), rule("web", "sync+exec")])

    schedule.changed(["/web/a"])

    assert all_in_turn(schedule) == ["rebuild web", "copy web", "restart web", "run web"]


def test_services_have_theirs_side_by_side_but_one_change_of_the_project_at_a_time() -> None:
    schedule = Schedule([rule("web", "rebuild"), rule("api", "restart"), rule("db", "sync")])
    schedule.changed(["/web/a", "/api/a", "/db/a"])

    building, copying, waiting = schedule.due(), schedule.due(), schedule.due()
    assert building is not None
    schedule.ended(building)

    assert [words(job) for job in (building, copying, waiting)] == ["rebuild web", "copy db", "nothing"]
    assert words(schedule.due()) == "restart api"


def test_those_that_ask_for_the_same_change_by_then_have_it_together() -> None:
    schedule = Schedule([rule("web", "rebuild"), rule("api", "rebuild"), rule("db", "rebuild")])
    schedule.changed(["/web/a"])
    first = schedule.due()
    assert first is not None

    schedule.changed(["/api/a", "/db/a"])
    schedule.ended(first)

    assert words(schedule.due()) == "rebuild api db"


def test_what_changes_meanwhile_is_one_work_afterwards() -> None:
    schedule = Schedule([rule("web", "sync")])
    schedule.changed(["/web/a"])
    first = schedule.due()
    assert first is not None

    schedule.changed(["/web/b"])
    schedule.changed(["/web/c"])
    busy = schedule.due()
    schedule.ended(first)
    after = schedule.due()

    assert busy is None
    assert after is not None and after.works[0].changed == ("/web/b", "/web/c")


def test_new_containers_get_all_files_and_those_that_were_kept_what_has_changed() -> None:
    rules = [rule("web", "rebuild"), rule("web", "sync")]
    done = []
    for rebuilt in ((), ("web",)):
        schedule = Schedule(rules)
        schedule.changed(["/web/a"])
        done.append(all_in_turn(schedule, rebuilt))

    assert done == [["rebuild web", "copy web"], ["rebuild web", "copy web anew"]]


def test_what_is_copied_at_first_is_copied_before_anything_else_of_its_service() -> None:
    schedule = Schedule([rule("web", "sync+restart", initial=True)])
    schedule.begin_with(["web"])
    schedule.changed(["/web/a"])

    assert all_in_turn(schedule) == ["copy web anew", "copy web", "restart web"]
