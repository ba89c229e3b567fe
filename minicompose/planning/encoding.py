"""Plans as JSON, for other programs."""

from typing import Any

import msgspec

from minicompose.model import encode_value
from minicompose.planning.masking import sealed, sealed_pairs, sealed_words
from minicompose.planning.plan import Plan

# Mappings from names to values that may be secrets. The record in the label is sealed already.
_PAIRS = {"environment", "args", "labels", "options"}


def plan_json(plan: Plan) -> bytes:
    """The plan as JSON; equal plans give equal bytes.

    Contents of configs and secrets are digests only, and so are values that look like secrets.
    """
    return msgspec.json.encode(_sealed(msgspec.to_builtins(plan, enc_hook=encode_value)), order="deterministic")


def _sealed(value: Any) -> Any:
    """Values inside `environment`, `args` and the like are sealed by their names, all others by what they hold."""
    if isinstance(value, dict):
        return {
            name: sealed_pairs(inner) if name in _PAIRS and isinstance(inner, dict) else _sealed(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        words = bool(value) and all(isinstance(item, str) for item in value)
        return sealed_words(value) if words else [_sealed(item) for item in value]
    return sealed(value)
