"""The problems of a stack's files: each once, in the order of the files, and so many at most."""

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from minicompose.diagnostic import Diagnostic, in_order, narrowed, shortened
from minicompose.lines import Lines
from minicompose.model import Path, SourcePos

MOST_ERRORS = 200
MOST_WARNINGS = 200


class Problems:
    """Takes what the stages find. `texts` maps the files' names to their texts, as they are read."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._lines: dict[str, Lines] = {}
        self._found: dict[tuple[str, SourcePos | None, str], Diagnostic] = {}
        self._errors = 0
        self._warnings = 0

    def take(self, problem: Diagnostic) -> None:
        """Keep `problem`, with its caret under what is meant; a warning only while there are not many."""
        summary, hint = shortened(problem.summary), shortened(problem.hint)
        if summary is not problem.summary or hint is not problem.hint:
            problem = replace(problem, summary=summary, hint=hint)
        problem = self._narrowed(problem)
        key = (problem.severity, problem.pos, problem.summary)
        if key not in self._found:
            self._errors += problem.severity == "error"
            self._warnings += problem.severity == "warning"
        if problem.severity == "error" or self._warnings <= MOST_WARNINGS or key in self._found:
            self._found[key] = problem

    @property
    def errors(self) -> list[Diagnostic]:
        return [problem for problem in self._found.values() if problem.severity == "error"]

    @property
    def are_enough(self) -> bool:
        """Whether there are so many errors that looking for more helps nobody."""
        return self._errors >= MOST_ERRORS

    def in_order(self) -> list[Diagnostic]:
        """By file and place; what has no place comes first."""
        return in_order([*self._left_out(), *self._found.values()], self._texts)

    def _left_out(self) -> Iterable[Diagnostic]:
        if self.are_enough:
            summary = f"there are {MOST_ERRORS} errors or more: these are the first that were met"
            yield Diagnostic(severity="error", pos=None, summary=summary)
        if self._warnings > MOST_WARNINGS:
            summary = f"there are {self._warnings - MOST_WARNINGS:,} more warnings"
            yield Diagnostic(severity="warning", pos=None, summary=summary)

    def _narrowed(self, problem: Diagnostic) -> Diagnostic:
        if problem.part is None or problem.pos is None or problem.pos.file not in self._texts:
            return problem
        file = problem.pos.file
        if file not in self._lines:
            self._lines[file] = Lines(self._texts[file])
        return narrowed(problem, self._lines[file])


class Refused:
    """The paths of a tree that something is wrong with."""

    def __init__(self, problems: Iterable[Diagnostic], steps_of: Callable[[str], Path]) -> None:
        self.paths = frozenset(steps_of(problem.path) for problem in problems if problem.path)
        self._above = frozenset(path[:length] for path in self.paths for length in range(len(path)))

    def holds(self, path: Path) -> bool:
        """Whether `path`, or what it lies in, was refused."""
        return any(path[:length] in self.paths for length in range(len(path) + 1))

    def meets(self, path: Path) -> bool:
        """Whether `path`, what it lies in or something that lies in it was refused."""
        return path in self._above or self.holds(path)
