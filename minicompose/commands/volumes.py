"""`minicompose volumes`: list the project's volumes.

List the volumes that were made for the project, or those of them that the named services have mounted.

    minicompose volumes
    minicompose volumes --format '{{.Name}} {{.Mountpoint}}' db
"""

from argparse import ArgumentParser, Namespace

from minicompose import labels
from minicompose.commands.context import Context
from minicompose.errors import ExitCode


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only what these services have mounted")
    add("--format", default="table", metavar="FORMAT", help="table, json, or a Go template (default: table)")
    add("-q", "--quiet", action="store_true", help="only the names")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.output.formats import check_format, formatted
    from minicompose.output.volumes import FORM, volume_record

    check_format(args.format)
    observed, services = context.observe()
    context.check_there(args.services, services, ExitCode.FAILED)
    mounted = {
        mount.name
        for container in observed.containers
        if not args.services or container.service in args.services
        for mount in container.mounts
    }
    volumes = [
        volume
        for volume in sorted(observed.volumes, key=lambda volume: volume.name)
        if volume.labels.get(labels.PROJECT) == observed.project and (not args.services or volume.name in mounted)
    ]
    if args.quiet:
        context.print_lines(volume.name for volume in volumes)
    else:
        records = [volume_record(volume) for volume in volumes]
        context.print_lines(formatted(args.format, FORM, records, width=context.width))
    return ExitCode.OK
