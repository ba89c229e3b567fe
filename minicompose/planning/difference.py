"""What differs between two records, field by field, with the place in the file behind it."""

from collections.abc import Callable, Iterator
from typing import Any

from minicompose import fields
from minicompose.model import SourcePos
from minicompose.planning.masking import masked
from minicompose.planning.plan import Change
from minicompose.planning.record import Record

# A place in the file below the object, as `Stack.position` takes it.
FilePath = tuple[str | int, ...]
Locate = Callable[[FilePath], SourcePos | None]

_Found = tuple[str, FilePath, Any, Any]


def differences(old: Record, new: Record, locate: Locate, form: fields.Record = fields.SERVICE) -> tuple[Change, ...]:
    """The changes from `old` to `new`, by path. What looks like a secret is masked."""
    found = sorted(_between(form, "", (), old, new), key=lambda entry: entry[0])
    return tuple(
        Change(path=path, old=_shown(path, before), new=_shown(path, after), pos=locate(place))
        for path, place, before, after in found
    )


def _shown(path: str, value: Any) -> Any:
    """The value, masked: but the digest of an image is no secret."""
    return value if path == "image" else masked(value)


def _between(form: fields.Form | None, path: str, place: FilePath, old: Any, new: Any) -> Iterator[_Found]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            below = f"{path}.{key}" if path else key
            yield from _between(_form_of(form, key), below, (*place, key), old.get(key), new.get(key))
        return
    if isinstance(form, fields.Many) and isinstance(old, list) and isinstance(new, list):
        identity = _identity(form)
        if identity:
            yield from _between_lists(form, identity, path, place, old, new)
            return
        if isinstance(form.item, fields.Record) and len(old) == len(new):
            for index, (before, after) in enumerate(zip(old, new, strict=True)):
                yield from _between(form.item, f"{path}[{index}]", (*place, index), before, after)
            return
    yield path, place, old, new


def _form_of(form: fields.Form | None, key: str) -> fields.Form | None:
    if isinstance(form, fields.Record):
        return next((field.form for field in form.fields if field.name == key), None)
    return form.item if isinstance(form, fields.Table) else None


def _identity(form: fields.Form | None) -> tuple[str, ...]:
    """The attributes by which the entries of a list are told apart; none where only their order does."""
    if not isinstance(form, fields.Many) or not form.key:
        return ()
    return (form.key,) if isinstance(form.key, str) else form.key


def _between_lists(
    form: fields.Form | None, identity: tuple[str, ...], path: str, place: FilePath, old: list[Any], new: list[Any]
) -> Iterator[_Found]:
    item = form.item if isinstance(form, fields.Many) else None
    before = {_entry_name(identity, entry): entry for entry in old}
    after = {_entry_name(identity, entry): (index, entry) for index, entry in enumerate(new)}
    if len(before) != len(old) or len(after) != len(new) or (before.keys() == after.keys() and _same(before, after)):
        yield path, place, old, new
        return
    for name in sorted({*before, *after}):
        index, entry = after.get(name, (None, None))
        at = place if index is None else (*place, index)
        yield from _between(item, f"{path}[{name}]", at, before.get(name), entry)


def _same(before: dict[str, Any], after: dict[str, tuple[int, Any]]) -> bool:
    """Only the order differs."""
    return all(after[name][1] == entry for name, entry in before.items())


def _entry_name(identity: tuple[str, ...], entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    if "published" in identity:
        parts = [str(entry[name]) for name in ("host_ip", "published", "target") if entry.get(name) is not None]
        return ":".join(parts) + "/" + str(entry.get("protocol", "tcp"))
    return ":".join(str(entry.get(name)) for name in identity)
