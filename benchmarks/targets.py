"""How much of docker compose's time minicompose may take, by stack and phase, in one run."""

_SHORT = {"noop": 0.9, "ps": 0.9}
_LARGE = {"up": 1.0, "recreate": 1.0, "down": 1.0}

TARGETS = {
    "-": {"version": 0.9},
    "four": {"up": 0.85, "noop": 0.2, "recreate": 0.85, "down": 0.85},
    "four0": {"up": 0.9, "recreate": 0.75, "down": 0.75, **_SHORT},
    "wide50": {**_LARGE, **_SHORT},
    "layer50": {**_LARGE, **_SHORT},
    "chain20": {**_LARGE, **_SHORT},
    "scale30": {"up": 0.65, "recreate": 0.75, **_SHORT},
    "big1000": {"config": 0.6},
    "dense70": {"config": 0.05},
}


def judged(stack, phase, ratio):
    """The target and whether it was met, for a cell of the table."""
    target = TARGETS.get(stack, {}).get(phase)
    if target is None or ratio is None:
        return "-"
    return f"{target:g} {'met' if ratio <= target else 'NOT met'}"
