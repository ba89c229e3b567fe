"""`minicompose history`: list what the stack has been, and compare.

Each `up` that changes something, and each rollback, leaves a revision: when it was, who did it, what
changed, and what the stack was then, without its secrets. The last 50 are kept, in the user's state
directory; neither the stack file nor the engine has to be there.

    minicompose history                  the revisions, the present one marked with *
    minicompose history diff 3 5         what differs between two of them
    minicompose -p shop history          from anywhere
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from minicompose.commands.context import Context
from minicompose.errors import ExitCode, UsageError
from minicompose.history.revision import Revision


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("words", nargs="*", metavar="diff A B", help="what differs between the revisions A and B")
    add("--format", choices=("table", "text", "json"), help="how to print it (default: as a table, or text)")
    add("-q", "--quiet", action="store_true", help="only the numbers")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.commands.revisions import read_history

    asked = _asked(args)
    project = context.project()
    revisions = read_history(context, project).revisions
    if asked is not None:
        return _diff(context, args, project, revisions, asked)
    if not revisions:
        context.tell(f"project {project} has no history yet: the first `up` that changes something begins it")
        return ExitCode.OK
    if args.quiet:
        lines = [str(revision.number) for revision in reversed(revisions)]
    elif args.format == "json":
        from minicompose.output.revisions import revision_json

        lines = [revision_json(revision, is_present=revision is revisions[-1]) for revision in reversed(revisions)]
    else:
        from minicompose.output.revisions import history_table

        lines = [history_table(revisions, width=context.width)]
    context.print("\n".join(lines))
    return ExitCode.OK


def _asked(args: Namespace) -> tuple[int, int] | None:
    """The two revisions to compare; None when they are to be listed."""
    if not args.words:
        if args.format == "text":
            raise UsageError("--format text goes with `history diff`", "without `diff` there are table and json")
        return None
    verb, *numbers = args.words
    if verb != "diff":
        raise UsageError(f'`history` takes nothing, or diff and two numbers, not "{verb}"')
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        raise UsageError("`history diff` takes the numbers of two revisions", "as in `minicompose history diff 3 5`")
    if args.quiet or args.format == "table":
        raise UsageError(f"{'-q' if args.quiet else '--format table'} does not go with `history diff`")
    return int(numbers[0]), int(numbers[1])


def _diff(
    context: Context, args: Namespace, project: str, revisions: Sequence[Revision], asked: tuple[int, int]
) -> ExitCode:
    from minicompose.commands.revisions import revision_named
    from minicompose.history.comparison import compare
    from minicompose.output.revisions import difference_json, difference_text

    old, new = (revision_named(revisions, number, project) for number in asked)
    found = compare(old, new)
    if args.format == "json":
        context.print(difference_json(old, new, found))
    else:
        context.print(difference_text(old, new, found, color=context.color))
    return ExitCode.OK
