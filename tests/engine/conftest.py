"""The two engines that the contract is tested on."""

from collections.abc import Iterator

import pytest

from minicompose.engine.protocol import Engine
from tests.engine.making import Bench
from tests.fake_engine import FakeEngine
from tests.real_engine import IMAGE


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engine)])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """An engine and a project on it: once the one in memory, once the one of this machine."""
    engine: Engine
    if request.param == "fake":
        with FakeEngine(IMAGE) as engine:
            yield Bench(engine, "contract")
    else:
        engine = request.getfixturevalue("real_engine")
        yield Bench(engine, request.getfixturevalue("real_project"))
