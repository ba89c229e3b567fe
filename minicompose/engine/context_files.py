"""What is in a build's context: its files, without what is left out, a directory before what lies in it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from minicompose.engine.dockerignore import Ignored, Inherited

EVERYTHING = Ignored(["**"])


def context_files(
    context: str,
    ignored: Ignored,
    *,
    always: frozenset[str] = frozenset(),
    only: Ignored = EVERYTHING,
) -> Iterator[tuple[str, Path]]:
    """Paths with slashes, and the files there, by the names' bytes.

    Paths in `always` are among them whatever is ignored; `only` what its patterns match, and the directories above.
    Raises OSError where a directory cannot be read.
    """
    return _Walk(Path(context), ignored, always, only).below("", ignored.nothing_yet, only.nothing_yet, [])


class _Walk:
    def __init__(self, root: Path, ignored: Ignored, always: frozenset[str], only: Ignored) -> None:
        self._root = root
        self._ignored = ignored
        self._always = always
        self._only = only

    def below(
        self, directory: str, above: Inherited, chosen_above: Inherited, unsaid: list[str]
    ) -> Iterator[tuple[str, Path]]:
        """`unsaid` are directories that are told only if something below them is."""
        for name in sorted(os.listdir(self._root / directory), key=os.fsencode):  # noqa: PTH208 (names alone)
            path = f"{directory}/{name}" if directory else name
            left_out, inherited = self._ignored.judge(path, above)
            left_out = left_out and path not in self._always
            chosen, chosen_inherited = self._only.judge(path, chosen_above)
            is_directory = stat.S_ISDIR((self._root / path).lstat().st_mode)
            is_in = chosen and not left_out
            if not is_in and not (is_directory and self._may_hold(path, left_out=left_out, chosen=chosen)):
                continue
            unsaid.append(path)
            if is_in:
                yield from ((each, self._root / each) for each in unsaid)
                unsaid.clear()
            if is_directory:
                yield from self.below(path, inherited, chosen_inherited, unsaid)
            if unsaid and unsaid[-1] == path:
                unsaid.pop()

    def _may_hold(self, directory: str, *, left_out: bool, chosen: bool) -> bool:
        if any(path.startswith(f"{directory}/") for path in self._always):
            return True
        if left_out and not self._ignored.may_take_back_below(directory):
            return False
        return chosen or self._only.may_match_below(directory)
