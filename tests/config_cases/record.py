"""Write the expected answers anew from a reference implementation.

    python -m tests.config_cases.record docker compose

Every case is run twice, and one whose answer varies is refused.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.config_cases.cases import Case, cases, lay_out
from tests.config_cases.comparison import differences, parsed

_TIMESTAMP = re.compile(r'time="[^"]*" ')
_WARNING = "level=warning"


def answer(case: Case, command: list[str]) -> dict[str, Any]:
    """What the reference says: the exit code, the output or the complaint, and warnings."""
    with tempfile.TemporaryDirectory(prefix="config-case-") as directory:
        laid = lay_out(case, Path(directory))
        # With another HOME, docker has to be told where its plugins are.
        docker = os.environ.get("DOCKER_CONFIG") or str(Path.home() / ".docker")
        environment = {"PATH": os.environ["PATH"], "DOCKER_CONFIG": docker, **laid.environment}
        done = subprocess.run(
            [*command, *laid.words],
            cwd=laid.cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        output, said = laid.without_root(done.stdout), laid.without_root(done.stderr)
    lines = [_TIMESTAMP.sub("", line) for line in said.splitlines() if line.strip()]
    warnings = sorted(line for line in lines if line.startswith(_WARNING))
    if done.returncode:
        return {"exit": done.returncode, "stderr": [line for line in lines if not line.startswith(_WARNING)]}
    recorded: dict[str, Any] = {"exit": 0}
    if case.output != "none":
        recorded["output"] = parsed(case.output, output)
    return recorded | ({"warnings": warnings} if warnings else {})


def same(case: Case, one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one["exit"] == other["exit"] and not differences(case.output, one.get("output", {}), other.get("output", {}))


def main(command: list[str]) -> int:
    unstable = 0
    for case in cases():
        first, second = answer(case, command), answer(case, command)
        if not same(case, first, second):
            unstable += 1
            print(f"{case.name}: the answer varies")  # noqa: T201
            continue
        text = json.dumps(first, indent=1, sort_keys=True, ensure_ascii=False)
        (case.directory / "expect.json").write_text(f"{text}\n", "utf-8")
    return 1 if unstable else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
