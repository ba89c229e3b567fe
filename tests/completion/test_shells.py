"""Completion in the shells themselves: keys go in, the line that is there comes out."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.completion.shells import ROOT, SHELLS, Shell

ALL = [name if name == "bash" else pytest.param(name, marks=pytest.mark.shells) for name in SHELLS]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: shop, profiles: [tools]}, db: {image: postgres}}")
    (tmp_path / "plans and more").mkdir()
    return tmp_path


@pytest.fixture(params=ALL)
def shell(request: pytest.FixtureRequest, shop: Path) -> Iterator[Shell]:
    shell = Shell(request.param, shop)
    yield shell
    shell.close()


def test_a_shell_completes_what_can_only_be_one_thing(shell: Shell) -> None:
    lines = {
        "minicompose vers": "minicompose version ",
        "minicompose up --det": "minicompose up --detach ",
        "minicompose --progress=pl": "minicompose --progress=plain ",
        "minicompose --progress pl": "minicompose --progress plain ",
        "minicompose up w": "minicompose up web ",
        "minicompose -f compose.yaml -p x exec d": "minicompose -f compose.yaml -p x exec db ",
        "minicompose up --exit-code-from=d": "minicompose up --exit-code-from=db ",
        "minicompose --profile t": "minicompose --profile tools ",
        "minicompose scale w": "minicompose scale web=",
        "minicompose cp w": "minicompose cp web:",
        "minicompose -f comp": "minicompose -f compose.yaml ",
        "minicompose --file=comp": "minicompose --file=compose.yaml ",
        "minicompose up web d": "minicompose up web db ",
        "minicompose exec web no": "minicompose exec web no",
    }

    assert {line: shell.completed(line) for line in lines} == lines


def test_a_shell_completes_directories_with_blanks_in_its_own_way(shell: Shell) -> None:
    found = shell.completed("minicompose --project-directory pla")

    assert found.rstrip() == r"minicompose --project-directory plans\ and\ more/"


def test_a_broken_file_and_none_at_all_leave_the_line_as_it_is(shell: Shell, shop: Path) -> None:
    (shop / "compose.yaml").write_text("services:\n  web:\n    ports: [80\n  db: {")
    assert shell.completed("minicompose up w") == "minicompose up web "
    (shop / "compose.yaml").write_text("}{")
    assert shell.completed("minicompose up w") == "minicompose up w"
    (shop / "compose.yaml").unlink()
    assert shell.completed("minicompose up w") == "minicompose up w"
    assert shell.completed("minicompose vers") == "minicompose version "


def test_the_names_of_twenty_services_cost_but_a_few_starts_of_python(tmp_path: Path) -> None:
    services = "".join(
        f"  service-{number}:\n    image: shop:{number}\n    depends_on: [service-1]\n    ports: ['80']\n"
        for number in range(20)
    )
    (tmp_path / "compose.yaml").write_text(f"services:\n{services}")

    def seconds(*words: str) -> float:
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True, capture_output=True
        )
        return time.perf_counter() - begin

    taken = [(seconds("-c", "pass"), seconds("-m", "minicompose", "__complete", "up", "")) for _ in range(9)]

    bare, whole = (statistics.median(times) for times in zip(*taken, strict=True))
    assert whole < 8 * bare
