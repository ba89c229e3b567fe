"""`minicompose version`: show the version.

Show the version of minicompose. The engine is not asked.

    minicompose version --short
    minicompose version -f json
"""

from argparse import ArgumentParser, Namespace

from minicompose import __version__
from minicompose.commands.context import Context
from minicompose.errors import ExitCode


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("-f", "--format", choices=("pretty", "json"), default="pretty", help="how to print it")
    parser.add_argument("--short", action="store_true", help="only the number")


def run(args: Namespace, context: Context) -> ExitCode:
    if args.short:
        context.print(__version__)
    elif args.format == "json":
        context.print(f'{{"version":"{__version__}"}}')
    else:
        context.print(f"minicompose version {__version__}")
    return ExitCode.OK
