"""Files that mean harm, or went wrong badly: refused with a place, and with little work."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicompose.diagnostic import Diagnostic
from minicompose.errors import StackFileError
from minicompose.model import Node, SourcePos
from minicompose.stackfile import LoadRequest, load_stack
from minicompose.stackfile.checks.findings import Findings
from minicompose.stackfile.pathtext import node_at
from minicompose.stackfile.problems import MOST_ERRORS
from tests.stackfile.laws import is_printed_for_good


def refusals(directory: Path, text: str | bytes) -> list[str]:
    """What is said of a stack file with this text, a line for each problem."""
    (directory / "compose.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return said(directory, "compose.yaml")


def said(directory: Path, file: str) -> list[str]:
    with pytest.raises(StackFileError) as raised:
        load_stack(LoadRequest(working_directory=str(directory), environment={}, files=(file,)))
    return [f"{problem.pos or ''} {problem.summary}".strip() for problem in raised.value.diagnostics]


def bomb() -> str:
    """Ten lists of ten aliases each of the one before."""
    levels = "".join(f"  b{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 11))
    return f"x-bomb:\n  b0: &a0 [x]\n{levels}services: {{}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(bomb(), "compose.yaml:8:12 the aliases of this file stand for more than", id="alias bomb"),
        pytest.param("x-a: " + "[" * 500, "compose.yaml:1:105 values are nested more than 100 deep", id="nesting"),
        pytest.param(b"services:\n  a: {image: \xff}\n", "compose.yaml:2:14 this is not UTF-8 text", id="not UTF-8"),
        pytest.param("services:\n  a: {image: a\0b}\n", "compose.yaml:2:15 the character U+0000", id="NUL"),
        pytest.param(f"x-a: {'x' * 17_000_000}", "compose.yaml is larger than", id="a very long line"),
        pytest.param("include: [compose.yaml]", "compose.yaml:1:11 the files include each other", id="itself included"),
    ],
)
def test_a_hostile_file_is_refused_at_its_place(tmp_path: Path, text: str | bytes, message: str) -> None:
    first, *_ = refusals(tmp_path, text)

    assert first.startswith(message)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    assert said(tmp_path, "pipe.yaml") == ["pipe.yaml is not a regular file"]


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")

    (told,) = said(tmp_path, "loop.yaml")

    assert told == "loop.yaml cannot be read: too many levels of symbolic links"


@pytest.mark.parametrize(
    "service",
    [
        pytest.param("{{image: x, depends_on: [servise{0}]}}", id="references"),
        pytest.param("{{imgae: x}}", id="attributes"),
        pytest.param("{{image: x, cpus: many}}", id="values"),
    ],
)
def test_nobody_looks_for_more_errors_than_anybody_would_mend(tmp_path: Path, service: str) -> None:
    count = 3 * MOST_ERRORS
    text = "".join(f"  service{number}: {service.format(number)}\n" for number in range(count))

    told = refusals(tmp_path, f"services:\n{text}")

    assert told[0].startswith(f"there are {MOST_ERRORS} errors or more")
    assert len(told) == MOST_ERRORS + 1


def test_too_many_ports_are_told_once(tmp_path: Path) -> None:
    text = "".join(f"  s{number}: {{image: x, ports: ['1-60000', '1-60000/udp']}}\n" for number in range(5))

    told = refusals(tmp_path, f"services:\n{text}")

    assert told == ["compose.yaml:2:37 the ports of all services come to more than 100,000"]


@pytest.mark.parametrize(
    ("attribute", "summary"),
    [
        pytest.param("volumes: ['{}']".format("a:" * 300_000), "has too many parts", id="mount"),
        pytest.param(
            "stop_grace_period: {}x".format("1h" * 300_000), '"1h1h1h1h1h1h1h1h1h1h..." is too large', id="duration"
        ),
        pytest.param("command: {}".format("${A:-" * 100_000), "it is not closed", id="expression"),
    ],
)
def test_a_very_long_value_is_refused_without_a_deep_stack(tmp_path: Path, attribute: str, summary: str) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(500)
    try:
        (told,) = refusals(tmp_path, f"services:\n  a:\n    image: x\n    {attribute}\n")
    finally:
        sys.setrecursionlimit(limit)

    assert summary in told
    assert len(told) < 1500


def test_a_warning_in_a_long_list_is_found_without_walking_along_it() -> None:
    class Walked(list[Node]):
        def __iter__(self) -> Iterator[Node]:
            raise AssertionError("the list is walked along")

    here = SourcePos("compose.yaml", 1, 1)
    ports = Node(Walked([Node(80, here), Node(81, SourcePos("compose.yaml", 1, 7))]), here)
    found: list[Diagnostic] = []

    Findings(Node({"ports": ports}, here), found.append).warning("ports", 1, says="no")

    assert [str(problem.pos) for problem in found] == ["compose.yaml:1:7"]
    assert node_at(Node({"ports": ports}, here), ("ports", 1)).value == 81


def test_a_circle_of_very_many_services_is_found(tmp_path: Path) -> None:
    text = "".join(f"  s{number}: {{image: x, depends_on: [s{(number + 1) % 3000}]}}\n" for number in range(3000))

    (told,) = refusals(tmp_path, f"services:\n{text}")

    assert "the dependencies go round in a circle: s0 -> s1" in told


def test_a_dollar_sign_in_a_key_is_printed_for_good(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: a, labels: {c$: 1}}}")
    stack = load_stack(LoadRequest(working_directory=str(tmp_path), environment={}, project_name="fuzz")).stack

    is_printed_for_good(stack, tmp_path)
