"""Verbs that change what is there: with the stack file, or with `-p` alone by the labels on the engine."""

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from minicompose.commands.asking import confirmed
from minicompose.commands.context import Context, exit_code
from minicompose.commands.exclusive import changing
from minicompose.errors import ExitCode, WouldFail
from minicompose.planning.observed import Observed
from minicompose.planning.plan import Plan

if TYPE_CHECKING:
    from minicompose.commands.context import Through
    from minicompose.model import Stack

# Makes the plan of what is there and of the stack, which is None where the labels have to do.
PlanOf: TypeAlias = "Callable[[Observed, Stack | None], Plan]"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project to be changed. `texts` are the stack files' for errors, `derived_from` as in `changing`."""

    name: str
    stack: "Stack | None" = None
    texts: dict[str, str] = {}
    derived_from: str | None = None

    def services(self, observed: Observed) -> tuple[str, ...]:
        """The services that can be named: in the stack file, or of containers that are there."""
        declared = () if self.stack is None else (*self.stack.services, *self.stack.disabled)
        return (*declared, *(container.service for container in observed.containers))


def meant_project(context: Context) -> Project:
    """The stack files' project, or the one that is named where they do not count or are not there."""
    loaded = context.load_if_there()
    if loaded is None:
        return Project(name=context.project())
    stack = loaded.stack
    return Project(name=stack.name, stack=stack, texts=loaded.texts, derived_from=stack.derived_from)


def changed(
    args: Namespace,
    context: Context,
    plan_of: PlanOf,
    nothing: str,
    question: Callable[[Plan], str] | None = None,
) -> ExitCode:
    """Plan, and carry the plan out; `nothing` is said when there is nothing to do, and of what.

    Where a plan has a `question`, it is done only when the answer is yes.
    """
    project = meant_project(context)
    with changing(args, context, project.name, project.derived_from) as turn:
        context.check_there(args.services, project.services(turn.observed))
        plan = plan_of(turn.observed, project.stack)
        if any(note.severity == "error" for note in plan.notes):
            raise WouldFail(plan.notes, project.texts)
        if context.options.dry_run:
            context.print_plan(plan)
            return ExitCode.OK
        context.warn(plan.notes)
        if not plan.steps:
            context.tell(f"{nothing} of {', '.join(args.services) or f'project {project.name}'}")
            return ExitCode.OK
        if question is not None and not confirmed(question(plan), "-f"):
            context.tell("nothing was done")
            return ExitCode.OK
        through = _explaining(context, project, turn.observed, plan)
        return exit_code(context.carry_out(plan, through=through))


def _explaining(context: Context, project: Project, observed: Observed, plan: Plan) -> "Through | None":
    """What adds its reason to a step that fails; the labels alone do not say enough for that."""
    stack = project.stack
    if stack is None:
        return None
    from minicompose.commands.witness import Witness

    return lambda sink: Witness(context, stack, observed, plan, sink)
