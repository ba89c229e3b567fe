"""The command, killed in the middle: `python -m tests.scenarios.killed CALL WORDS...`.

It runs the command with WORDS until it is about to make its CALL-th change at the engine, and then is gone as by
`kill -9`. It exits with the command's code where there are fewer changes.
"""

import itertools
import os
import signal
import sys
from typing import Any

from minicompose.cli import main
from minicompose.engine.http_engine import HttpEngine

CHANGES = (
    *(f"{verb}_{what}" for verb, what in itertools.product(("create", "remove"), ("container", "network", "volume"))),
    *(f"{verb}_container" for verb in ("start", "stop", "restart", "rename")),
    *(f"{verb}_network" for verb in ("connect", "disconnect")),
    "exec",
)


def kill_at(call: int) -> None:
    """Let this program be gone before its `call`-th change, counted from 1."""
    counted = itertools.count(1)
    for name in CHANGES:
        setattr(HttpEngine, name, _counting(getattr(HttpEngine, name), counted, call))


def _counting(whole: Any, counted: "itertools.count[int]", last: int) -> Any:
    def change(*words: Any, **named: Any) -> Any:
        if next(counted) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*words, **named)

    return change


if __name__ == "__main__":
    kill_at(int(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
