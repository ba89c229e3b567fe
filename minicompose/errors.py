"""Everything that can go wrong, each with its exit code.

Imports nothing but what every interpreter has loaded: each command pays for this module.
"""

import enum
import functools
from collections.abc import Iterable

TYPE_CHECKING = False  # as type checkers know it: `typing` is more than some commands need
if TYPE_CHECKING:
    from minicompose.diagnostic import Diagnostic


_MOST_COMPARED = 100
_LONGEST_NAME = 100


class ExitCode(enum.IntEnum):
    """What a command returns to its caller."""

    OK = 0
    FAILED = 1
    USAGE = 2
    ENGINE = 3
    BUG = 4
    CANNOT_RUN = 126
    NO_PROGRAM = 127
    INTERRUPTED = 130


class MinicomposeError(Exception):
    """The root of the tree. `hint` says what the reader can do about it."""

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MinicomposeError):
    """The command line asks for something that cannot be: an unknown service, flags that clash."""

    exit_code = ExitCode.USAGE


class NoStackFile(UsageError):
    """There is none where one is looked for, and none was named."""


class StackFileError(MinicomposeError):
    """The stack files are wrong; holds every problem that was found, sorted by position.

    `texts` maps each file's name, as it stands in the positions, to its text, for showing the line.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, diagnostics: "Iterable[Diagnostic]", texts: dict[str, str]) -> None:
        from minicompose.diagnostic import in_order  # loaded by whoever has diagnostics

        self.diagnostics = tuple(in_order(diagnostics, texts))
        self.texts = texts
        super().__init__(f"{len(self.diagnostics)} problem(s) in the stack file")


class WouldFail(StackFileError):
    """The files are right; what they ask for cannot be had as things are now. Nothing has been changed."""

    exit_code = ExitCode.FAILED


class EngineError(MinicomposeError):
    """The engine answered with an error; `status` is the HTTP status, 0 where there was no answer.

    `output` is the end of what the failing step of a build printed, None where that is not known.
    """

    exit_code = ExitCode.ENGINE

    def __init__(self, message: str, hint: str = "", *, status: int = 0, output: str | None = None) -> None:
        super().__init__(message, hint)
        self.status = status
        self.output = output


class EngineUnreachable(EngineError):
    """There is no engine at that address, or the connection was lost."""


class EngineRefused(EngineError):
    """The engine will not let us: 401 or 403, or no right to open its socket."""


class BadRequest(EngineError):
    """400: the engine does not accept the parameters."""


class NotFound(EngineError):
    """404: no such container, image, network or volume."""


class Conflict(EngineError):
    """409: the name is taken, or the object is in use or in the wrong state."""


class EngineFault(EngineError):
    """5xx: the engine tried and failed."""


class CalledOff(EngineError):
    """It was ended before its end, as was asked."""


class CannotRun(EngineError):
    """The program that a container is to run cannot be executed; the code is that of shells, as below."""

    exit_code = ExitCode.CANNOT_RUN


class NoProgram(EngineError):
    """There is no such program in the container."""

    exit_code = ExitCode.NO_PROGRAM


class EngineTooOld(EngineError):
    """The engine's API lacks something that the stack file asks for."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most probably meant by `word`, or None when nothing is near.

    What is longer than a name is by anybody's hand is not compared; of very many words only those are
    that begin or end as `word` does.
    """
    import difflib  # only a wrong file or command line needs it

    if len(word) > _LONGEST_NAME:
        return None
    names = tuple(known)
    if len(names) > _MOST_COMPARED:
        names = _alike_at_an_end(word, names)
    names = tuple(each for each in names if len(each) <= _LONGEST_NAME)
    matches = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return matches[0] if matches else None


def _alike_at_an_end(word: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `names` that share the longest beginnings or endings with `word`, at most as many as are compared."""
    import bisect  # as above

    forward, backward = _sorted_both_ways(names)
    found: list[str] = []
    for ordered, wanted, step in ((forward, word, 1), (backward, word[::-1], -1)):
        place = bisect.bisect_left(ordered, wanted)
        around = ordered[max(0, place - _MOST_COMPARED // 4) : place + _MOST_COMPARED // 4]
        found += [each[::step] for each in around]
    return tuple(dict.fromkeys(found))


@functools.lru_cache(maxsize=1)
def _sorted_both_ways(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The names in order, and the names spelt backwards in theirs; the same ones are asked for again and again."""
    return sorted(names), sorted(each[::-1] for each in names)
