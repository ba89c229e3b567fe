"""Updates under load, on a real engine: the proof that none of the requests is lost."""

import shutil
from pathlib import Path

import pytest

from benchmarks.load import Load
from tests.scenarios.stage import ROOT, Stage

# One after the other: both build the same image, which must not move to another while it is used.
pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("rolling")]

UPDATES = 10
# As `delay` in the stack, between two updates also: by then the proxy has asked for the new addresses.
PROXY_REMEMBERS = 3.0


def copy_of_the_stack(to: Path) -> None:
    shutil.copytree(ROOT / "benchmarks" / "rolling", to, dirs_exist_ok=True)


def test_no_request_fails_while_replicas_are_updated_start_first(stage: Stage) -> None:
    copy_of_the_stack(stage.directory)
    stage.good("up", "-d", "--wait", "--build")
    published = stage.inspect("proxy-1")["NetworkSettings"]["Ports"]["8080/tcp"][0]
    proxy = stage.ids()["proxy-1"]

    with Load(published["HostIp"], int(published["HostPort"])) as load:
        for version in range(2, 2 + UPDATES):
            done = stage.run("up", "-d", environment={"VERSION": str(version)})
            assert done.code == 0, done.said
            load.go_on(PROXY_REMEMBERS)

    assert load.outcome.failed == []
    assert load.outcome.answers >= {str(version) for version in range(2, 2 + UPDATES - 1)}
    assert stage.states() == {"proxy-1": "running", "web-1": "running", "web-2": "running"}
    assert stage.ids()["proxy-1"] == proxy


def test_no_request_fails_while_an_update_that_does_not_work_is_put_back(stage: Stage) -> None:
    copy_of_the_stack(stage.directory)
    stage.good("up", "-d", "--wait", "--build")
    before = stage.ids()
    published = stage.inspect("proxy-1")["NetworkSettings"]["Ports"]["8080/tcp"][0]
    stack = stage.directory / "compose.yaml"
    stack.write_text(stack.read_text().replace("python3 -u /service.py", "python3 -c 'raise SystemExit(7)'"))

    with Load(published["HostIp"], int(published["HostPort"])) as load:
        done = stage.run("up", "-d", environment={"VERSION": "2"})

    assert done.code == 1
    assert "exited with code 7" in done.said
    assert load.outcome.failed == []
    assert load.outcome.answers == {"1"}
    assert stage.ids() == before
