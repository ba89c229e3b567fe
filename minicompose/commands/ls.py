"""`minicompose ls`: list the projects of this engine.

List the projects that have running containers, whoever started them and from whatever directory; with -a also those
whose containers have stopped. No stack file is needed.

    minicompose ls -a
    minicompose ls --filter name=shop --format json
"""

import re
from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context
from minicompose.errors import ExitCode, UsageError

_LISTED = ("running", "paused", "restarting")


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("-a", "--all", action="store_true", help="also what does not run")
    add("--filter", action="append", default=[], metavar="name=NAME", help="only projects with this in their name")
    add("--format", choices=("table", "json"), default="table", help="how to print it (default: table)")
    add("-q", "--quiet", action="store_true", help="only the names")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.output.projects import projects_in, projects_json, projects_table

    wanted = [_pattern(word) for word in args.filter]
    containers = context.engine.all_containers()
    projects = [
        project
        for project in projects_in(each for each in containers if args.all or each.state in _LISTED)
        if not wanted or any(pattern.search(project.name) for pattern in wanted)
    ]
    if args.quiet:
        context.print_lines(project.name for project in projects)
    elif args.format == "json":
        context.print(projects_json(projects))
    else:
        context.print(projects_table(projects, width=context.width))
    return ExitCode.OK


def _pattern(word: str) -> "re.Pattern[str]":
    key, _, pattern = word.partition("=")
    if key != "name" or not pattern:
        raise UsageError(
            f'--filter takes name=NAME, not "{word}"', "NAME is a part of the name, or a regular expression"
        )
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(f'--filter: "{pattern}" is no regular expression: {error}') from None
