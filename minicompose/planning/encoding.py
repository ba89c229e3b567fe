"""Plans as JSON, for other programs."""

from collections.abc import Iterator
from typing import Any

import msgspec

from minicompose import fields
from minicompose.model import Stack, encode_value
from minicompose.planning.masking import sealed, sealed_pairs, sealed_words
from minicompose.planning.plan import Plan
from minicompose.planning.provenance import shown


def _pairs_inside(form: fields.Form) -> Iterator[str]:
    match form:
        case fields.Record():
            for field in form.fields:
                if isinstance(field.form, fields.Pairs | fields.Table) and not _holds_more(field.form):
                    yield field.name
                yield from _pairs_inside(field.form)
        case fields.Many() | fields.Table():
            yield from _pairs_inside(form.item)
        case _:
            return


def _holds_more(form: fields.Pairs | fields.Table) -> bool:
    return isinstance(form, fields.Table) and not isinstance(form.item, fields.Scalar)


# Mappings from names to values that may be secrets. The record in the label is sealed already.
_PAIRS = frozenset(_pairs_inside(fields.STACK_FILE))


def plan_json(plan: Plan, stack: Stack | None = None) -> bytes:
    """The plan as JSON; equal plans give equal bytes.

    Contents of configs and secrets are digests only, and so are values that look like secrets. What came from
    secret variables is, too, where the `stack` tells that.
    """
    if stack is not None:
        plan = shown(plan, stack)
    return msgspec.json.encode(_sealed(msgspec.to_builtins(plan, enc_hook=encode_value)), order="deterministic")


def _sealed(value: Any) -> Any:
    """Values inside `environment`, `args` and the like are sealed by their names, all others by what they hold."""
    if isinstance(value, dict):
        return {name: _sealed_below(name, inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        words = bool(value) and all(isinstance(item, str) for item in value)
        return sealed_words(value) if words else [_sealed(item) for item in value]
    return sealed(value)


def _sealed_below(name: str, value: Any) -> Any:
    if isinstance(value, dict) and name in _PAIRS:
        return sealed_pairs(value)
    return sealed(value) if name == "extensions" else _sealed(value)
