"""`minicompose apply`: carry out a plan that was kept.

Do what `minicompose plan -o FILE` has planned, and nothing else, as `up` would. The stack files are read
again, for no secret is kept in the plan, and what the engine has is looked at again: when either is not
what it was, what differs is told and nothing is touched. Which stack files and which project, the plan
says, so `apply` can be run from any directory.

    minicompose plan -o plan.json      look at it, let somebody look at it
    minicompose apply -d plan.json     do it, and leave the containers running in the background
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

import msgspec

from minicompose import __version__
from minicompose.commands import up
from minicompose.commands.context import Context
from minicompose.commands.exclusive import changing
from minicompose.errors import MinicomposeError, UsageError
from minicompose.history.saved import SavedPlan

if TYPE_CHECKING:
    from minicompose.planning.observed import Observed
    from minicompose.planning.plan import Plan
    from minicompose.stackfile.load import Loaded

# The options before the verb that say which stack is meant: of a plan that is known.
_OF_THE_STACK = {
    "file": "-f",
    "project_name": "-p",
    "profile": "--profile",
    "env_file": "--env-file",
    "project_directory": "--project-directory",
    "compatibility": "--compatibility",
    "all_resources": "--all-resources",
}


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("plan", metavar="FILE", help="the plan, as written by `plan -o FILE`")
    up.configure_running(parser)


def run(args: Namespace, context: Context) -> int:
    from minicompose.commands.saved_plans import planned_in, read

    for name, option in _OF_THE_STACK.items():
        if getattr(context.options, name):
            raise UsageError(f"{option} does not go with apply", "the plan says which stack it is for")
    saved = read(args.plan, context)
    args = _with_options(args, saved)
    up.refuse_clashes_of_running(args)
    with planned_in(saved, context) as then:
        return _applied(args, saved, then, elsewhere=then.working_directory != context.working_directory)


def _with_options(args: Namespace, saved: SavedPlan) -> Namespace:
    """The command line as that of an `up` with the options that the plan was made with."""
    options = msgspec.structs.asdict(saved.options)
    return Namespace(**options | {"services": list(saved.options.services)} | vars(args))


def _applied(args: Namespace, saved: SavedPlan, context: Context, *, elsewhere: bool) -> int:
    engine = context.engine.identity()
    if engine != saved.engine:
        raise UsageError(
            f"the plan {args.plan} was made for another engine, {saved.engine} at {saved.address}; this is {engine}",
            "-H or -c says which engine is meant",
        )
    if elsewhere:
        context.tell(f"paths are relative to {context.working_directory}")
    loaded = context.load(saved.options.services)
    stack = loaded.stack
    if stack.name != saved.project:
        raise MinicomposeError(f"the plan {args.plan} was made for project {saved.project}, which is {stack.name} now")
    up.check_shown(args, context, stack)
    with changing(args, context, stack.name, stack.derived_from) as turn:
        loaded = turn.now_meant(loaded, saved.options.services)
        plan = up.planned(context, loaded, turn.observed, saved.options)
        _refuse_if_different(args.plan, saved, loaded, turn.observed, plan)
        return up.carried_out(args, context, loaded, turn, plan)


def _refuse_if_different(file: str, saved: SavedPlan, loaded: "Loaded", observed: "Observed", plan: "Plan") -> None:
    from minicompose.commands.saved_plans import plan_data
    from minicompose.history.since import since

    found = since(saved, loaded.stack, observed, plan_data(plan, loaded.stack))
    if not found:
        return
    from minicompose.output.since import moment_text, since_lines

    lines = "".join(f"\n  - {line}" for line in since_lines(found))
    if not lines:
        lines = "\n  " + _other_plan(saved, plan)
    raise MinicomposeError(
        f"the plan {file} is not carried out, for since {moment_text(saved.at)} this is different:{lines}",
        "nothing was touched; `minicompose plan -o FILE` makes a plan for what is there now",
    )


def _other_plan(saved: SavedPlan, plan: "Plan") -> str:
    """How the plan made now differs from the one that was saved, when all that it is made from is the same."""
    if saved.version != __version__:
        return f"minicompose was {saved.version} then, and is {__version__} now"
    import difflib

    from minicompose.output.plan_text import plan_text

    then, now = saved.text.splitlines(), plan_text(plan).splitlines()
    lines = list(difflib.unified_diff(then, now, "then", "now", n=1, lineterm=""))
    return "\n  ".join(["the plan itself", *lines] if lines else ["what the plan's steps ask of the engine"])
