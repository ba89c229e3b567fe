"""The lines of a text file, as editors count them: an end is LF, CR LF or CR, and nothing else."""

import bisect

from minicompose.model import SourcePos

_BLOCK = 4096  # characters between two places that are known


class Lines:
    """The lines of `text`, each found when it is asked for: a text may be nothing but millions of them.

    The text itself is unchanged in `text`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        # Of the same length as the text, and with one kind of end.
        self._ends = text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text
        self._before = [0]  # how many ends there are before each block
        self._starts = [0]  # where the line begins that the block begins in
        for block in range(0, len(text), _BLOCK):
            end = self._ends.rfind("\n", block, block + _BLOCK) + 1
            self._before.append(self._before[-1] + self._ends.count("\n", block, block + _BLOCK))
            self._starts.append(end or self._starts[-1])

    def __len__(self) -> int:
        """How many lines there are; an empty text has one, and so has what follows the last end."""
        return self._before[-1] + 1

    def __getitem__(self, number: int) -> str:
        """The line of that number, counted from 1, without its end."""
        start = self._start(number)
        end = self._ends.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].removesuffix("\r")

    def index(self, place: SourcePos) -> int:
        """Where in the text the character at `place` is; the text's length when it has no such line."""
        return self._start(place.line) + place.column - 1 if place.line <= len(self) else len(self.text)

    def place(self, index: int, file: str) -> SourcePos:
        """The place of the character at `index`, in the file of that name."""
        index = min(index, len(self.text))
        block = index // _BLOCK
        line = self._before[block] + self._ends.count("\n", block * _BLOCK, index) + 1
        start = self._ends.rfind("\n", block * _BLOCK, index) + 1 or self._starts[block]
        return SourcePos(file, line, index - start + 1)

    def _start(self, number: int) -> int:
        block = max(bisect.bisect_left(self._before, number - 1) - 1, 0)
        start = self._starts[block]
        for _ in range(number - 1 - self._before[block]):
            start = self._ends.index("\n", max(start, block * _BLOCK)) + 1
        return start
