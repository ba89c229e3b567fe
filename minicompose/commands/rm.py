"""`minicompose rm`: remove containers that do not run.

Remove the stack's containers that have ended or were never started, after asking. What they have written
is lost, unless it is in a volume. Networks and named volumes stay: `minicompose down` removes those.

    minicompose rm -fs web     stop web and remove it, without asking
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive
from minicompose.commands.by_labels import changed
from minicompose.commands.context import Context
from minicompose.errors import ExitCode
from minicompose.planning.down import RemoveOptions, plan_remove
from minicompose.planning.plan import Plan


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("-f", "--force", action="store_true", help="do not ask")
    add("-s", "--stop", action="store_true", help="stop what runs, and remove it too")
    add("-v", "--volumes", action="store_true", help="also remove the containers' anonymous volumes")


def run(args: Namespace, context: Context) -> ExitCode:
    options = RemoveOptions(services=tuple(args.services), stop=args.stop, volumes=args.volumes)
    return changed(
        args,
        context,
        lambda observed, stack: plan_remove(observed, options, stack),
        "nothing to remove: there is no container" + ("" if args.stop else " that does not run"),
        question=None if args.force else _question,
    )


def _question(plan: Plan) -> str:
    names = dict.fromkeys(step.subject.name for step in plan.steps)
    return f"Remove {', '.join(names)}?"
