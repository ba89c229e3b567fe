"""`minicompose plan`: show what `up` would do, and why.

Show every step that `up` would take, each with its reason, and change nothing. It takes the same
options as `up`.

    minicompose plan
    minicompose plan --detailed-exitcode   exit with 2 when there is something to do
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import up
from minicompose.commands.context import Context
from minicompose.commands.exclusive import warn_of_others
from minicompose.errors import ExitCode

CHANGES = 2  # what --detailed-exitcode returns when there is something to do


def configure(parser: ArgumentParser) -> None:
    up.configure_planning(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 0 when nothing is to be done, with 2 otherwise"
    )


def run(args: Namespace, context: Context) -> int:
    loaded = context.load(args.services)
    observed = context.engine.observe(loaded.stack.name)
    warn_of_others(context, observed, loaded.stack.derived_from)
    plan = up.planned(args, context, loaded, observed)
    if args.format == "json":
        from minicompose.planning.encoding import plan_json

        context.print(plan_json(plan).decode())
    else:
        context.print_plan(plan)
    return CHANGES if args.detailed_exitcode and plan.steps else ExitCode.OK
