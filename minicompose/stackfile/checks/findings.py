"""Problems of a stack's tree, each placed by the path of the attribute that it is about."""

from collections.abc import Callable, Iterable
from typing import Literal

from minicompose.diagnostic import Diagnostic
from minicompose.errors import nearest
from minicompose.model import Node, SourcePos
from minicompose.stackfile.pathtext import child, path_text


class Findings:
    """Reports what is found at a path of the tree.

    The caret goes to the value where that is a scalar, else to the key. `at_key` asks for the key
    of a scalar, too.
    """

    def __init__(self, root: Node, report: Callable[[Diagnostic], None]) -> None:
        self._root = root
        self._report = report

    def error(self, *path: str | int, says: str, hint: str = "", at_key: bool = False) -> None:
        self._say("error", path, says, hint, at_key)

    def warning(self, *path: str | int, says: str, hint: str = "", at_key: bool = False) -> None:
        self._say("warning", path, says, hint, at_key)

    def place(self, *path: str | int) -> str:
        """Where the value at `path` is written, as people write it."""
        pos, _ = self._caret(path, at_key=False)
        return str(pos)

    def has(self, *path: str | int) -> bool:
        """Whether there is a value at `path` of the tree."""
        return self._find(path)[1]

    def _say(
        self, severity: Literal["error", "warning"], path: tuple[str | int, ...], says: str, hint: str, at_key: bool
    ) -> None:
        pos, length = self._caret(path, at_key)
        self._report(
            Diagnostic(severity=severity, pos=pos, path=path_text(path), summary=says, hint=hint, length=length)
        )

    def _caret(self, path: tuple[str | int, ...], at_key: bool) -> tuple[SourcePos, int]:
        node, whole = self._find(path)
        key = str(path[-1]) if path and whole else ""
        if node.key_pos is not None and (at_key or not whole or not isinstance(node.value, str | int | float)):
            return node.key_pos, max(len(key), 1)
        return node.pos, underlined(node.value)

    def _find(self, path: tuple[str | int, ...]) -> tuple[Node, bool]:
        """The node at `path` or its nearest parent, and whether the path led to its end."""
        node = self._root
        for step in path:
            below = child(node, step)
            if below is None:
                return node, False
            node = below
        return node, True


def underlined(value: object) -> int:
    """How many characters of a value a caret goes under: all of a scalar on one line, else the first."""
    text = str(value) if isinstance(value, str | int | float) else ""
    return max(len(text), 1) if "\n" not in text else 1


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to `word`; empty where none is near."""
    near = nearest(word, known)
    return f'did you mean "{near}"?' if near else ""
