"""Fixtures for tests that need an engine."""

import uuid
from collections.abc import Iterator

import pytest

from minicompose.engine.http_engine import HttpEngine
from tests.real_engine import reach_engine, remove_project


@pytest.fixture(scope="session")
def real_engine() -> Iterator[HttpEngine]:
    """The engine of this machine, with the image `busybox:test`."""
    with reach_engine() as engine:
        yield engine


@pytest.fixture
def real_project(real_engine: HttpEngine) -> Iterator[str]:
    """A project name nobody else uses; what carries its label is removed in the end."""
    name = f"mctest{uuid.uuid4().hex[:10]}"
    yield name
    remove_project(real_engine, name)
