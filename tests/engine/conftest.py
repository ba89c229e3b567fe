"""The two engines that the contract is tested on."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from minicompose.engine.protocol import Engine
from minicompose.errors import NotFound
from tests.counting_registry import CountingRegistry
from tests.engine.making import Bench
from tests.fake_engine import FakeEngine
from tests.real_engine import IMAGE
from tests.registry import PASSWORD, USER, registry


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


@pytest.fixture
def guarded(bench: Bench, tmp_path: Path) -> Iterator[str]:
    """A registry that lets in ann with the password "secret"."""
    if isinstance(bench.engine, FakeEngine):
        bench.engine.passwords["guarded", USER] = PASSWORD
        yield "guarded"
        return
    with registry(tmp_path / "registry", private=True) as running:
        yield running.host


@pytest.fixture
def offered(bench: Bench) -> Iterator[str]:
    """An image that a registry has for the engine; in the end the engine does not have it."""
    if isinstance(bench.engine, FakeEngine):
        bench.engine.offer_image("offered:1")
        yield "offered:1"
        return
    with CountingRegistry() as registry:
        name = f"{registry.host}/{bench.project}:1"
        yield name
        with suppress(NotFound):
            bench.engine.remove_image(name)
