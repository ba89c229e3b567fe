"""What the last word of a command line can be: `minicompose __complete WORD ... LAST`, as the shells' scripts ask.

Each line of the answer is a word and, behind a tab, what it is. A line `:files` or `:directories` asks the shell
for its own, behind what stands up to the `=` of LAST. The shell leaves out what does not begin like LAST. Nothing
here fails: who presses a key wants no message.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from minicompose.completion.table import OPTIONS, VERBS, WHAT

if TYPE_CHECKING:
    from minicompose.completion.names import Names

Option = tuple[tuple[str, ...], str, str]

_FLAG = "-"
_SIGNALS = ("HUP", "INT", "KILL", "QUIT", "STOP", "TERM", "USR1", "USR2", "WINCH")
_STATES = ("paused", "restarting", "removing", "running", "dead", "created", "exited")
_HELP: Option = (("-h", "--help"), _FLAG, "show this help")
FILES, DIRECTORIES = ":files", ":directories"


def complete(words: Sequence[str]) -> int:
    """Print what the last of `words` can be."""
    try:
        answer = "".join(f"{line}\n" for line in candidates(words))
    except Exception:  # noqa: BLE001 (a message would go into the line that somebody is writing)
        return 0
    sys.stdout.write(answer)
    return 0


def candidates(words: Sequence[str]) -> Iterator[str]:
    """The lines of the answer."""
    last = words[-1] if words else ""
    spoken = _Spoken(words[:-1])
    if spoken.wanted is not None:
        yield from spoken.values(spoken.wanted)
    elif spoken.takes_options and last.startswith("--") and "=" in last:
        name = last.partition("=")[0]
        for line in spoken.values(spoken.kind_of(name) or ""):
            yield line if line.startswith(":") else f"{name}={line}"
    elif spoken.takes_options and last.startswith("-"):
        yield from spoken.options(last)
    else:
        found = list(spoken.next_argument())
        yield from found or (spoken.options("--") if spoken.takes_options and not last else ())


class _Spoken:
    """What stands before the word: the verb, how many arguments, options; `wanted` is the kind of value that is due."""

    def __init__(self, words: Sequence[str]) -> None:
        self.verb = ""
        self.wanted: str | None = None
        self.takes_options = True
        self._options: Sequence[Option] = (*OPTIONS, _HELP)
        self._arguments: list[str] = []
        self._said: dict[str, list[str]] = {}
        self._name = ""  # of the option whose value is due
        for word in words:
            self._take(word)

    def _take(self, word: str) -> None:
        if self.wanted is not None:
            self._note(word)
        elif self.takes_options and word == "--":
            self.takes_options = False
        elif self.takes_options and word.startswith("--"):
            name, equals, value = word.partition("=")
            self._begin(name, value, has_value=bool(equals))
        elif self.takes_options and word.startswith("-") and word != "-":
            self._take_letters(word[1:])
        elif not self.verb:
            self.verb = word
            options = VERBS[word][0] if word in VERBS else ()
            self._options = (*options, _HELP)
        else:
            self._arguments.append(word)
            self.takes_options &= "COMMAND ..." not in self._kinds

    def _take_letters(self, letters: str) -> None:
        while letters:
            name, letters = f"-{letters[0]}", letters[1:]
            if self.kind_of(name) != _FLAG or letters.startswith("="):
                return self._begin(name, letters.removeprefix("="), has_value=bool(letters))
            self._begin(name, "", has_value=False)
        return None

    def _begin(self, name: str, value: str, *, has_value: bool) -> None:
        option = self._option(name)
        if option is None:
            return
        self._name = option[0][-1]
        self.wanted = option[1]
        if option[1] == _FLAG or has_value:
            self._note(value)

    def _note(self, value: str) -> None:
        self.wanted = None
        self._said.setdefault(self._name, []).append(os.path.expandvars(value))

    def _option(self, name: str) -> Option | None:
        return next((option for option in self._options if name in option[0]), None)

    def kind_of(self, name: str) -> str | None:
        option = self._option(name)
        return option[1] if option is not None else None

    @property
    def _kinds(self) -> tuple[str, ...]:
        return VERBS[self.verb][1] if self.verb in VERBS else ()

    # ---- what can come ----

    def options(self, last: str) -> Iterator[str]:
        for names, kind, what in self._options:
            if kind == _FLAG and names[-1] in self._said:
                continue
            for name in names:
                if not last.startswith("--") or name.startswith("--"):
                    yield f"{name}\t{what}"

    def next_argument(self) -> Iterable[str]:
        if not self.verb:
            return (f"{verb}\t{what}" for verb, what in {**WHAT, "help": "tell more about a verb"}.items())
        if self.verb == "help":
            return () if self._arguments else (f"{verb}\t{what}" for verb, what in WHAT.items())
        kinds, place = self._kinds, len(self._arguments)
        repeated = kinds[-1] if kinds and kinds[-1].endswith(" ...") else ""
        return self.values(kinds[place] if place < len(kinds) else repeated)

    def values(self, kind: str) -> Iterable[str]:
        match kind.removesuffix(" ..."):
            case "SERVICE":
                named = () if kind == "SERVICE" else self._arguments
                return (f"{name}\t{image}" for name, image in self._names().services.items() if name not in named)
            case "SERVICE=N":
                return (f"{name}=\t{image}" for name, image in self._names().services.items())
            case "SERVICE:FILE":
                return (*(f"{name}:\t{image}" for name, image in self._names().services.items()), FILES)
            case "PROFILE":
                return self._names().profiles
            case "CONTEXT":
                return _contexts()
            case "FILE":
                return (FILES,)
            case "DIR":
                return (DIRECTORIES,)
            case "SIGNAL":
                return _SIGNALS
            case "status=STATE":
                return (f"status={state}" for state in _STATES)
            case "diff":
                return () if self._arguments else ("diff\twhat differs between two revisions",)
            case "" | "COMMAND" | "-":
                return ()
            case choices:
                return choices.split("|")

    def _names(self) -> "Names":
        from minicompose.completion.names import read_names  # only where a name is wanted

        return read_names(self._said, os.environ, os.getcwd())  # noqa: PTH109 (as fast as can be)


def _contexts() -> list[str]:
    """The Docker contexts that are kept here."""
    import glob
    import json  # only for these

    home = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")  # noqa: PTH111
    found = ["default"]
    for file in sorted(glob.glob(f"{glob.escape(home)}/contexts/meta/*/meta.json")):  # noqa: PTH207
        try:
            with open(file, encoding="utf-8") as stream:  # noqa: PTH123
                found.append(str(json.load(stream)["Name"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # one that is half written, or nothing of docker's
    return found
