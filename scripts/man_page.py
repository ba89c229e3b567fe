"""The manual page, docs/man/minicompose.1, from the command line itself; `python scripts/cli_page.py` writes it."""

import argparse
import importlib
import re
from pathlib import Path

from minicompose import __version__
from minicompose.cli import VERBS, Parser, global_parser, parser_of
from minicompose.errors import ExitCode
from minicompose.help import described, grouped, shown_options, usage_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "man" / "minicompose.1"

CODES = {
    ExitCode.OK: "all is as it was asked for",
    ExitCode.FAILED: "a step failed, or would have",
    ExitCode.USAGE: "the command line or a stack file is wrong",
    ExitCode.ENGINE: "the engine cannot be reached, or refuses",
    ExitCode.BUG: "a bug of minicompose; a file with the details is named",
    ExitCode.INTERRUPTED: "Ctrl-C",
}

HEAD = f"""\
.\\" Written by scripts/cli_page.py from the command line itself.
.TH MINICOMPOSE 1 "" "minicompose {__version__}"
.nh
.ad l
.SH NAME
minicompose \\- run stacks of containers as a Compose file describes them
.SH SYNOPSIS
.B minicompose
[options] VERB [arguments]
"""

FOOT = """\
.SH ENVIRONMENT
COMPOSE_FILE, COMPOSE_PROJECT_NAME, COMPOSE_PROFILES and others stand for options, DOCKER_HOST and DOCKER_CONTEXT
for the engine, NO_COLOR for no colour. Those that name files and projects are also read from
.IR .env .
.SH FILES
.TP
.IR compose.yaml ", " compose.yml ", " docker\\-compose.yml ", " docker\\-compose.yaml ", " stack.yaml ", " stack.yml
The stack file, in the current directory or the nearest one above.
.TP
.I .env
Variables for it, in the project's directory.
.TP
.I ~/.local/state/minicompose
Locks, and what stacks were before.
.SH SEE ALSO
.BR docker (1)
"""


def page() -> str:
    parser = global_parser()
    groups = "".join(_group(title, names) for title, names in grouped(VERBS).items())
    codes = "".join(f".TP\n{int(code)}\n{_text(what)}\n" for code, what in CODES.items())
    return (
        f"{HEAD}.SH DESCRIPTION\n{_text(parser.description or '')}\n"
        f"Each verb below stands with its own options; those that stand before the verb come first.\n"
        f".SH OPTIONS\n{_options(parser)}"
        f"{groups}"
        f".SH EXIT STATUS\n{codes}"
        f"A verb that runs a command exits with that command's code.\n"
        f"{FOOT}"
    )


def _group(title: str, verbs: list[str]) -> str:
    return f".SH {_text(title.upper())}\n{''.join(map(_verb, verbs))}"


def _verb(verb: str) -> str:
    parser: Parser = parser_of(verb, importlib.import_module(f"minicompose.commands.{verb}"))
    usage = " ".join(usage_of(action) for action in parser._actions if not action.option_strings)
    prose, examples = described(parser.description or "")
    parts = [f".SS minicompose {verb} [options] {_text(usage)}".rstrip(), f"{_text(VERBS[verb].capitalize())}."]
    parts += [f".PP\n{_text(paragraph)}" for paragraph in prose]
    parts += [".PP\n.nf\n.RS 4", *map(_text, examples), ".RE\n.fi"]
    return "\n".join(parts) + f"\n{_options(parser)}"


def _options(parser: argparse.ArgumentParser) -> str:
    options = [(written.strip(), what) for written, what in shown_options(parser) if "--help" not in written]
    return "".join(f".TP\n.B {_text(written)}\n{_text(what)}\n" for written, what in options)


def _text(text: str) -> str:
    """Text as it is, with what has a meaning for the formatter escaped."""
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text.replace("\\", "\\e").replace("-", "\\-"))
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)
