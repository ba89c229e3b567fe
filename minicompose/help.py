"""What `--help` says: of the program, its verbs in groups; of a verb, what it does, examples, its options.

As wide as the terminal, and without colour.
"""

import argparse
import re
import shutil
import textwrap
from collections.abc import Iterable, Mapping

GROUPS = {
    "bring up and down": (
        "up",
        "down",
        "start",
        "stop",
        "restart",
        "create",
        "scale",
        "rm",
        "kill",
        "pause",
        "unpause",
        "wait",
        "watch",
    ),
    "know beforehand, and go back": ("plan", "apply", "doctor", "history", "rollback"),
    "look": ("ps", "logs", "explain", "ls", "stats", "top", "events", "port", "images", "volumes", "graph"),
    "work in containers": ("exec", "run", "attach", "cp", "export", "commit"),
    "images": ("build", "pull", "push", "login", "logout"),
    "the file and the program": ("config", "help", "completion", "version"),
}

_MOST = 100  # columns: longer lines are hard to read
_LEAST = 20
_VERBS = 14  # columns that the verbs' names take, and what is before and after them
_NAMES = 32  # that the options' names take at most
_NARROW = 60  # columns, below which what an option does is under its name
_EXAMPLE = "    "  # begins an example in a verb's docstring


def width() -> int:
    """How many columns a help text may have."""
    return max(_LEAST, min(_MOST, shutil.get_terminal_size().columns - 1))


def program_help(parser: argparse.ArgumentParser, verbs: Mapping[str, str]) -> str:
    """The help of the whole program: `verbs` says in a line what each does."""
    columns = width()
    parts = _wrapped("usage: minicompose [options] VERB [arguments]", columns, indent="    ")
    parts += _wrapped(parser.description or "", columns)
    for title, names in grouped(verbs).items():
        rows = [(name, verbs[name]) for name in names]
        parts.append(f"{title}:\n{_rows(rows, columns, margin=_VERBS)}")
    parts.append(f"options, before the verb:\n{_rows(shown_options(parser), columns)}")
    parts += _wrapped("`minicompose help VERB` tells more about a verb, with examples.", columns)
    return "\n\n".join(parts) + "\n"


def grouped(verbs: Iterable[str]) -> dict[str, list[str]]:
    """The verbs under the titles of their groups."""
    known = set(verbs)
    return {title: [name for name in names if name in known] for title, names in GROUPS.items()}


def verb_help(parser: argparse.ArgumentParser) -> str:
    """The help of one verb; the parser's description is the rest of the verb's docstring."""
    columns = width()
    prose, examples = described(parser.description or "")
    arguments = [action for action in parser._actions if not action.option_strings]
    options = shown_options(parser)
    usage = [f"usage: {parser.prog}", "[options]" if options else "", *map(usage_of, arguments)]
    parts = _wrapped(" ".join(filter(None, usage)), columns, indent="    ")
    parts += [part for text in prose for part in _wrapped(text, columns)]
    if examples:
        parts.append("examples:\n" + "\n".join(_example(line, columns) for line in examples))
    told = [(str(action.metavar), action.help) for action in arguments if action.help]
    if told:
        parts.append(f"arguments:\n{_rows(told, columns)}")
    if options:
        parts.append(f"options:\n{_rows(options, columns)}")
    parts += _wrapped("Options before the verb, as -f FILE and -p NAME: `minicompose --help`", columns)
    return "\n\n".join(parts) + "\n"


def described(text: str) -> tuple[list[str], list[str]]:
    """The paragraphs of a verb's docstring, and the lines of its examples."""
    lines = text.strip("\n").splitlines()
    examples = [line.removeprefix(_EXAMPLE) for line in lines if line.startswith(_EXAMPLE)]
    prose = "\n".join(line for line in lines if not line.startswith(_EXAMPLE))
    return [" ".join(part.split()) for part in prose.split("\n\n") if part.strip()], examples


def usage_of(action: argparse.Action) -> str:
    """An argument as a usage line has it, as in `[SERVICE ...]`."""
    word = str(action.metavar or action.dest.upper())
    match action.nargs:
        case "?":
            return f"[{word}]"
        case "*":
            return f"[{word} ...]" if " " not in word else f"[{word}]"
        case "+":
            return f"{word} [{word} ...]"
        case _:
            return word


def shown_options(parser: argparse.ArgumentParser) -> list[tuple[str, str]]:
    """The options that are shown, as they are written, and what each does."""
    shown = [each for each in parser._actions if each.option_strings and each.help != argparse.SUPPRESS]
    return [(_written(action), (action.help or "").replace("%%", "%")) for action in shown]


def _written(action: argparse.Action) -> str:
    """`-f, --file FILE`; long ones stand under each other."""
    names = ", ".join(action.option_strings)
    if names.startswith("--"):
        names = f"    {names}"
    if action.nargs == 0:
        return names
    value = "|".join(map(str, action.choices)) if action.choices else action.metavar or action.dest.upper()
    return f"{names} {value}"


def _rows(rows: Iterable[tuple[str, str]], columns: int, *, margin: int = 0) -> str:
    """Two columns, the second one from `margin` on; what is too wide for the first one has a line of its own."""
    rows = list(rows)
    if not margin:
        margin = 8 if columns < _NARROW else min(_NAMES, max(len(word) for word, _ in rows) + 4)
    lines: list[str] = []
    for word, text in rows:
        texts = textwrap.wrap(text, columns - margin, break_on_hyphens=False)
        head = f"  {word}"
        if texts and len(head) + 2 <= margin:
            head = f"{head:{margin}}{texts.pop(0)}"
        lines += [head, *(" " * margin + each for each in texts)]
    return "\n".join(lines)


def _example(line: str, columns: int) -> str:
    """A command and, behind two blanks, what it is for, which goes under it where both do not fit."""
    if len(line) + 2 <= columns or "  " not in line:
        return f"  {line}"
    command, remark = re.split(r" {2,}", line, maxsplit=1)
    return f"  {command}\n" + "\n".join(_wrapped(remark, columns, indent="      ", first="      "))


def _wrapped(text: str, columns: int, *, indent: str = "", first: str = "") -> list[str]:
    """The text as one part, no line of it longer than `columns` where its words allow."""
    lines = textwrap.wrap(
        text,
        columns,
        initial_indent=first,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return ["\n".join(lines)] if lines else []
