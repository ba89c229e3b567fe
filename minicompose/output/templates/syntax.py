"""The parts of a template, as its author wrote them."""

import msgspec


class Part(msgspec.Struct, frozen=True):
    """One of a closed union."""


class Literal(Part, frozen=True):
    value: str | int | float | bool | None


class Dot(Part, frozen=True):
    """The record, or what `range` and `with` are at."""


class Variable(Part, frozen=True):
    """`$name`; the name is empty for `$`, which is the whole record."""

    name: str


class Function(Part, frozen=True):
    name: str


class Fields(Part, frozen=True):
    """`of.names[0].names[1]`..."""

    of: "Operand"
    names: tuple[str, ...]


class Command(Part, frozen=True):
    """The first word, and what it is given."""

    words: tuple["Operand", ...]


class Pipeline(Part, frozen=True):
    """Each command is given what the one before it made, as its last word."""

    commands: tuple[Command, ...]


Operand = Literal | Dot | Variable | Function | Fields | Pipeline


class Text(Part, frozen=True):
    text: str


class Show(Part, frozen=True):
    what: Pipeline


class Assign(Part, frozen=True):
    """`$name := what` or `$name = what`."""

    name: str
    what: Pipeline


class If(Part, frozen=True):
    condition: Pipeline
    then: tuple["Node", ...]
    otherwise: tuple["Node", ...] = ()


class With(Part, frozen=True):
    """`then` with `what` for a dot, where that is not empty."""

    what: Pipeline
    then: tuple["Node", ...]
    otherwise: tuple["Node", ...] = ()


class Range(Part, frozen=True):
    """`body` for each entry; `names` are variables for its key and itself, or itself alone."""

    names: tuple[str, ...]
    over: Pipeline
    body: tuple["Node", ...]
    otherwise: tuple["Node", ...] = ()


Node = Text | Show | Assign | If | With | Range
