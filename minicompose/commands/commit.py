"""`minicompose commit`: make an image of a container.

Make an image of a service's container as it is now, and print its id. The container is paused meanwhile, unless
with -p=false. What lies in volumes is not in it.

    minicompose commit backend shop/backend:debug
    minicompose commit -c "CMD serve --debug" -m "with debug symbols" backend shop/backend:debug
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context
from minicompose.commands.one_container import configure_index, configure_switch, find_container
from minicompose.engine.protocol import CommitSpec
from minicompose.errors import ExitCode


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("-a", "--author", default="", metavar="NAME", help="who has made the image")
    add("-c", "--change", action="append", default=[], metavar="LINE", help="a line of a Dockerfile; may repeat")
    configure_index(parser)
    add("-m", "--message", default="", metavar="TEXT", help="what to say of it in the image's history")
    configure_switch(parser, "-p", "--pause", help="pause the container meanwhile (default)")
    add("service", metavar="SERVICE")
    add("reference", nargs="?", default="", metavar="REPOSITORY[:TAG]", help="the image's name (default: none)")


def run(args: Namespace, context: Context) -> ExitCode:
    container = find_container(context, args.service, args.index)
    if context.options.dry_run:
        context.tell(f"{container.name} would become {args.reference or 'an image without a name'}")
        return ExitCode.OK
    spec = CommitSpec(
        reference=args.reference,
        author=args.author,
        message=args.message,
        changes=tuple(args.change),
        pause=args.pause,
    )
    context.print(context.engine.commit_container(container.id, spec))
    return ExitCode.OK
