"""Words that explanations and checks have in common."""

from minicompose.diagnosis.ports import Holder

_SIZES = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


def holder_text(holder: Holder) -> str:
    """Who has a port, in words."""
    if holder.container:
        return f"container {holder.container}" + (f" of project {holder.project}" if holder.project else "")
    if holder.program:
        return f"{holder.program} (process {holder.pid})"
    return "a program of this machine"


def size_text(size: int) -> str:
    """As in `32 MiB`, `1.5 GiB`."""
    for unit, bytes_ in _SIZES:
        if size >= bytes_:
            return f"{round(size / bytes_, 1):g} {unit}"
    return f"{size} bytes"
