"""Write what says every verb and option, from the parser itself: docs/cli.md, beside what docker compose has,
the table that shells complete by, and the manual page.

    python scripts/cli_page.py

What docker compose has is in tests/reference_cli.txt; why something of that is not here stands below.
"""

import argparse
import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from minicompose.cli import VERBS, Parser, global_parser, parser_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cli.md"
TABLE = ROOT / "minicompose" / "completion" / "table.py"
REFERENCE = ROOT / "tests" / "reference_cli.txt"
GLOBAL = "global"


# Why a verb of docker compose is not here.
NO_VERB = {
    "bridge": "it runs other programs, in images, that convert a stack file; clusters themselves are not there yet",
    "publish": "a stack file is published as any other file, with git",
}

# Why an option is not here, of a verb that is.
NO_OPTION = {
    ("build", "--check"): "the engine's builders look a Dockerfile over while they build it, and not before",
    ("build", "--provenance"): "the engine keeps images without attestations; `false` is taken",
    ("build", "--sbom"): "the engine keeps images without attestations; `false` is taken",
    ("up", "--menu"): "there is no menu; `logs`, `watch` and the rest are commands of their own; `false` is taken",
}

HEAD = """\
# Every verb and option

Written by `python scripts/cli_page.py` from the command line itself: change that, not this page.

Compared is docker compose v2.40.3. An option that is *ours* is not in docker compose; one that is *not here*
stands with its reason. [differences.md](differences.md) has what the same words do differently.
"""


def reference() -> dict[str, list[str]]:
    """What docker compose has: for each verb its options, as in `-f/--file`; those before the verb under `global`."""
    lines = [line for line in REFERENCE.read_text().splitlines() if line and not line.startswith("#")]
    verbs = (line.partition(":") for line in lines)
    return {verb: options.split() for verb, _, options in verbs}


def long_name(option: str) -> str:
    """`--file` of `-f/--file`."""
    return option.rpartition("/")[2]


def parser(verb: str) -> Parser:
    if verb == GLOBAL:
        return global_parser()
    return parser_of(verb, importlib.import_module(f"minicompose.commands.{verb}"))


def options_of(verb: str) -> list[argparse.Action]:
    """The options of a verb that are there, but for --help and what its help does not show."""
    return [
        action
        for action in parser(verb)._actions
        if action.option_strings and action.dest != "help" and action.help != argparse.SUPPRESS
    ]


def missing(verb: str) -> list[str]:
    """The options that docker compose has and we have not, as in `-w/--watch`: those with another short form too."""
    ours = {name for action in options_of(verb) for name in action.option_strings}
    return [option for option in reference().get(verb, []) if not set(option.split("/")) <= ours]


def missing_verbs() -> list[str]:
    return [verb for verb in reference() if verb != GLOBAL and verb not in VERBS]


def page() -> str:
    sections = [section(verb, what) for verb, what in VERBS.items()]
    return "\n".join([HEAD, section(GLOBAL, "stand before the verb"), *sections, verbs_not_here()])


def section(verb: str, what: str) -> str:
    theirs = reference()
    title = "Options before the verb" if verb == GLOBAL else f"`{verb}`"
    is_ours = verb != GLOBAL and verb not in theirs
    told = "" if verb == GLOBAL else f"\n{_sentence(what)}{' Ours.' if is_ours else ''} `{usage(verb)}`\n"
    known = {name for option in theirs.get(verb, []) for name in option.split("/")}
    rows = []
    for action in options_of(verb):
        ours = "" if is_ours or known.intersection(action.option_strings) else "ours"
        rows.append((_option(action), _help(action), ours))
    rows.extend(
        (_code(*option.split("/")), NO_OPTION.get((verb, long_name(option)), ""), "not here")
        for option in missing(verb)
    )
    return f"## {title}\n{told}" + (f"\n{_table(('option', 'what it does', ''), rows)}" if rows else "")


def usage(verb: str) -> str:
    """The arguments that are no options, as in `exec SERVICE COMMAND ...`."""
    formatter = argparse.HelpFormatter(verb, width=1000)
    formatter.add_usage(None, [a for a in parser(verb)._actions if not a.option_strings], [], prefix="")
    return " ".join(formatter.format_help().split())


def verbs_not_here() -> str:
    return "## Verbs that are not here\n\n" + _table(
        ("verb", "why"), [(_code(verb), NO_VERB.get(verb, "")) for verb in missing_verbs()]
    )


def _option(action: argparse.Action) -> str:
    names = list(action.option_strings)
    if action.nargs == 0:
        return _code(*names)
    value = "|".join(map(str, action.choices)) if action.choices else action.metavar or action.dest.upper()
    return _code(*names[:-1], f"{names[-1]} {value}")


def _help(action: argparse.Action) -> str:
    return (action.help or "").replace("%%", "%")


def _code(*words: str) -> str:
    return ", ".join(f"`{word}`" for word in words).replace("|", "\\|")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


# What kind of value an option or an argument has, where its word in the help does not say so.
KINDS = {
    ("exec", "workdir"): "",  # a directory of the container
    ("run", "workdir"): "",
    ("config", "hash"): "SERVICE",
    ("ps", "format"): "table|json",
    ("volumes", "format"): "table|json",
    ("stats", "format"): "table|json",
    ("kill", "signal"): "SIGNAL",
    ("history", "words"): "diff",
    ("cp", "source"): "SERVICE:FILE",
    ("cp", "target"): "SERVICE:FILE",
    ("completion", "shell"): "bash|zsh|fish",
    (GLOBAL, "profile"): "PROFILE",
    (GLOBAL, "context"): "CONTEXT",
}
# Words of the help that say what can be completed.
TELLING = ("SERVICE", "SERVICE=N", "FILE", "DIR", "status=STATE", "COMMAND ...")

TABLE_HEAD = '''\
"""What the words of a command line can be. Written by `python scripts/cli_page.py` from the command line itself.

Shells wait for it at each press of a key, and it is read faster than the verbs' modules. An option is its names,
the kind of its value, "-" for a flag, and what it does; a verb has its options and the kinds of its arguments,
the last of which is repeated where it ends in "...".
"""

# fmt: off
# ruff: noqa: E501
'''


def table() -> str:
    verbs = "".join(_entry(verb) for verb in VERBS)
    options = "".join(f"    {option!r},\n" for option in options_of_table(GLOBAL))
    text = f"{TABLE_HEAD}OPTIONS = (\n{options})\n\nVERBS = {{\n{verbs}}}\n"
    what = ",\n".join(f"    {verb!r}: {what!r}" for verb, what in VERBS.items())
    return f"{text}\nWHAT = {{\n{what},\n}}\n"


def _entry(verb: str) -> str:
    options = "".join(f"        {option!r},\n" for option in options_of_table(verb))
    arguments = tuple(_kind(verb, a) for a in parser(verb)._actions if not a.option_strings)
    return f"    {verb!r}: ((\n{options}    ), {arguments!r}),\n"


def options_of_table(verb: str) -> list[tuple[tuple[str, ...], str, str]]:
    return [(tuple(a.option_strings), "-" if a.nargs == 0 else _kind(verb, a), _help(a)) for a in options_of(verb)]


def _kind(verb: str, action: argparse.Action) -> str:
    kind = str(action.metavar)
    kind = "|".join(map(str, action.choices)) if action.choices else kind if kind in TELLING else ""
    kind = KINDS.get((verb, action.dest), kind)
    return f"{kind} ..." if action.nargs in ("*", "+") else kind


def main() -> int:
    PAGE.write_text(page())
    TABLE.write_text(table())
    import man_page  # beside this script

    man_page.PAGE.write_text(man_page.page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
