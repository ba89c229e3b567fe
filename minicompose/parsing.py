"""A command line's words, read as docker reads them, and what is said of those that cannot be.

docker's commands take flags in any order and form: `-dit`, `-it=false`, `-fFILE`, `-f=FILE`, `--wait=false`,
`--tail -5`, and between the arguments. `plain_words` turns them into the few forms that argparse is sure of.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from minicompose.errors import UsageError, nearest
from minicompose.imports import without_translations
from minicompose.regex import regex

with without_translations():
    import argparse

TYPE_CHECKING = False  # as type checkers know it: `typing` is more than some commands need
if TYPE_CHECKING:
    from typing import Any, NoReturn

SUPPRESS, REMAINDER = argparse.SUPPRESS, argparse.REMAINDER

_FORMATTER = argparse.HelpFormatter("", width=80)

# As Go's strconv.ParseBool has them.
_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_FALSE = ("0", "f", "F", "false", "FALSE", "False")

# As argparse says it.
_REQUIRED = "the following arguments are required: "
# As many calls of the engine at once as are worth their threads.
_UNLIMITED = 64
_TOGETHER = regex(r"argument (\S+): not allowed with argument (\S+)")


class Parser(argparse.ArgumentParser):
    """Like argparse's, but reads words as docker does, and raises UsageError with what was probably meant.

    `verbs` are those of the program, with what each does; a verb's own parser has none, but the options that
    stand before it, `before_verb`.
    """

    verbs: Mapping[str, str] = MappingProxyType({})
    before_verb: Mapping[str, argparse.Action] = MappingProxyType({})

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog, description=description, allow_abbrev=False, add_help=False)
        self.add_argument("-h", "--help", action="help", help="show this help")

    def error(self, message: str) -> "NoReturn":
        """What argparse complains of, in our words."""
        if message.startswith(_REQUIRED):
            names = message.removeprefix(_REQUIRED).split(", ")
            missing = [name for name in names if not name.endswith("...")]  # of a command there may be no words
            message = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        elif together := _TOGETHER.fullmatch(message):
            one, other = (name.rpartition("/")[2] for name in together.groups())
            message = f"{one} and {other} do not go together"
        raise UsageError(message, self.see_help)

    def _get_formatter(self) -> argparse.HelpFormatter:
        """argparse makes one for each option, and asks `shutil` for the terminal's width; none is shown."""
        return _FORMATTER

    @property
    def see_help(self) -> str:
        return f"see `{self.prog} --help`"

    def format_help(self) -> str:
        from minicompose.help import program_help, verb_help  # only who asks for it needs it

        return program_help(self, self.verbs) if self.verbs else verb_help(self)

    def parse_all(self, words: Sequence[str]) -> argparse.Namespace:
        """Like `parse_args`, for words as docker takes them. Raises UsageError."""
        plain = _Words(self).read(words)
        args, unknown = self.parse_known_args(plain.words)
        if unknown:
            raise UsageError(f'there is one argument too many: "{unknown[-1]}"', self.see_help)
        for name, value in plain.switched.items():
            setattr(args, name, value)
        return args

    @property
    def options(self) -> Mapping[str, argparse.Action]:
        """The options by all their names."""
        return self._option_string_actions

    @property
    def runs_a_command(self) -> bool:
        """Whether what follows the first argument are words of another command."""
        return any(action.nargs == argparse.REMAINDER for action in self._actions)

    def unknown_option(self, name: str, group: str = "") -> UsageError:
        """What there is to say of an option that is not known; `group` is the word that it stands in with others."""
        inside = f" in {group}" if group not in ("", name) else ""
        return UsageError(f"unknown option {name}{inside}", self._meant(group or name) or self.see_help)

    def _meant(self, name: str) -> str:
        if f"-{name}" in self.options:
            return f"did you mean -{name}?"
        if name in self.before_verb:
            action = self.before_verb[name]
            written = name if action.nargs == 0 else f"{name} {action.metavar or action.dest.upper()}"
            return f"it stands before the verb: `{self.prog.replace(' ', f' {written} ', 1)}`"
        if self.verbs and (verbs := _verbs_with(name)):
            return f"it stands behind the verb: {verbs} {'have' if ' ' in verbs else 'has'} it"
        near = nearest(name, self.options) if name.startswith("--") else None
        return f"did you mean {near}?" if near else ""

    def _check_value(self, action: argparse.Action, value: "Any") -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        near = nearest(str(value), known)
        hint = f'did you mean "{near}"?' if near else f"it is one of: {', '.join(known)}"
        raise UsageError(f'{_name_of(action)} cannot be "{value}"', hint)

    def _get_value(self, action: argparse.Action, arg_string: str) -> "Any":
        try:
            return super()._get_value(action, arg_string)
        except argparse.ArgumentError as error:
            what = f'a whole number is wanted, not "{arg_string}"' if action.type is int else error.message
            raise UsageError(f"{_name_of(action)}: {what}", self.see_help) from error


def _name_of(action: argparse.Action) -> str:
    """The option's longest name, the argument's word for people."""
    return max(action.option_strings, key=len) if action.option_strings else str(action.metavar or action.dest)


def _verbs_with(option: str) -> str:
    """The verbs that have this option, a few of them, for who wrote it before the verb."""
    from minicompose.completion.table import VERBS  # only for a message

    verbs = [verb for verb, (options, _) in VERBS.items() if any(option in names for names, *_ in options)]
    shown = verbs if len(verbs) <= 4 else [*verbs[:3], "others"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


class _Words:
    """One reading of the words after `parser`'s own name."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._flags: dict[argparse.Action, str] = {}
        self._options: list[str] = []
        self._arguments: list[str] = []
        self.switched: dict[str, bool] = {}

    @property
    def words(self) -> list[str]:
        """Options in one word each, then the arguments behind `--`."""
        behind = ["--", *self._arguments] if self._arguments else []
        return [*self._flags.values(), *self._options, *behind]

    def read(self, words: Sequence[str]) -> "_Words":
        rest = iter(words)
        for word in rest:
            if word == "--":
                self._arguments += rest
            elif word.startswith("--"):
                self._long(word, rest)
            elif word.startswith("-") and word != "-":
                self._short(word, rest)
            else:
                self._arguments.append(word)
                if self._parser.runs_a_command:
                    self._arguments += rest
        return self

    def _long(self, word: str, rest: Iterator[str]) -> None:
        name, has_value, value = word.partition("=")
        action = self._parser.options.get(name)
        if action is None:
            raise self._parser.unknown_option(name)
        if action.nargs == 0:
            self._flag(action, name, value if has_value else "true")
        else:
            self._option(name, value if has_value else self._next(name, rest))

    def _short(self, word: str, rest: Iterator[str]) -> None:
        """One letter after the other, up to one that takes the rest for its value."""
        letters = word[1:]
        while letters:
            name, letters = f"-{letters[0]}", letters[1:]
            action = self._parser.options.get(name)
            if action is None:
                raise self._parser.unknown_option(name, word.partition("=")[0])
            if action.nargs == 0 and not letters.startswith("="):
                self._flag(action, name, "true")
            elif action.nargs == 0:
                return self._flag(action, name, letters[1:])
            else:
                return self._option(name, letters.removeprefix("=") if letters else self._next(name, rest))
        return None

    def _next(self, name: str, rest: Iterator[str]) -> str:
        """The word after an option is its value, whatever it looks like."""
        value = next(rest, None)
        if value is None:
            raise UsageError(f"{name} needs a value", self._parser.see_help)
        return value

    def _option(self, name: str, value: str) -> None:
        # argparse sees a value in `-f=x` and in `--file=x`, whatever x begins with.
        self._options.append(f"{name}={value}")

    def _flag(self, action: argparse.Action, name: str, value: str) -> None:
        """What is said last of a flag counts."""
        if value not in _TRUE + _FALSE:
            raise UsageError(f'{name} is true or false, and cannot be "{value}"', self._parser.see_help)
        said = value in _TRUE
        self._flags.pop(action, None)
        self.switched.pop(action.dest, None)
        if isinstance(action, argparse.BooleanOptionalAction):
            self.switched[action.dest] = said is not name.startswith("--no-")
        elif said:
            self._flags[action] = name
        elif isinstance(action.const, bool):
            self.switched[action.dest] = not action.const


def at_once(text: str) -> int:
    """How many calls of the engine there may be at once, where -1 is for no limit."""
    if not text.removeprefix("-").isdigit() or (number := int(text)) == 0 or number < -1:
        raise argparse.ArgumentTypeError(f'a number from 1 on is wanted, or -1 for no limit, not "{text}"')
    return _UNLIMITED if number == -1 else number
