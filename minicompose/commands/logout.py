"""`minicompose logout`: log out from a registry.

Forgets what `minicompose login` or `docker login` have kept. Without a SERVER it is Docker Hub.

    minicompose logout registry.example.com
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context
from minicompose.engine.credentials import server_of
from minicompose.engine.logins import Logins
from minicompose.errors import ExitCode


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "server", nargs="?", default="", metavar="SERVER", help="the registry's host (default: Docker Hub)"
    )


def run(args: Namespace, context: Context) -> ExitCode:
    server, name = server_of(args.server), args.server or "Docker Hub"
    logins = Logins(context.environment)
    if context.options.dry_run:
        context.tell(f"would log out from {name}" if logins.find(server) else f"not logged in to {name}")
        return ExitCode.OK
    context.print(f"Removing login credentials for {server}" if logins.forget(server) else f"Not logged in to {server}")
    return ExitCode.OK
