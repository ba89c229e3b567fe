"""The outline of a merged tree whose expressions are hidden: what has a structure is long, values are as written.

It is what `config --no-interpolate` prints. What a value means cannot be known before its expressions
are replaced, and so nothing is converted: no durations, no sizes, no words of a command.
"""

from collections.abc import Callable, Iterable, Iterator

from minicompose.fields import STACK_FILE, VARIABLES, Choice, Form, Many, Pairs, Record, Scalar, Short, Table, Words
from minicompose.model import Node
from minicompose.stackfile import short
from minicompose.stackfile.expressions import is_hidden
from minicompose.stackfile.units import print_scalar

_GONE = frozenset({"version", "include", "extends"})  # followed, or without a meaning

# Lists of a form of their own, which the reference leaves as they are.
_AS_WRITTEN = frozenset({Short.EXTRA_HOSTS, Short.HEALTH_TEST})

# Of a build's pairs only these are never a list.
_MAPPINGS = ("additional_contexts", "ssh")

# Where one text is made a list only when it is read for good, as in the reference.
_LISTS_LATER = frozenset({"tmpfs", "dns_search"})

# What the long form of an entry says when it is not said.
_DEFAULTS: dict[Short, dict[str, object]] = {
    Short.PORT: {"mode": "ingress", "protocol": "tcp"},
    Short.DEVICE: {"permissions": "rwm"},
    Short.DEPENDENCY: {"required": True},
    Short.ENV_FILE: {"required": True},
}


def outline(root: Node) -> Node:
    """The outline of a whole merged tree. A value that cannot be read keeps the form that it has."""
    return _outline(root, STACK_FILE)


def _outline(node: Node, form: Form) -> Node:
    match form:
        case Scalar() | Choice() | Words():
            return node
        case Pairs():
            return _pairs(node)
        case Many():
            return _many(node, form)
        case Table():
            return _table(node, form)
        case Record():
            return _record(node, form)
        case _:
            raise TypeError(f"{type(form).__name__} is no form of the file language")


def _pairs(node: Node) -> Node:
    """What several files say together is a list, as in the reference.

    Where keys hold expressions it can only be one: keys of mappings are never replaced. Of entries of
    one name the last counts, in the place of the first.
    """
    if isinstance(node.value, list):
        return node.holding(list({_name_of(item): item for item in node.value}.values()))
    if not isinstance(node.value, dict) or (_earlier(node) is None and not any(map(is_hidden, node.value))):
        return node
    return node.holding([_pair(key, node.value[key]) for key in _keys(node)])


def _name_of(entry: Node) -> str:
    return str(entry.value).partition("=")[0]


def _earlier(node: Node) -> Node | None:
    """What an earlier file says, under `node`."""
    return node.origin.over if node.origin is not None else None


def _keys(node: Node) -> list[str]:
    """The keys file by file, the earliest first; those of a mapping by name, as in the reference."""
    earlier = _earlier(node)
    known = [] if earlier is None or not isinstance(earlier.value, dict) else _keys(earlier)
    own = [key for key in node.value if key not in known]
    was_mapping = any(node.value[key].key_pos != node.value[key].pos for key in own)
    return [key for key in known if key in node.value] + (sorted(own) if was_mapping else own)


def _pair(key: str, item: Node) -> Node:
    if not is_hidden(key):
        key = key.replace("$", "$$")
    return item.holding(key if item.value is None else f"{key}={print_scalar(item.value)}")


def _table(node: Node, form: Table) -> Node:
    if isinstance(node.value, list):
        if not form.from_names or any(is_hidden(item.value) for item in node.value):
            return node
        node = short.mapping_of_names(node, form)
    if not isinstance(node.value, dict):
        return node
    return node.holding({key: _outline(item, form.item) for key, item in node.value.items()})


def _many(node: Node, form: Many) -> Node:
    if form.short in _AS_WRITTEN:
        return node
    node = _long(node, lambda: short.list_of(node, form, _unsaid))
    if not isinstance(node.value, list):
        return node
    try:
        entries = [entry for item in node.value for entry in _entries(item, form)]
    except short.BadValue:  # of a port
        entries = [item if isinstance(item.value, str | int) else _entry(item, form) for item in node.value]
    if form.key is not None:
        entries = list({short.entry_key(form, entry): entry for entry in entries}.values())
    return node.holding(entries)


def _entries(item: Node, form: Many) -> Iterator[Node]:
    """The entries that `item` stands for. One port that cannot be read keeps the whole list as it is, as the
    reference has it; of the rest only the entry itself."""
    entries: Iterable[Node] = (item,)
    if form.short in short.ENTRIES:
        try:
            entries = short.ENTRIES[form.short](item, _doubt)
        except short.BadValue:
            if form.short is Short.PORT:
                raise
        except _InDoubt:
            pass
    for entry in entries:
        yield _entry(entry, form)


def _entry(entry: Node, form: Many) -> Node:
    done = _with_defaults(_outline(entry, form.item), form.short)
    return _cleaned(done) if form.short is Short.MOUNT else done


def _cleaned(entry: Node) -> Node:
    """The target of a mount without doubled slashes and dots."""
    target = entry.value.get("target") if isinstance(entry.value, dict) else None
    if target is None or not isinstance(target.value, str):
        return entry
    return entry.holding(entry.value | {"target": target.holding(short.clean_target(target.value))})


def _record(node: Node, form: Record) -> Node:
    expand = short.RECORDS.get(form.short)
    if expand is not None and form.short is not Short.ULIMIT:
        node = _long(node, lambda: expand(node, _unsaid))
    if not isinstance(node.value, dict):
        return node
    forms = {field.name: field.form for field in form.fields}

    def attribute(key: str, item: Node) -> Node:
        later = key in _LISTS_LATER and isinstance(item.value, str)
        return item if later or key not in forms else _outline(item, forms[key])

    inside = {key: attribute(key, item) for key, item in node.value.items() if key not in _GONE}
    if form.short is Short.BUILD:
        inside |= {key: _mapping(inside[key]) for key in _MAPPINGS if key in inside}
    if form.short is Short.GPUS and "count" in inside and inside["count"].value == -1:
        inside["count"] = inside["count"].holding("all")
    return _with_defaults(node.holding(inside), form.short)


def _mapping(node: Node) -> Node:
    return _long(node, lambda: short.long_form(node, VARIABLES))


def _with_defaults(node: Node, kind: Short | None) -> Node:
    defaults = _DEFAULTS.get(kind) if kind is not None else None
    if defaults is None or not isinstance(node.value, dict):
        return node
    added = {key: Node(value, node.pos) for key, value in defaults.items() if key not in node.value}
    return node.holding(node.value | added)


def _long(node: Node, read: Callable[[], Node]) -> Node:
    try:
        return read()
    except short.BadValue:
        return node


class _InDoubt(Exception):
    """Part of an entry would be lost in its long form."""


def _doubt(*_remark: object) -> None:
    raise _InDoubt


def _unsaid(*_remark: object) -> None:
    """What there is to remark is remarked where the file is read for good."""
