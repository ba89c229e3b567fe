"""`minicompose create`: create what the stack file says, and start nothing.

Bring the stack's containers, networks and volumes to what the file says, as `minicompose up --no-start`
does. What runs and has changed is replaced, and the new container is not started: `minicompose start`
does that.

    minicompose create --build backend     build its image, and create it and what it depends on
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive, up
from minicompose.commands.context import Context


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    up.configure_creating(parser, ("always", "missing", "never", "build"))
    up.configure_changing(parser)
    up.configure_asking(parser)
    parser.add_argument("--quiet-pull", action="store_true", help="do not show how far pulls are")
    parser.set_defaults(no_start=True, detach=False, wait=False, wait_timeout=None, no_deps=False)
    parser.set_defaults(always_recreate_deps=False, quiet_build=False)


def run(args: Namespace, context: Context) -> int:
    up.refuse_clashes(args)
    return up.brought_about(args, context, context.load(args.services))
