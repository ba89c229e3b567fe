"""The files that a stack is read from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node, SourcePos, Variables
from minicompose.stackfile.sources import Report, Sources
from tests.stackfile.projects import lay_out
from tests.stackfile.reading import no_problem, plain, said


def nothing_to_read() -> bytes:
    raise AssertionError("standard input is read")


def sources(directory: Path, report: Report = no_problem, stdin: Callable[[], bytes] = nothing_to_read) -> Sources:
    return Sources(str(directory), stdin, report, {})


def test_a_file_is_read_once_whoever_asks(tmp_path: Path) -> None:
    lay_out(tmp_path, {"a.yaml": "a: 1\n"})
    files = sources(tmp_path)
    first = files.documents(f"{tmp_path}/a.yaml")

    (tmp_path / "a.yaml").unlink()

    assert files.documents(f"{tmp_path}/a.yaml") is first


def test_standard_input_is_read_once(tmp_path: Path) -> None:
    texts = iter([b"a: 1\n---\na: 2\n"])
    files = sources(tmp_path, stdin=lambda: next(texts))

    assert [plain(document) for document in files.documents("-")] == [{"a": 1}, {"a": 2}]
    assert files.documents("-") is files.documents("-")
    assert files.texts["<stdin>"].startswith("a: 1")


def test_each_project_sees_a_file_with_its_own_variables(tmp_path: Path) -> None:
    lay_out(tmp_path, {"a.yaml": "a: $V\n"})
    files = sources(tmp_path)
    file = f"{tmp_path}/a.yaml"

    seen = [files.interpolated(file, Variables({"V": value}))[0] for value in ("one", "two")]

    assert [plain(document) for document in seen] == [{"a": "one"}, {"a": "two"}]
    assert plain(files.documents(file)[0]) == {"a": "$V"}


def test_a_file_without_expressions_is_shared_by_all(tmp_path: Path) -> None:
    lay_out(tmp_path, {"a.yaml": "a: 1\n"})
    files = sources(tmp_path)
    file = f"{tmp_path}/a.yaml"

    assert files.interpolated(file, Variables({}))[0] is files.interpolated(file, Variables({"V": "1"}))[0]


def test_an_empty_file_is_an_empty_mapping(tmp_path: Path) -> None:
    lay_out(tmp_path, {"a.yaml": "# nothing\n"})
    files = sources(tmp_path)

    assert [plain(document) for document in files.documents(f"{tmp_path}/a.yaml")] == [{}]
    assert not files.unread


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "stack.yaml:7:3 include[0] there is no file a.yaml"),
        ("[1]\n", "a.yaml:1:1 a stack file must be a mapping"),
        ("a: [\n", "a.yaml:1:5 a value is expected here"),
    ],
)
def test_what_rests_on_a_file_that_cannot_be_read_is_known_to_be_incomplete(
    tmp_path: Path, text: str | None, problem: str
) -> None:
    lay_out(tmp_path, {} if text is None else {"a.yaml": text})
    problems: list[Diagnostic] = []
    files = sources(tmp_path, problems.append)

    assert files.documents(f"{tmp_path}/a.yaml", Node("a.yaml", SourcePos("stack.yaml", 7, 3)), "include[0]") == []
    assert files.unread
    assert said(problems) == [problem]


def test_the_sums_grow_by_a_document_each(tmp_path: Path) -> None:
    lay_out(tmp_path, {"a.yaml": "a: 1\n---\nb: 2\n---\na: !reset 1\n"})
    files = sources(tmp_path)
    documents = files.documents(f"{tmp_path}/a.yaml")

    assert [plain(root) for root in files.sums(documents)] == [{"a": 1}, {"a": 1, "b": 2}, {"b": 2}]
    assert plain(files.merged(documents)) == {"b": 2}
