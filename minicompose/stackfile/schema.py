"""Whether a tree has the shape of a stack file, as `schemas/stack.schema.json` says.

`verdict.py` only says yes or no, in microseconds. What to say about a no is a matter of `shapes.py`, which is
loaded then.
"""

import functools
import math
import os
from collections.abc import Callable
from typing import Any

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node
from minicompose.stackfile.expressions import HIDDEN
from minicompose.stackfile.verdict import Verdicts

Report = Callable[[Diagnostic], None]


def validate(root: Node, report: Report, *, hidden: bool = False) -> None:
    """Report every value of the merged and interpolated tree that is not what its place wants.

    A diagnostic's path is that of the wrong value, of the unknown attribute, or of the mapping that
    lacks one. Texts where a number or boolean is wanted are left to the stage that converts them.
    `hidden` tells that hidden expressions may stand for values.
    """
    if _verdicts(hidden).accepts(root):
        return
    from minicompose.stackfile.shapes import explain  # imports two validators, which only a wrong file needs

    explain(plain(root), root, schema(hidden), report)


def schema_file() -> str:
    """Where the schema is: inside the installed package, or at the top of a checkout."""
    package = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 (every start pays for pathlib's objects)
    installed = f"{package}/schemas/stack.schema.json"
    return installed if os.path.exists(installed) else f"{package}/../schemas/stack.schema.json"  # noqa: PTH110


@functools.cache
def schema(hidden: bool = False) -> dict[str, Any]:
    """The schema for a tree whose expressions have been replaced, so that none may be left, or have been hidden."""
    with open(schema_file(), "rb") as file:  # noqa: PTH123 (as above)
        found: dict[str, Any] = msgspec.json.decode(file.read())
    found["$defs"]["expression"] = {"title": "an expression", "type": "string", "pattern": HIDDEN} if hidden else False
    return found


@functools.cache
def _verdicts(hidden: bool) -> Verdicts:
    return Verdicts(schema(hidden))


def plain(node: Node) -> Any:
    """The value without its places. What JSON has no number for is text, to be refused as a number later."""
    value = node.value
    kind = value.__class__
    if kind is dict:
        return {key: plain(below) for key, below in value.items()}
    if kind is list:
        return [plain(below) for below in value]
    if kind is float and not math.isfinite(value):
        return str(value)
    return value


if __name__ == "__main__":
    print(os.path.realpath(schema_file()))  # noqa: T201, PTH (for the settings of an editor)
