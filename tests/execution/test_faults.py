"""Engines that fail once, or go away, at any call of an `up`: what is there then, and after the next `up`."""

import itertools
import threading
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicompose.engine.protocol import Engine
from minicompose.errors import EngineFault, EngineUnreachable
from minicompose.execution import subscription
from minicompose.execution.events import RunReport
from minicompose.execution.run import run_plan
from minicompose.model import Stack
from minicompose.planning import rollout
from minicompose.planning.observed import Observed
from minicompose.planning.plan import Checkpoint, Plan
from minicompose.planning.up import UpOptions, plan_up
from tests.fake_engine import FakeEngine
from tests.generated_stacks import engine_with, stacks

CHANGING = frozenset(
    f"{verb}_{what}"
    for verb, what in (
        *itertools.product(("create", "remove"), ("container", "network", "volume")),
        *itertools.product(("start", "stop", "restart", "rename", "unpause"), ("container",)),
        *itertools.product(("connect", "disconnect"), ("network",)),
        ("pull", "image"),
    )
)
Fault = Literal["refused", "lost before", "lost after"]
FAULTS: tuple[Fault, ...] = ("refused", "lost before", "lost after")
CALLS = 8  # of each pair of stacks, and each fault
SETTINGS = settings(max_examples=50, derandomize=True, deadline=None, database=None)


class Faulty:
    """An engine whose `call`-th change is refused, or that is gone from then on: before the change, or after it.

    One that goes away while a plan runs looks to that run as a `kill -9` of the run looks to the engine.
    """

    def __init__(self, engine: FakeEngine, call: int, fault: Fault) -> None:
        self._engine = engine
        self._left = call
        self._fault = fault
        self._lock = threading.Lock()
        self._gone = False

    def __getattr__(self, verb: str) -> Any:
        whole = getattr(self._engine, verb)
        if not callable(whole):
            return whole

        def call(*words: Any, **named: Any) -> Any:
            return self._call(verb, lambda: whole(*words, **named))

        return call

    def _call(self, verb: str, act: Callable[[], Any]) -> Any:
        with self._lock:
            if self._gone:
                raise EngineUnreachable("the engine is gone")
            self._left -= verb in CHANGING
            strikes = verb in CHANGING and self._left == 0
            if strikes and self._fault == "refused":
                raise EngineFault(f"{verb} is refused")
            if not strikes:
                return act()
            if self._fault == "lost after":
                act()
            self._gone = True
        self._engine.end_events()
        raise EngineUnreachable("the connection was lost")


@pytest.fixture(autouse=True, scope="module")
def _no_patience() -> Iterator[None]:
    """Nothing is looked at twice: what the double is asked it says at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subscription, "RETRIES", (0.0,))
        patch.setattr(rollout, "_STEADY", 0.0)
        patch.setattr(rollout, "_STEADY_IN_UPDATE", 0.0)
        yield


def up(stack: Stack, engine: Engine, observed: Observed, **options: Any) -> bool:
    plan = plan_up(stack, observed, UpOptions(remove_orphans=True, **options))
    assert not [note for note in plan.notes if note.severity == "error"]
    return run_plan(plan, engine, lambda event: None, workers=2).ok


def standing(engine: FakeEngine) -> dict[str, str]:
    """The containers that run or have done their work, by their names."""
    return {c.name: c.id for c in engine.observe("shop").containers if c.state == "running" or c.service == "job"}


def shape(engine: FakeEngine) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """What is there, by name: of which image, how it is, and on which networks."""
    return {c.name: (c.image, c.state, tuple(sorted(c.networks))) for c in engine.observe("shop").containers}


def is_changed_at_last(before: Stack, after: Stack) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    engine = engine_with(before, ())
    assert up(after, engine, engine.observe("shop"))
    return shape(engine)


@SETTINGS
@given(stacks(), stacks(), st.randoms(use_true_random=False))
def test_the_next_up_completes_what_a_fault_at_any_call_has_left(before: Stack, after: Stack, chance: Random) -> None:
    wanted = is_changed_at_last(before, after)
    for fault in FAULTS:
        for call in chance.sample(range(1, 60), CALLS):
            engine = engine_with(before, ())
            faulty: Any = Faulty(engine, call, fault)
            if up(after, faulty, engine.observe("shop")):
                continue  # it has fewer calls

            assert up(after, engine, engine.observe("shop"))

            assert shape(engine) == wanted, f"{fault} at call {call}"


@SETTINGS
@given(stacks(), stacks(), st.randoms(use_true_random=False))
def test_an_up_that_fails_leaves_what_ran_running_under_its_own_name(
    before: Stack, after: Stack, chance: Random
) -> None:
    for call in chance.sample(range(1, 60), CALLS):
        engine = engine_with(before, ())
        ran = standing(engine)
        faulty: Any = Faulty(engine, call, "refused")
        plan = plan_up(after, engine.observe("shop"), UpOptions(remove_orphans=True))
        report = run_plan(plan, faulty, lambda event: None, workers=2)
        if report.ok or is_over(plan, report):
            continue

        assert ran.items() <= standing(engine).items(), f"refused at call {call}"
        assert not [name for name in engine.containers if name.endswith((".next", ".old"))]


def is_over(plan: Plan, report: RunReport) -> bool:
    """Whether all that the plan brings works, so that what it replaced is not kept any more."""
    last = [step for step in plan.steps if isinstance(step.action, Checkpoint) and step.subject.type == "stack"]
    return not last or last[0].id in report.done
