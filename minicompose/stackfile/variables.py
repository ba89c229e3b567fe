"""The variables that stack files ask for, and what stands in for one that is not set."""

from collections.abc import Iterable

import msgspec

from minicompose.model import Node
from minicompose.stackfile.expressions import Expression, expressions, texts_of


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One variable over all its expressions: `required` if one of them has to have it.

    `default` is what the first says that counts when it is not set, `alternate` what the first says
    that counts when it is; empty where none says so.
    """

    name: str
    required: bool = False
    default: str = ""
    alternate: str = ""


def variables_of(documents: Iterable[Node]) -> list[Variable]:
    """The variables in the values of `documents`, by name; those in defaults of others are among them."""
    found: dict[str, Variable] = {}
    for document in documents:
        for text in texts_of(document):
            for expression in expressions(text):
                known = found.get(expression.name, Variable(name=expression.name))
                found[expression.name] = _with(known, expression, text)
    return [found[name] for name in sorted(found)]


def _with(known: Variable, expression: Expression, text: str) -> Variable:
    match expression.operator[-1:]:
        case "?":
            return msgspec.structs.replace(known, required=True)
        case "-":
            return msgspec.structs.replace(known, default=known.default or expression.operand(text))
        case "+":
            return msgspec.structs.replace(known, alternate=known.alternate or expression.operand(text))
        case _:
            return known
