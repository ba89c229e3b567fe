"""Whose the copied files are."""

import pytest

from minicompose.execution.packing import Owner
from minicompose.watching.owners import Owners, owner_named
from tests.carrying_out import engine_running
from tests.stack_of import stack_of

PASSWD = """root:x:0:0:root:/root:/bin/sh
# a comment
app:x:1001:1002:App:/home/app:/bin/sh
broken:x:one:two
"""
GROUPS = """root:x:0:
staff:x:50:app
"""


@pytest.mark.parametrize(
    ("user", "owner"),
    [
        ("app", Owner(1001, 1002)),
        ("1001", Owner(1001, 1002)),
        ("app:staff", Owner(1001, 50)),
        ("app:7", Owner(1001, 7)),
        ("1234", Owner(1234, 0)),
        ("1234:staff", Owner(1234, 50)),
        ("nobody-knows", Owner(0, 0)),
        ("app:nobody-knows", Owner(1001, 1002)),
        ("broken", Owner(0, 0)),
    ],
)
def test_a_user_is_looked_up_among_those_of_the_container(user: str, owner: Owner) -> None:
    assert owner_named(user, PASSWD, GROUPS) == owner


@pytest.mark.parametrize(("user", "owner"), [("''", Owner(0, 0)), ("'12:34'", Owner(12, 34)), ("app", Owner(0, 0))])
def test_each_container_is_asked_for_its_user(user: str, owner: Owner) -> None:
    engine = engine_running(stack_of(f"services: {{web: {{image: 'web:1', command: sleep 1, user: {user}}}}}"))

    assert Owners(engine).of(engine.observe("shop").containers[0].id) == owner
