"""The canonical form of a merged tree: every short form long, every scalar of its declared kind.

`fields.py` says what stands where. Its forms are turned into readers once; a reader takes a node
and gives back its canonical form: the very same node where there is nothing to do, and None where
there is nothing left to keep, because the value says nothing or could not be read. What cannot be
read is reported with its path and place, and the rest goes on.
"""

import functools
import math
from collections.abc import Callable, Set
from typing import Any, assert_never

from minicompose.diagnostic import Diagnostic
from minicompose.fields import STACK_FILE, Choice, Form, Kind, Many, Pairs, Record, Scalar, Short, Table, Words
from minicompose.model import ByteSize, Duration, FileMode, Node, Path
from minicompose.stackfile import short, units
from minicompose.stackfile.pathtext import path_text

Report = Callable[[Diagnostic], None]

MOST_PORTS = 100_000

# Where a reader is: the last step and what came before, the innermost first; None at the root.
_Where = tuple[Any, str | int] | None


class _TooManyPorts(short.BadValue):
    """There are more published ports than can be; it is said once."""


class _Problems:
    """Collects what is wrong, except below the paths that the schema has already refused."""

    def __init__(self, report: Report, refused: Set[Path]) -> None:
        self._report = report
        self._refused = refused
        self._ports = 0
        self._are_too_many = False

    def count_port(self, node: Node) -> None:
        """Raises `BadValue` when ranges have brought more ports than there can be."""
        self._ports += 1
        if self._ports > MOST_PORTS:
            raise _TooManyPorts(f"the ports of all services come to more than {MOST_PORTS:,}", node)

    def bad(self, where: _Where, error: short.BadValue) -> None:
        if isinstance(error, _TooManyPorts):
            if self._are_too_many:
                return
            self._are_too_many = True
        self.error(where, error.node, str(error), error.hint, error.part)

    def error(
        self, where: _Where, node: Node, summary: str, hint: str = "", part: tuple[int, str] | None = None
    ) -> None:
        path = _steps(where)
        if self._refused and any(path[:length] in self._refused for length in range(len(path) + 1)):
            return
        length = len(units.print_scalar(node.value)) if isinstance(node.value, str | int | float) else 1
        self._report(
            Diagnostic(
                severity="error",
                pos=node.pos,
                summary=summary,
                hint=hint,
                path=path_text(path),
                length=length or 1,
                part=part,
            )
        )

    def warn(self, where: _Where, node: Node, summary: str, part: tuple[int, str] | None = None) -> None:
        path = path_text(_steps(where))
        length = len(units.print_scalar(node.value)) if isinstance(node.value, str | int | float) else 1
        self._report(
            Diagnostic(severity="warning", pos=node.pos, summary=summary, path=path, length=length or 1, part=part)
        )


_Reader = Callable[[Node, _Where, _Problems], Node | None]


def canonical(root: Node, report: Report, refused: Set[Path] = frozenset()) -> Node:
    """The canonical form of a whole merged and interpolated tree.

    `refused` holds the paths that the schema has reported; nothing more is said about what is there
    or below. Values that could not be read are left out of the result.
    """
    return _stack_reader()(root, None, _Problems(report, refused)) or Node({}, root.pos)


def _steps(where: _Where) -> Path:
    steps: list[str | int] = []
    while where is not None:
        where, step = where
        steps.append(step)
    return tuple(reversed(steps))


@functools.cache
def _stack_reader() -> _Reader:
    return _reader(STACK_FILE)


def _reader(form: Form) -> _Reader:
    match form:
        case Scalar():
            return _scalar_reader(form)
        case Choice():
            return _choice_reader(form)
        case Words():
            return _words_reader()
        case Pairs():
            return _pairs_reader(form)
        case Many():
            return _many_reader(form)
        case Table():
            return _table_reader(form)
        case Record():
            return _record_reader(form)
        case _:
            raise TypeError(f"{type(form).__name__} is no form of the file language")


# ---- scalars ----


def _scalar_reader(form: Scalar) -> _Reader:
    match form.kind:
        case Kind.ANY:
            return _read_any
        case Kind.TEXT | Kind.PATH:
            return _read_text
        case Kind.INTEGER:
            return _converting(int, _integer)
        case Kind.COUNT:
            return _converting(None, _count)
        case Kind.PORT:
            return _converting(None, _port_number)
        case Kind.NUMBER:
            return _converting(None, _number)
        case Kind.DURATION:
            return _converting(Duration, _duration)
        case Kind.MICROSECONDS:
            return _converting(Duration, units.parse_microseconds)
        case Kind.SIZE:
            return _converting(ByteSize, _size)
        case Kind.MODE:
            return _converting(FileMode, _mode)
        case Kind.BOOLEAN:
            return _read_boolean
        case _:
            assert_never(form.kind)


def _read_any(node: Node, _where: _Where, _problems: _Problems) -> Node | None:
    return node


def _read_text(node: Node, _where: _Where, _problems: _Problems) -> Node | None:
    value = node.value
    if type(value) is str:
        return node
    if value is None or isinstance(value, dict | list):
        return None
    return node.holding(units.print_scalar(value))


def _converting(kind: type | None, convert: Callable[[Any], object]) -> _Reader:
    """A reader of scalars that `convert` turns into what is wanted; it raises ValueError for what it cannot.

    What is of `kind` already is right.
    """

    def read(node: Node, where: _Where, problems: _Problems) -> Node | None:
        value = node.value
        if type(value) is kind:
            return node
        if value is None or isinstance(value, dict | list):
            return None
        try:
            converted = convert(value)
        except ValueError as error:
            problems.error(where, node, str(error))
            return None
        return node if converted is value else node.holding(converted)

    return read


def _integer(value: str | float | bool) -> int:
    if isinstance(value, str):
        return units.parse_integer(value)
    if isinstance(value, bool) or not float(value).is_integer():
        raise ValueError(f"{units.print_scalar(value)} is not a whole number")
    return int(value)


def _count(value: str | float | bool) -> int:
    number = _integer(value)
    if number < 0:
        raise ValueError(f"must be at least 0, not {number}")
    return number


def _port_number(value: str | float | bool) -> int:
    number = _integer(value)
    if not 1 <= number <= 65535:
        raise ValueError(f"{number} is out of range: ports go from 1 to 65535")
    return number


def _number(value: str | float | bool) -> float:
    if isinstance(value, str):
        return units.parse_number(value)
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{units.print_scalar(value)} is not a number")
    return float(value)


def _duration(value: str | float | bool) -> Duration:
    return units.parse_duration(units.print_scalar(value))


def _size(value: str | float | bool) -> ByteSize:
    if isinstance(value, str | bool) or not math.isfinite(value):
        return units.parse_size(units.print_scalar(value))
    return ByteSize(value)


def _mode(value: str | float | bool) -> FileMode:
    return FileMode(value) if type(value) is int else units.parse_mode(units.print_scalar(value))


def _read_boolean(node: Node, where: _Where, problems: _Problems) -> Node | None:
    value = node.value
    if type(value) is bool:
        return node
    if value is None or isinstance(value, dict | list):
        return None
    try:
        truth = units.parse_boolean(units.print_scalar(value))
    except ValueError as error:
        problems.error(where, node, str(error))
        return None
    if units.is_old_boolean(str(value)):
        problems.warn(where, node, f'"{value}" is an old way to write {str(truth).lower()}: write it so')
    return node.holding(truth)


def _choice_reader(form: Choice) -> _Reader:
    words = frozenset(form.words)

    def read(node: Node, where: _Where, problems: _Problems) -> Node | None:
        if isinstance(node.value, str) and node.value in words:
            return node
        if isinstance(node.value, str):
            problems.error(where, node, f'"{node.value}" is not one of {", ".join(form.words)}')
        return None

    return read


# ---- mappings and lists ----


def _words_reader() -> _Reader:
    items = _many_reader(Many())

    def read(node: Node, where: _Where, problems: _Problems) -> Node | None:
        try:
            return items(short.words(node, functools.partial(problems.warn, where)), where, problems)
        except short.BadValue as error:
            problems.bad(where, error)
            return None

    return read


def _pairs_reader(form: Pairs) -> _Reader:
    item = _reader(form.value)
    bare = form.bare

    def read(node: Node, where: _Where, problems: _Problems) -> Node | None:
        if type(node.value) is list:
            try:
                return short.mapping_of_pairs(node, bare, valued=form.valued)
            except short.BadValue as error:
                problems.bad(where, error)
                return None
        if type(node.value) is not dict:
            return None
        if "" in node.value and _is_written_as_key(node.value[""]):
            problems.bad(where, short.BadValue("a name is empty", node.value[""]))
            return None
        entries: dict[str, Node] = {}
        changed = False
        for key, child in node.value.items():
            if type(child.value) is str:
                entries[key] = child
                continue
            done = child if child.value is bare else child.holding(bare) if child.value is None else None
            done = done or item(child, (where, key), problems)
            changed = changed or done is not child
            if done is not None:
                entries[key] = done
        return node.holding(entries) if changed else node

    return read


def _is_written_as_key(node: Node) -> bool:
    """Whether the file has `NAME: VALUE` there; an entry of a list, `NAME=VALUE`, begins where its name does."""
    return node.key_pos is not None and node.key_pos != node.pos


def _table_reader(form: Table) -> _Reader:
    item = _reader(form.item)
    # A name alone stands for a mapping that says nothing, if there is one, or for empty text.
    nothing = None if isinstance(form.item, Record) else ""
    must_speak = isinstance(form.item, Record) and any(field.required for field in form.item.fields)

    def read(node: Node, where: _Where, problems: _Problems) -> Node | None:
        if form.from_names:
            node = short.mapping_of_names(node, form)
        if type(node.value) is not dict:
            return None
        entries: dict[str, Node] = {}
        changed = False
        for key, child in node.value.items():
            if child.value is None:
                done: Node | None = None if must_speak else child if nothing is None else child.holding(nothing)
            else:
                done = item(child, (where, key), problems)
            changed = changed or done is not child
            if done is not None:
                entries[key] = done
        return node.holding(entries) if changed else node

    return read


def _many_reader(form: Many) -> _Reader:
    item = _reader(form.item)
    entries_of = short.ENTRIES.get(form.short)
    complete = _COMPLETE.get(form.short)
    plain = isinstance(form.item, Scalar) and form.item.kind is Kind.TEXT

    def read(node: Node, where: _Where, problems: _Problems) -> Node | None:
        if form.single or form.short in short.LISTS:
            try:
                node = short.list_of(node, form, functools.partial(problems.warn, where))
            except short.BadValue as error:
                problems.bad(where, error)
                return None
        if type(node.value) is not list:
            return None
        done: list[Node] = []
        for index, child in enumerate(node.value):
            if plain and type(child.value) is str:
                done.append(child)
                continue
            here = (where, index)
            try:
                entries = entries_of(child, functools.partial(problems.warn, here)) if entries_of else (child,)
                for entry in entries:
                    if form.short is Short.PORT:
                        problems.count_port(entry)
                    finished = item(entry, here, problems)
                    if finished is not None and complete is not None:
                        finished = complete(finished)
                    if finished is not None:
                        done.append(finished)
            except short.BadValue as error:
                problems.bad(here, error)
        if form.key is not None and len(done) > 1:
            done = list({short.entry_key(form, entry): entry for entry in done}.values())
        same = len(done) == len(node.value) and all(map(_is, done, node.value))
        return node if same else node.holding(done)

    return read


def _record_reader(form: Record) -> _Reader:
    readers = {field.name: _reader(field.form) for field in form.fields}
    expand = short.RECORDS.get(form.short)
    required = [field.name for field in form.fields if field.required]

    def read(node: Node, where: _Where, problems: _Problems) -> Node | None:
        if expand is not None:
            try:
                node = expand(node, functools.partial(problems.warn, where))
            except short.BadValue as error:
                problems.bad(where, error)
                return None
        value = node.value
        if type(value) is not dict:
            return node if type(value) is int and form.short is Short.ULIMIT else None
        entries: dict[str, Node] = {}
        changed = False
        for key, child in value.items():
            reader = readers.get(key)
            done = reader(child, (where, key), problems) if reader else child if key.startswith("x-") else None
            changed = changed or done is not child
            if done is not None:
                entries[key] = done
        for name in required:
            if name not in entries:
                if name not in value:  # else it is there, and has been complained of
                    problems.error(where, node, f'"{name}" is missing')
                return None
        return node.holding(entries) if changed else node

    return read


# ---- what long forms leave to be filled in ----


def _port(node: Node) -> Node:
    """A port's address must be one."""
    host_ip = node.value.get("host_ip")
    if host_ip is not None and not short.is_address(host_ip.value):
        raise short.BadValue(f'"{host_ip.value}" is not an IP address', host_ip)
    return node


def _mount(node: Node) -> Node:
    """A mount's target is written without doubled slashes and dots."""
    target = node.value["target"]
    cleaned = short.clean_target(target.value)
    return node if cleaned == target.value else node.holding(node.value | {"target": target.holding(cleaned)})


_COMPLETE: dict[Short | None, Callable[[Node], Node]] = {Short.PORT: _port, Short.MOUNT: _mount}


def _is(one: object, other: object) -> bool:
    return one is other
