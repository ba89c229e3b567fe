"""`minicompose graph`: show which service needs which.

Draw the dependencies between the services: in the terminal, or as a picture.

    minicompose graph
    minicompose graph --format svg > stack.svg
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context
from minicompose.errors import ExitCode


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="only these, and what they depend on")
    parser.add_argument(
        "--format",
        choices=("text", "mermaid", "dot", "svg"),
        default="text",
        help="text for the terminal (the default), or a picture's source",
    )


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.output import graph_pictures
    from minicompose.planning.selection import select

    stack = select(context.stack(args.services), args.services)
    match args.format:
        case "mermaid":
            context.print(graph_pictures.mermaid(stack))
        case "dot":
            context.print(graph_pictures.dot(stack))
        case "svg":
            context.print(graph_pictures.svg(stack))
        case _:
            context.print(graph_pictures.terminal(stack, color=context.color))
    return ExitCode.OK
