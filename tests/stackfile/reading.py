"""What tests of the file language share: trees from text, and trees without their places."""

import textwrap
from typing import Any

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node
from minicompose.stackfile.yamltree import read_yaml


def tree(text: str, file: str = "stack.yaml") -> Node:
    """The one document of `text`, which has no problems."""
    problems: list[Diagnostic] = []
    documents = read_yaml(textwrap.dedent(text), file, problems.append)
    assert not problems, problems
    (document,) = documents
    return document


def plain(node: Node) -> Any:
    """The value of `node` without places."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def said(problems: list[Diagnostic]) -> list[str]:
    """Each problem as one line: where, on what path, what."""
    return [" ".join(filter(None, (str(p.pos or ""), p.path, p.summary))) for p in problems]


def no_problem(problem: Diagnostic) -> None:
    """A `report` that nothing should call."""
    raise AssertionError(problem)
