"""`minicompose images`: list the images that the containers were made of.

List the images that the project's containers were made of, with their tags, ids and sizes. An image that has been
pulled or built anew meanwhile is not what runs: this lists what runs.

    minicompose images
    minicompose images -q web
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from minicompose.commands.context import Context
from minicompose.errors import ExitCode

if TYPE_CHECKING:
    from minicompose.output.images import UsedImage


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("--format", choices=("table", "json"), default="table", help="how to print it (default: table)")
    add("-q", "--quiet", action="store_true", help="only the ids of the images")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.output.images import images_json, images_table

    images = _used_images(args, context)
    if args.quiet:
        context.print_lines(dict.fromkeys(each.details.id.removeprefix("sha256:") for each in images))
    elif args.format == "json":
        context.print(images_json(images))
    else:
        context.print(images_table(images, width=context.width))
    return ExitCode.OK


def _used_images(args: Namespace, context: Context) -> list["UsedImage"]:
    """By the names of the containers; an image that was removed by force since then is left out."""
    from minicompose.output.images import UsedImage

    containers = context.containers(args.services)
    details = {id: context.engine.image_details(id) for id in dict.fromkeys(each.image_id for each in containers)}
    return [
        UsedImage(each.name, each.image, its)
        for each in sorted(containers, key=lambda each: each.name)
        if (its := details[each.image_id]) is not None
    ]
