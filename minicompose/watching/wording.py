"""What a reader is told of watching. Pure."""

from collections.abc import Sequence

from minicompose.watching.rules import Rule, below
from minicompose.watching.syncing import Synced
from minicompose.watching.work import Copy, Work


class Wording:
    """Paths are shown relative to `directories` where they are below one of them, as the reader would write them."""

    def __init__(self, directories: Sequence[str] = ()) -> None:
        self._directories = directories

    def watched(self, rules: Sequence[Rule]) -> str:
        by_service: dict[str, dict[str, None]] = {}
        for rule in rules:
            by_service.setdefault(rule.service, {})[self._path(rule.written)] = None
        said = "; ".join(f"{', '.join(paths)} for {service}" for service, paths in by_service.items())
        return f"watching {said}"

    def changed(self, work: Work, doing: str) -> str:
        what = self._path(work.changed[0]) if len(work.changed) == 1 else _files(len(work.changed))
        return f"{work.service}: {what} changed, {doing}"

    def synced(self, service: str, copies: Sequence[Copy], done: Sequence[Synced], took: float) -> str:
        """What was done in the containers, which took so many seconds."""
        copied, removed = max(each.copied for each in done), max(each.removed for each in done)
        if len(copies) == 1:
            source, target = self._path(copies[0].source), copies[0].target
            said = f"copied {source} to {target}" if copied else f"removed {target}"
        else:
            parts = (f"copied {_files(copied)}" if copied else "", f"removed {_files(removed)}" if removed else "")
            said = ", ".join(part for part in parts if part)
        where = "" if len(done) == 1 else f" in {len(done)} containers"
        return f"{service}: {said}{where} ({round(took * 1000)} ms)"

    def nowhere_to_copy(self, service: str, copies: Sequence[Copy]) -> str:
        what = self._path(copies[0].source) if len(copies) == 1 else _files(len(copies))
        return f"{service}: {what} not copied, for it has no container"

    def _path(self, path: str) -> str:
        inside = (below(path, directory) for directory in self._directories)
        return next((short for short in inside if short), path)


def too_many_directories(many: int, most: int) -> str:
    return f"of {many} directories the system lets us watch {most}: sysctl fs.inotify.max_user_watches raises that"


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"
