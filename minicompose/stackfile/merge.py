"""Several files' trees into one: the Compose Specification's "Merge", driven by the table of fields.

A later value meets an earlier one in their long forms; entries of lists are only brought together
here, and those that mean the same thing are made one when the tree becomes canonical.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from minicompose.diagnostic import Diagnostic
from minicompose.fields import SERVICE, STACK_FILE, Field, Form, Many, Merge, Pairs, Record, Short, Table, Words
from minicompose.model import Node, Origin, Path
from minicompose.stackfile.expressions import is_hidden
from minicompose.stackfile.pathtext import path_text
from minicompose.stackfile.short import BadValue, long_form

Report = Callable[[Diagnostic], None]

RESET, OVERRIDE = "!reset", "!override"


def merge(nodes: Sequence[Node], report: Report, *, tagged: bool = True) -> Node:
    """The sum of the documents `nodes`, the later over the earlier; there is at least one.

    `tagged` False promises that none of them holds a tag, which saves looking for one.

    `!reset` and `!override` have done their work in the result and are gone from it. Every value
    keeps the place of the file that won, and remembers the value that it took the place of; a mapping
    or list of several files has the place of the first.
    """
    *_, merged = sums(nodes, report, tagged=tagged)
    return merged


def sums(nodes: Iterable[Node], report: Report, *, tagged: bool = True) -> Iterator[Node]:
    """The first of `nodes`, the sum of the first two, and so on: the last is what `merge` gives."""
    merged: Node | None = None
    for node in nodes:
        if merged is not None:
            merged = _Merger(report).node(merged, node, STACK_FILE, Merge.BY_FORM, ())
        else:
            merged = without_tags(node) if tagged else node
        yield merged


def merge_service(base: Node, node: Node, name: str, report: Report) -> Node:
    """The service `node`, called `name`, on top of the one that it extends.

    Its tags do their work on the base and stay: they are meant for earlier files, too.
    """
    return _Merger(report, keep_tags=True).node(base, node, SERVICE, Merge.BY_FORM, ("services", name))


def without_tags(node: Node) -> Node:
    """`node` as it stands where there is nothing before it: what is tagged `!reset` vanishes."""
    value = node.value
    if isinstance(value, dict):
        inside: Any = {key: without_tags(item) for key, item in value.items() if item.tag != RESET}
        same = len(inside) == len(value) and all(item is value[key] for key, item in inside.items())
    elif isinstance(value, list):
        inside = [without_tags(item) for item in value if item.tag != RESET]
        same = len(inside) == len(value) and all(new is old for new, old in zip(inside, value, strict=True))
    else:
        inside, same = value, True
    if same and node.tag is None:
        return node
    return Node(value if same else inside, node.pos, node.key_pos, None, node.origin)


class _Merger:
    def __init__(self, report: Report, *, keep_tags: bool = False) -> None:
        self.report = report
        self.keep_tags = keep_tags

    def node(self, base: Node, over: Node, form: Form | None, rule: Merge, path: Path) -> Node:
        """`over` on top of `base`, both at `path`, where `form` is what the table says stands there."""
        if over.tag == OVERRIDE or rule is Merge.REPLACE or (isinstance(form, Record) and form.short is Short.ULIMIT):
            return self._instead(base, over)
        if over.value is None:
            return base
        base, over = self._long(base, form, path), self._long(over, form, path)
        if isinstance(base.value, dict) and isinstance(over.value, dict):
            if rule is Merge.LOGGING and _other_driver(base, over):
                return self._instead(base, over)
            together = _sum(self._mapping(base.value, over, form, path), base, over)
            return replace(together, origin=_over(base, together.origin)) if isinstance(form, Pairs) else together
        if isinstance(base.value, list) and isinstance(over.value, list):
            if rule is Merge.IPAM_POOLS and isinstance(form, Many):
                return _sum(self._pools(base.value, over.value, form.item, path), base, over)
            return _sum([*base.value, *self._clean(over).value], base, over)
        if isinstance(base.value, dict | list):
            self._cannot_override(base, over, path)
            return base
        return self._instead(base, over)

    def _clean(self, node: Node) -> Node:
        return node if self.keep_tags else without_tags(node)

    def _instead(self, base: Node, over: Node) -> Node:
        """`over` alone, which remembers what it replaced."""
        over = self._clean(over)
        return Node(over.value, over.pos, over.key_pos, over.tag, _over(base, over.origin))

    def _mapping(self, base: dict[str, Node], over: Node, form: Form | None, path: Path) -> dict[str, Node]:
        merged = dict(base)
        inside = _inside(form)
        for key, node in over.value.items():
            earlier = merged.get(key)
            if node.tag == RESET:
                merged.pop(key, None)
                if self.keep_tags:
                    merged[key] = node
            elif earlier is None:
                merged[key] = self._clean(node)
            elif isinstance(form, Pairs):
                merged[key] = self._instead(earlier, node)
            else:
                field = inside(key)
                rule = field.merge if isinstance(field, Field) else Merge.BY_FORM
                merged[key] = self.node(
                    earlier, node, field.form if isinstance(field, Field) else field, rule, (*path, key)
                )
        return merged

    def _pools(self, base: list[Node], over: list[Node], form: Form, path: Path) -> list[Node]:
        """Address pools: those of the same subnet are one pool."""
        merged = list(base)
        places: dict[str, int] = {}
        for index, pool in enumerate(base):
            places.setdefault(_text(pool, "subnet"), index)
        for pool in over:
            subnet = _text(pool, "subnet")
            at = places.get(subnet) if subnet else None
            if at is None:
                merged.append(self._clean(pool))
            else:
                merged[at] = self.node(merged[at], pool, form, Merge.BY_FORM, (*path, at))
        return merged

    def _long(self, node: Node, form: Form | None, path: Path) -> Node:
        if form is None or isinstance(form, Words):
            return node
        if isinstance(node.value, list) and any(item.tag == RESET for item in node.value):
            node = node.holding([item for item in node.value if item.tag != RESET])  # a long form has no tags
        try:
            return long_form(node, form)
        except BadValue as error:
            if is_hidden(error.node.value):
                return node
            summary = str(error)
            pos = error.node.pos
            self.report(Diagnostic(severity="error", pos=pos, summary=summary, path=path_text(path)))
            return node

    def _cannot_override(self, base: Node, over: Node, path: Path) -> None:
        was, now = ("a mapping" if isinstance(base.value, dict) else "a list"), _kind(over.value)
        self.report(
            Diagnostic(
                severity="error",
                pos=over.pos,
                summary=f"cannot override {path_text(path)}: it is {was} at {base.pos}, and {now} here",
                path=path_text(path),
                hint="write !override before the value to replace the earlier one",
            )
        )


def _sum(value: object, base: Node, over: Node) -> Node:
    """What `base` and `over` come to together, in the place of the first."""
    return Node(value, base.pos, base.key_pos, None, over.origin or base.origin)


def _over(base: Node, origin: Origin | None) -> Origin:
    """The origin of a value that took the place of `base`."""
    return Origin(over=base) if origin is None else replace(origin, over=base)


def _inside(form: Form | None) -> Callable[[str], Field | Form | None]:
    """What stands below a key of a mapping of this form."""
    if isinstance(form, Record):
        return _fields_of(form).get
    # A lone value among a table's lists (`provider.options`) is none when files meet: it is replaced.
    item = form.item if isinstance(form, Table) and not isinstance(form.item, Many) else None
    return lambda _key: item


_FIELDS: dict[int, tuple[Record, dict[str, Field]]] = {}  # hashing a whole form would cost more than merging


def _fields_of(form: Record) -> dict[str, Field]:
    known = _FIELDS.get(id(form))
    if known is None:
        known = _FIELDS[id(form)] = form, {field.name: field for field in form.fields}
    return known[1]


def _other_driver(base: Node, over: Node) -> bool:
    before, now = _scalar(base, "driver"), _scalar(over, "driver")
    return before is not None and now is not None and before != now


def _scalar(node: Node, key: str) -> object:
    if not isinstance(node.value, dict) or key not in node.value:
        return None
    return node.value[key].value


def _text(node: Node, key: str) -> str:
    value = _scalar(node, key)
    return value if isinstance(value, str) else ""


def _kind(value: object) -> str:
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a single value"
