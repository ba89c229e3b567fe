"""Plans as JSON, for other programs."""

import msgspec

from minicompose.model import encode_value
from minicompose.planning.plan import Plan


def plan_json(plan: Plan) -> bytes:
    """The plan as JSON; equal plans give equal bytes. Contents of configs and secrets are digests only."""
    return msgspec.json.encode(plan, enc_hook=encode_value, order="deterministic")
