"""What is different since a plan was saved."""

import msgspec

from minicompose.history.saved import Reading, SavedPlan, decode, encode
from minicompose.history.sealing import contents, sealed
from minicompose.history.since import seen, since
from minicompose.model import Stack
from minicompose.planning.encoding import plan_json
from minicompose.planning.observed import Observed
from minicompose.planning.up import UpOptions, plan_up
from tests.carrying_out import running
from tests.history.test_sealing import EVERYWHERE, stacks
from tests.stack_of import stack_of

OPTIONS = UpOptions(pull="missing", wait=True, scale={})


def data(stack: Stack, observed: Observed) -> object:
    return msgspec.json.decode(plan_json(plan_up(stack, observed, OPTIONS), stack))


def saved_for(stack: Stack, observed: Observed) -> SavedPlan:
    """The plan as it is read again from its file."""
    bare = sealed(stack)[0]
    saved = SavedPlan(
        version="1",
        at=1_700_000_000.5,
        who="ann@desk",
        project=stack.name,
        engine="id",
        address="unix:///e",
        files=stack.files,
        reading=Reading(working_directory="/shop"),
        options=OPTIONS,
        text="",
        seen=seen(bare, observed),
        contents=contents(stack),
        stack=bare,
        plan=data(stack, observed),
    )
    return decode(encode(saved))


def test_nothing_is_different_where_nothing_is_for_any_stack() -> None:
    for stack in stacks():
        observed = Observed(project=stack.name)
        assert not since(saved_for(stack, observed), stack, observed, data(stack, observed))


def test_what_runs_is_not_different_from_itself_and_is_from_nothing() -> None:
    stack = stack_of(EVERYWHERE.format("Zsecret"), environment={"API_TOKEN": "Yopensesame"})
    there, nothing = running(stack), Observed(project="shop")

    assert not since(saved_for(stack, there), stack, there, data(stack, there))
    gone = since(saved_for(stack, there), stack, nothing, data(stack, nothing))
    assert {(drift.name, drift.what) for drift in gone.engine} >= {("shop-web-1", "gone"), ("shop_default", "gone")}
    assert not gone.files


def test_a_secret_that_changed_is_a_difference_wherever_it_stands() -> None:
    def stack(token: str) -> Stack:
        return stack_of(EVERYWHERE.format("Zsecret"), environment={"API_TOKEN": token})

    nothing = Observed(project="shop")
    saved = saved_for(stack("Yopensesame"), nothing)
    found = since(saved, stack("Yswordfish"), nothing, data(stack("Yswordfish"), nothing))

    paths = {change.path for differs in found.files for change in differs.changes}
    assert {"environment.PLAIN", "command", "healthcheck.test", "content"} <= paths
    assert b"opensesame" not in encode(saved)
    assert "swordfish" not in repr(found)
