"""`minicompose exec`: run a command in a running container.

Run a command in a running container of a service, with a terminal when there is one, and exit
with the command's own code.

    minicompose exec backend sh
    minicompose exec -T db psql -U app < dump.sql
"""

import argparse
import sys
from argparse import ArgumentParser, Namespace

from minicompose.commands.attach import configure_detach_keys, detach_keys_of
from minicompose.commands.context import Context
from minicompose.commands.one_container import RUNNING, configure_index, configure_switch, find_container
from minicompose.engine.protocol import ExecSpec
from minicompose.errors import ExitCode, UsageError


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("-d", "--detach", action="store_true", help="start the command, and do not wait for it")
    add("-e", "--env", action="append", default=[], metavar="NAME=VALUE", help="set a variable for the command")
    configure_switch(parser, "-i", "--interactive", help="pass input on (default)")
    configure_index(parser)
    configure_detach_keys(parser)
    add("--privileged", action="store_true", help="give the command all rights")
    add("-T", "--no-tty", action="store_true", help="no terminal: plain input and output, as in scripts")
    configure_switch(parser, "-t", "--tty", help="a terminal, where there is one (default)")
    add("-u", "--user", default="", metavar="USER", help="run the command as this user")
    add("-w", "--workdir", default="", metavar="DIR", help="where the command runs")
    add("service", metavar="SERVICE")
    add("command", nargs=argparse.REMAINDER, metavar="COMMAND ...")


def run(args: Namespace, context: Context) -> int:
    if not args.command:
        raise UsageError("there is no command to run", "minicompose exec SERVICE COMMAND [ARGUMENTS]")
    if context.options.dry_run:
        raise UsageError("exec has no --dry-run: what a command would do is not known")
    container = find_container(context, args.service, args.index, RUNNING)
    tty = args.tty and not args.no_tty and not args.detach and sys.stdin.isatty() and sys.stdout.isatty()
    keys = detach_keys_of(args.detach_keys, context) if tty else ""
    spec = ExecSpec(
        command=tuple(args.command),
        tty=tty,
        stdin=args.interactive and not args.detach,
        detach=args.detach,
        user=args.user,
        working_dir=args.workdir,
        privileged=args.privileged,
        env=tuple(_variable(word, context) for word in args.env),
        detach_keys=keys,
    )
    session = context.engine.exec(container.id, spec)
    if args.detach:
        return ExitCode.OK
    from minicompose.execution.detach_keys import DEFAULT, DetachKeys, sequence_of  # here: not for the help
    from minicompose.execution.terminal import converse

    try:
        if converse(session, tty=tty, stdin=args.interactive, detach=DetachKeys(sequence_of(keys or DEFAULT))):
            return session.exit_code()
    finally:
        session.close()
    context.tell(f"detached from the command, which goes on in {container.name}")
    return ExitCode.OK


def _variable(word: str, context: Context) -> str:
    """NAME alone takes the value that NAME has here; where it has none, the engine takes NAME away."""
    return f"{word}={context.environment[word]}" if word in context.environment else word
