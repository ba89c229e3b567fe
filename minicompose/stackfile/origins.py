"""Where a value of a stack came from, in words: overridden files, bases, includes, variables, defaults."""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node, Origin, Path, SourcePos, Variables
from minicompose.regex import regex
from minicompose.secretnames import names_a_secret
from minicompose.stackfile.pathtext import child, steps_of

# A variable in an expression; `$$` is a dollar sign.
_VARIABLE = regex(r"\$(?:\$|\{?([A-Za-z_][A-Za-z0-9_]*))")

_SHORT = 4  # characters that a value has to have to be looked for inside words

_LONGEST = 50  # characters of an expression that are shown


def with_notes(problem: Diagnostic, root: Node) -> Diagnostic:
    """`problem`, which is about a value of `root`, with what there is to say about that value's origin.

    Where an expression stands at its place, the caret underlines that and not its value.
    """
    path = steps_of(root, problem.path)
    nodes = list(_along(root, path))
    said: list[str] = []
    length = problem.length
    last = nodes[-1]
    is_whole = len(path) == len(nodes) - 1 or not isinstance(last.value, dict | list)  # else a short form's part
    if is_whole and last.origin is not None and problem.pos in (last.pos, last.key_pos):
        said += _of_value(last, last.origin)
        if last.origin.expression is not None and problem.pos == last.pos:
            length = len(last.origin.expression.partition("\n")[0])
    if len(nodes) > 2:
        said += _of_resource(nodes[2], problem.pos)
    return replace(problem, notes=tuple(said), length=length)


def without_secrets(problem: Diagnostic, line: str, root: Node | None, values: Mapping[str, str]) -> Diagnostic:
    """`problem`, saying `${NAME}` for the values of variables that are secrets by their names.

    That are those that its value was made from: its origin in `root`, or the file's `line`, names them.
    """
    made_from = line
    if root is not None and problem.path:
        *_, last = _along(root, steps_of(root, problem.path))
        if last.origin is not None and last.origin.expression is not None:
            made_from += " " + last.origin.expression
            values = {**values, **(last.origin.variables.values if last.origin.variables else {})}
    names = {match[1] for match in _VARIABLE.finditer(made_from) if match[1] and names_a_secret(match[1])}
    for name in sorted(names, key=lambda name: -len(values.get(name, ""))):
        if value := values.get(name):
            problem = _with_name(problem, name, value)
    return problem


def _with_name(problem: Diagnostic, name: str, value: str) -> Diagnostic:
    edges = (r"(?<!\w)", r"(?!\w)") if len(value) < _SHORT else ("", "")
    pattern = re.compile(re.escape(value).join(edges))

    def said(text: str) -> str:
        return pattern.sub(lambda _: f"${{{name}}}", text)

    return replace(problem, summary=said(problem.summary), path=said(problem.path), hint=said(problem.hint))


def explained(node: Node) -> str:
    """The origin of one value on one line, its place first: `a.yaml:3:5, over b.yaml:2:5`."""
    origin = node.origin
    if origin is not None and origin.implied:
        return "default"
    said = [str(node.pos)]
    if origin is not None:
        said += [f"over {place}" for place in _replaced(origin)]
        if origin.expression is not None:
            said.append(f"from {_short(origin.expression)}")
        said += [f"{name} {source}" for name, source in _sources(origin)]
    return ", ".join(said)


def brought(node: Node) -> str:
    """Where a whole service or resource came from, on one line."""
    origin = node.origin
    if origin is None:
        return str(node.key_pos or node.pos)
    if origin.implied:
        return "default"
    said = [str(node.key_pos or node.pos)]
    said += [f"extended from {place}" for place in origin.bases]
    said += [f"included by {origin.include}"] if origin.include is not None else []
    return ", ".join(said)


def _along(root: Node, path: Path) -> Iterator[Node]:
    """The nodes from `root` along `path`, as far as it leads; a name leads to the entry of a list that is it."""
    node = root
    yield node
    for step in path:
        below = (
            _named(node.value, step) if isinstance(node.value, list) and isinstance(step, str) else child(node, step)
        )
        if below is None:
            return
        node = below
        yield node


def _named(items: list[Node], name: str) -> Node | None:
    return next((item for item in reversed(items) if item.value == name), None)


def _of_value(node: Node, origin: Origin) -> list[str]:
    replaced = _replaced(origin)
    said = [f"set by {node.pos}, over {replaced[0]}"] if replaced else []
    return said + [f"from variable {name}, {source}" for name, source in _sources(origin)]


def _of_resource(node: Node, pos: SourcePos | None) -> list[str]:
    """Of a service or resource: which base or include brought what stands at `pos`."""
    origin = node.origin
    if origin is None:
        return []
    own = node.key_pos or node.pos
    base = next(iter(origin.bases), None) if pos == own else _last_before(pos, (own, *origin.bases))
    said = [f"extended from {base}"] if base is not None and base != own else []
    return said + ([f"included by {origin.include}"] if origin.include is not None else [])


def _last_before(pos: SourcePos | None, places: Sequence[SourcePos]) -> SourcePos | None:
    """The last of `places` that stands before `pos` in its file: what it most likely is part of."""
    if pos is None:
        return None
    before = [place for place in places if place.file == pos.file and place <= pos]
    return max(before, default=None)


def _replaced(origin: Origin) -> list[SourcePos]:
    """The places of the values whose place this one took, the latest first."""
    found: list[SourcePos] = []
    over = origin.over
    while over is not None:
        found.append(over.pos)
        over = over.origin.over if over.origin is not None else None
    return found


def _short(expression: str) -> str:
    """An expression on one line."""
    text = " ".join(expression.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _sources(origin: Origin) -> list[tuple[str, str]]:
    """The variables of the expression, each with where its value comes from."""
    if origin.expression is None or origin.variables is None:
        return []
    names = dict.fromkeys(match[1] for match in _VARIABLE.finditer(origin.expression) if match[1])
    return [(name, _source(name, origin.variables)) for name in names]


def _source(name: str, variables: Variables) -> str:
    if name not in variables.values:
        return "unset"
    place = variables.places.get(name)
    return "set in the environment" if place is None else f"set by {place}"
