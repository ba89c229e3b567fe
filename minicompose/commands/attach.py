"""`minicompose attach`: be connected with a container's own command.

Connect this terminal, or standard input and output, with the command of a service's running container.
The detach keys, Ctrl-P Ctrl-Q, leave it running; other signals and keys reach it. Exit with its code.

    minicompose attach console
    minicompose attach --no-stdin --sig-proxy=false backend
"""

import argparse
from argparse import ArgumentParser, Namespace
from contextlib import closing

from minicompose.commands.context import Context
from minicompose.commands.one_container import ALIVE, configure_index, configure_switch, find_container
from minicompose.errors import ExitCode, MinicomposeError, UsageError


def configure(parser: ArgumentParser) -> None:
    configure_index(parser)
    configure_detach_keys(parser)
    parser.add_argument("--no-stdin", action="store_true", help="do not pass input on")
    configure_switch(parser, "--sig-proxy", help="pass signals on, Ctrl-C among them (default)")
    parser.add_argument("service", metavar="SERVICE")


def configure_detach_keys(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--detach-keys",
        type=detach_keys,
        default="",
        metavar="KEYS",
        help="what leaves the command running, as ctrl-a or ctrl-x,d (default: ctrl-p,ctrl-q)",
    )


def detach_keys(text: str) -> str:
    """Keys as they are written; refused when they are none."""
    from minicompose.execution.detach_keys import sequence_of

    try:
        sequence_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def detach_keys_of(said: str, context: Context) -> str:
    """Those of the command line, else those that Docker's own configuration has, else "" for the usual ones."""
    from minicompose.engine.contexts import docker_config  # here: not for the help

    configured = docker_config(context.environment).get("detachKeys")
    if said or not isinstance(configured, str):
        return said
    try:
        return detach_keys(configured)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"detachKeys of Docker's config.json: {error}") from error


def run(args: Namespace, context: Context) -> int:
    if context.options.dry_run:
        raise UsageError("attach has no --dry-run: it changes nothing by itself")
    from minicompose.execution.attached import Ending, talk_to  # here and below: not for the help

    container = find_container(context, args.service, args.index, ALIVE)
    engine = context.engine
    if container.state == "paused":
        raise MinicomposeError(f"{container.name} is paused", "`minicompose unpause` lets it go on")
    tty = engine.inspect_container(container.id).tty
    keys = detach_keys_of(args.detach_keys, context)
    with (
        Ending(engine, context.project(), container.id) as ending,
        closing(engine.attach(container.id, stdin=not args.no_stdin, detach_keys=keys)) as session,
    ):
        code = talk_to(
            ending,
            session,
            tty=tty,
            stdin=not args.no_stdin,
            keys=keys,
            forward=(lambda name: engine.kill_container(container.id, name)) if args.sig_proxy else None,
        )
    if code is None:
        context.tell(f"detached from {container.name}, which goes on")
        return ExitCode.OK
    return code
