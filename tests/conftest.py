"""Fixtures for tests that need an engine, and a place for histories that is nobody's."""

import os
import signal
import uuid
from collections.abc import Iterator

import pytest

from minicompose.engine.http_engine import HttpEngine
from tests import podman
from tests.real_engine import reach_engine, remove_project


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it for what it runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)  # some tests press Ctrl-C
    if os.environ.get("MINICOMPOSE_TEST_ENGINE") == "podman":
        os.environ["DOCKER_HOST"] = podman.ADDRESS


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("engine"):
            module = item.path.relative_to(config.rootpath).as_posix()
            if module in podman.EVERY_DAY:
                item.add_marker("podman")
            elif module in podman.BESIDES:
                item.add_marker("podman_besides")
    if os.environ.get("MINICOMPOSE_TEST_ENGINE") == "podman":
        podman.adapt(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where the groups that were asked for are lost: what is in one must not run side by side."""
    if getattr(session.config.option, "loadgroup", False):
        for item in session.items:
            if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
                raise pytest.UsageError("pytest-xdist does not keep groups together with this version of pytest")


@pytest.fixture(scope="session", autouse=True)
def state_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No command that a test runs writes into the history of whoever runs the tests."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


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
