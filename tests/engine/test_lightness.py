"""A command that only looks at a local engine does not pay for what only others need."""

import subprocess
import sys

import pytest

HEAVY = ("docker", "requests", "http.client", "ssl", "tarfile", "email", "asyncio", "subprocess", "tempfile", "logging")


@pytest.mark.parametrize("module", HEAVY)
def test_reaching_a_local_engine_does_not_import(module: str) -> None:
    code = (
        "import sys, minicompose.engine.connect as c; c.connect('unix:///nowhere', None, {}); "
        f"sys.exit({module!r} in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
