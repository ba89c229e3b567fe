"""The table of fields, asked which attributes of a value hang on something."""

import functools
from collections.abc import Callable, Iterator

import msgspec

from minicompose.fields import SERVICE, Field, Form, Many, Record, Scalar, Table
from minicompose.model import Path

Wanted = Callable[[Field], bool]


def is_refused(field: Field) -> bool:
    return bool(field.refused)


def is_recent(field: Field) -> bool:
    return field.since > (0, 0)


@functools.cache
def narrowed_service(mark: str) -> Form | None:
    """The part of a service's attributes that is marked so; a build is looked at where there is one to make."""
    wanted = is_refused if mark == "refused" else is_recent
    fields = tuple(field for field in SERVICE.fields if field.name != "build")
    return narrowed(Record(fields=fields), wanted)


def form_of(name: str) -> Form:
    return next(field.form for field in SERVICE.fields if field.name == name)


def narrowed(form: Form, wanted: Wanted) -> Form | None:
    """The form with only the attributes that are wanted, and those that lead to them; None without any."""
    match form:
        case Record(fields=fields):
            kept = []
            for field in fields:
                inside = narrowed(field.form, wanted)
                if inside is not None or wanted(field):
                    kept.append(msgspec.structs.replace(field, form=inside or Scalar()))
            return Record(fields=tuple(kept)) if kept else None
        case Many(item=item) | Table(item=item):
            inside = narrowed(item, wanted)
            return None if inside is None else msgspec.structs.replace(form, item=inside)
        case _:
            return None


def said(value: object, form: Form | None, path: Path = ()) -> Iterator[tuple[Path, Field]]:
    """Each attribute that asks for something, with its path."""
    match form:
        case Record(fields=fields):
            for field in fields:
                inside = getattr(value, field.name, None)
                if _asks(inside, field):
                    yield (*path, field.name), field
                    yield from said(inside, field.form, (*path, field.name))
        case Many(item=item) if isinstance(value, (list, tuple)):
            for index, entry in enumerate(value):
                yield from said(entry, item, (*path, index))
        case Table(item=item) if isinstance(value, dict):
            for name, entry in value.items():
                yield from said(entry, item, (*path, name))
        case _:
            return


def _asks(value: object, field: Field) -> bool:
    if value is None or value == field.idle:
        return False
    return bool(value) or field.idle is not None
