"""The stage on which scenarios play."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose.engine.api import Api
from minicompose.engine.http_engine import HttpEngine
from tests.real_engine import real_api
from tests.scenarios.stage import Stage


@pytest.fixture(scope="session")
def api(real_engine: HttpEngine) -> Iterator[Api]:
    api = real_api()
    yield api
    api.transport.close()


@pytest.fixture
def stage(tmp_path: Path, real_engine: HttpEngine, real_project: str, api: Api) -> Stage:
    """An empty directory and a project name of its own; `real_project` cleans up."""
    return Stage(tmp_path, real_project, real_engine, api)
