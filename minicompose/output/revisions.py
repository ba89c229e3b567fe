"""The history as a table and as JSON, and what differs between two revisions."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec

from minicompose.history.comparison import Differs
from minicompose.history.revision import Revision, Touched
from minicompose.model import encode_value
from minicompose.output.reasons import change_text
from minicompose.output.tables import fitted

_HEADER = ("REVISION", "WHEN", "WHO", "HOW", "WHAT CHANGED")
_SPARE = (2, 3)  # columns that narrow terminals go without
_SIGNS = {"added": ("+", "32"), "removed": ("-", "31"), "changed": ("~", "33")}


def history_table(revisions: Sequence[Revision], *, zone: tzinfo | None = None, width: int | None = None) -> str:
    """A line for each revision, the newest first; the last of them is the present one. `zone` None is the local one."""
    rows = [
        (
            f"{revision.number}{' *' if revision is revisions[-1] else ''}",
            datetime.fromtimestamp(revision.at, zone).strftime("%Y-%m-%d %H:%M:%S"),
            revision.who,
            revision.how,
            changes_text(revision.changes),
        )
        for revision in reversed(revisions)
    ]
    return fitted(_HEADER, rows, width=width, spare=_SPARE)


def changes_text(changes: Sequence[Touched]) -> str:
    """`1 replaced, 3 created: web (environment.LEVEL: "info" -> "debug"), db, ...`."""
    lasting = [change for change in changes if change.what in ("created", "replaced", "removed")] or list(changes)
    counts: dict[str, int] = {}
    for change in lasting:
        counts[change.what] = counts.get(change.what, 0) + 1
    names = dict.fromkeys(_change_text(change) for change in lasting)
    counted = ", ".join(f"{number} {what}" for what, number in counts.items())
    return f"{counted}: {', '.join(names)}" if lasting else "nothing"


def _change_text(change: Touched) -> str:
    name = change.service or change.name
    return f"{name} ({'; '.join(change.because)})" if change.because else name


def revision_json(revision: Revision, *, is_present: bool) -> str:
    """One revision as a line of `history --format json`."""
    told = {
        "number": revision.number,
        "present": is_present,
        "at": datetime.fromtimestamp(revision.at, UTC).isoformat(timespec="seconds"),
        "who": revision.who,
        "how": revision.how,
        "project": revision.project,
        "engine": revision.engine,
        "version": revision.version,
        "directory": revision.stack.directory,
        "files": revision.stack.files,
        "services": list(revision.stack.services),
        "images": revision.images,
        "changes": revision.changes,
    }
    return msgspec.json.encode(told).decode()


# ---- differences ----


def difference_text(old: Revision, new: Revision, found: Iterable[Differs], *, color: bool = False) -> str:
    """A line for each service and resource that differs, and below it one for each field."""
    lines = [f"revision {old.number} -> revision {new.number}"]
    for differs in found:
        sign, code = _SIGNS[differs.what]
        lines.append(f"{_painted(sign, code, color)} {differs.kind:8} {differs.name}")
        lines.extend(f"    {change_text(change)}" for change in differs.changes)
    if len(lines) == 1:
        lines.append("no difference")
    return "\n".join(lines)


def _painted(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def difference_json(old: Revision, new: Revision, found: Iterable[Differs]) -> str:
    told: dict[str, Any] = {
        "project": new.project,
        "old": old.number,
        "new": new.number,
        "differences": [
            {
                "kind": differs.kind,
                "name": differs.name,
                "what": differs.what,
                "changes": [{"path": each.path, "old": each.old, "new": each.new} for each in differs.changes],
            }
            for differs in found
        ],
    }
    return msgspec.json.encode(told, enc_hook=encode_value).decode()
