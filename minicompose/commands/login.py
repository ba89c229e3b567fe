"""`minicompose login`: log in to a registry.

The login is kept where `docker login` keeps it: with the credential helper that Docker's configuration names, or else
in that configuration itself. Without a SERVER it is Docker Hub.

    minicompose login registry.example.com -u ann                     asks for the password
    minicompose login registry.example.com -u ann --password-stdin < FILE
"""

import sys
from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context
from minicompose.engine.credentials import server_of
from minicompose.engine.logins import Logins
from minicompose.engine.protocol import Login
from minicompose.errors import EngineRefused, ExitCode, UsageError


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("server", nargs="?", default="", metavar="SERVER", help="the registry's host (default: Docker Hub)")
    add("-u", "--username", metavar="NAME", help="who to log in as")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("-p", "--password", metavar="PASSWORD", help="the password; others can see it here")
    secret.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def run(args: Namespace, context: Context) -> ExitCode:
    server, logins = server_of(args.server), Logins(context.environment)
    if context.options.dry_run:
        context.tell(f"would log in to {args.server or 'Docker Hub'}")
        return ExitCode.OK
    known = None if _names_somebody(args) else _known(server, logins, context)
    helper = logins.keep(known or _taken(_asked(args, server, context), context))
    if not helper:
        context.tell(f"the password is not encrypted in {logins.file}; a credential helper would keep it better")
    context.print("Login Succeeded")
    return ExitCode.OK


def _names_somebody(args: Namespace) -> bool:
    return args.username is not None or args.password is not None or bool(args.password_stdin)


def _known(server: str, logins: Logins, context: Context) -> Login | None:
    """The login that is kept already, if the registry still takes it."""
    login = logins.find(server)
    if login is None:
        return None
    context.tell("trying the login that is kept")
    try:
        return context.engine.log_in(login)
    except EngineRefused:
        return None


def _taken(login: Login, context: Context) -> Login:
    try:
        return context.engine.log_in(login)
    except EngineRefused as error:
        raise EngineRefused(error.message, "are the name and the password right?", status=error.status) from error


def _asked(args: Namespace, server: str, context: Context) -> Login:
    """By flags, standard input, and on a terminal by questions."""
    if args.password_stdin:
        if args.username is None:
            raise UsageError("--password-stdin needs --username")
        password = sys.stdin.read().rstrip("\r\n")
    else:
        if args.password is not None:
            context.tell("warning: --password can be seen by others on this machine; --password-stdin cannot")
        elif not sys.stdin.isatty():
            raise UsageError(
                "there is no terminal to ask for the password on", "give it by --username and --password-stdin"
            )
        password = args.password
    username = args.username if args.username is not None else _answer("username: ")
    if password is None:
        from getpass import getpass  # only where somebody is asked

        password = getpass("password: ")
    if not username or not password:
        raise UsageError("a login needs a name and a password")
    return Login(server=server, username=username, password=password)


def _answer(question: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the name on", "give it by --username")
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()
