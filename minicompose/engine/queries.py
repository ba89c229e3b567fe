"""Words of the engine's queries."""

from collections.abc import Sequence

import msgspec


def filters(**values: Sequence[str]) -> str:
    return msgspec.json.encode(values).decode()
