"""`minicompose plan`: show what `up` would do, and why.

Show every step that `up` would take, each with its reason, and change nothing. It takes the options of
`up` that bear on what is done. With -o the plan is also kept in a file, for `minicompose apply` to carry
out, later or by someone else; no secret is in it.

    minicompose plan
    minicompose plan -o FILE               and `minicompose apply FILE` does it
    minicompose plan --detailed-exitcode   exit with 2 when there is something to do, with 1 when it fails
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands import up
from minicompose.commands.context import Context
from minicompose.commands.exclusive import warn_of_others
from minicompose.errors import ExitCode, MinicomposeError

CHANGES = 2  # what --detailed-exitcode returns when there is something to do


def configure(parser: ArgumentParser) -> None:
    up.configure_planning(parser)
    add = parser.add_argument
    add("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")
    add("-o", "--output", metavar="FILE", help="keep the plan in FILE, for `apply`")
    add(
        "--detailed-exitcode",
        action="store_true",
        help="exit with 0 when nothing is to be done, with 2 when something is, with another code on errors",
    )


def run(args: Namespace, context: Context) -> int:
    try:
        return _run(args, context)
    except MinicomposeError as error:
        if args.detailed_exitcode and error.exit_code == CHANGES:
            error.exit_code = ExitCode.FAILED
        raise


def _run(args: Namespace, context: Context) -> int:
    up.refuse_clashes(args)
    loaded = context.load(args.services)
    observed = context.engine.observe(loaded.stack.name)
    warn_of_others(context, observed, loaded.stack.derived_from)
    options = up.options_of(args, context)
    plan = up.planned(context, loaded, observed, options)
    if args.output is not None:
        from minicompose.commands.saved_plans import save

        save(args.output, context, loaded.stack, observed, options, plan)
    if args.format == "json":
        from minicompose.planning.encoding import plan_json

        context.print(plan_json(plan, loaded.stack).decode())
    else:
        context.print_plan(plan)
    if args.output is not None:
        context.tell(f"kept in {args.output}: `minicompose apply {args.output}` does this and nothing else")
    return CHANGES if args.detailed_exitcode and up.is_work(plan) else ExitCode.OK
