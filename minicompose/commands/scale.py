"""`minicompose scale`: change how many containers a service has.

Create and start containers until there are as many as asked for, or stop and remove those with the highest
numbers, and bring the services and what they depend on to what the stack file says, as
`minicompose up --scale` does. The next `up` without `--scale` counts by the file again.

    minicompose scale web=3 worker=0
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive, up
from minicompose.commands.context import Context


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("scale", nargs="+", type=up.scale, metavar="SERVICE=N", help="a service, and how many containers it is to have")
    add("--no-deps", action="store_true", help="leave alone what the services depend on")
    up.configure_changing(parser)
    parser.set_defaults(detach=True, no_start=False, wait=False, wait_timeout=None)
    parser.set_defaults(quiet_pull=False, quiet_build=False)


def run(args: Namespace, context: Context) -> int:
    args.services = list(dict(args.scale))
    return up.brought_about(args, context, context.load(args.services))
