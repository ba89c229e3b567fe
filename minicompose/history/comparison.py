"""What differs between two revisions: service by service, resource by resource, field by field."""

import functools
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec

from minicompose import fields
from minicompose.model import SourcePos, Stack, encode_value
from minicompose.planning.difference import FilePath, differences
from minicompose.planning.plan import Change
from minicompose.planning.record import Record

Kind = Literal["service", "network", "volume", "config", "secret", "model"]

_FORMS: tuple[tuple[Kind, fields.Record], ...] = (
    ("service", fields.SERVICE),
    ("network", fields.NETWORK),
    ("volume", fields.VOLUME),
    ("config", fields.CONFIG),
    ("secret", fields.SECRET),
    ("model", fields.MODEL),
)


class Kept(Protocol):
    """What of a project is compared: of a revision, or of what is now. Digests stand where secrets stood."""

    @property
    def stack(self) -> Stack: ...

    @property
    def contents(self) -> dict[str, str]: ...

    @property
    def images(self) -> dict[str, str]: ...


class Differs(msgspec.Struct, frozen=True, kw_only=True):
    """One service or resource that differs; `changes` say how, where both revisions have it."""

    kind: Kind
    name: str
    what: Literal["added", "removed", "changed"]
    changes: tuple[Change, ...] = ()


def compare(old: Kept, new: Kept, placed: Stack | None = None) -> tuple[Differs, ...]:
    """The differences from `old` to `new`. What looks like a secret is masked.

    `placed` is what `new` was made from, where that is still known with its places in the stack files.
    """
    found: list[Differs] = []
    for kind, form in _FORMS:
        before, after = _records(old, kind), _records(new, kind)
        for name in dict.fromkeys((*before, *after)):
            if name not in after:
                found.append(Differs(kind=kind, name=name, what="removed"))
            elif name not in before:
                found.append(Differs(kind=kind, name=name, what="added"))
            else:
                locate = functools.partial(_place, placed, f"{kind}s", name)
                changes = differences(before[name], after[name], locate, form)
                if kind == "service":
                    changes += _image_changes(name, old, new)
                if changes:
                    found.append(Differs(kind=kind, name=name, what="changed", changes=changes))
    return tuple(found)


def _place(placed: Stack | None, section: str, name: str, path: FilePath) -> SourcePos | None:
    return None if placed is None else placed.position(section, name, *path)


def _records(kept: Kept, kind: Kind) -> dict[str, Record]:
    declared: Mapping[str, Any] = getattr(kept.stack, f"{kind}s")
    found: dict[str, Record] = {}
    for name, each in declared.items():
        record = _with_lists(msgspec.to_builtins(each, enc_hook=encode_value))
        if (digest := kept.contents.get(f"{kind}s.{name}")) and "content" not in record:
            record["content"] = digest
        found[name] = record
    return found


def _with_lists(value: Any) -> Any:
    """Lists for tuples, as records have them."""
    if isinstance(value, dict):
        return {name: _with_lists(inside) for name, inside in value.items()}
    return [_with_lists(inside) for inside in value] if isinstance(value, tuple | list) else value


def _image_changes(service: str, old: Kept, new: Kept) -> tuple[Change, ...]:
    """Another image under the same name."""
    before, after = old.images.get(service), new.images.get(service)
    if before is None or after is None or before == after:
        return ()
    return (Change(path="image id", old=_short(before), new=_short(after)),)


def _short(id: str) -> str:
    return id.removeprefix("sha256:")[:12]
