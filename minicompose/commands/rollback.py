"""`minicompose rollback`: go back to what the stack was before.

Bring the stack to what it was in revision N of `history`, on the very images that it ran then; without N
to the one before the present one. It shows its plan, as `plan` does, asks, and does it as `up -d` would;
that makes a new revision. The stack file is not changed, and does not have to be there: the next `up`
goes by it again.

Secrets are not kept. They are looked for by their digests in the environment, the stack file and the
files that it names, and in the containers that are there.

    minicompose rollback               to the revision before the present one
    minicompose rollback 3 --dry-run   only show what would be done
    minicompose rollback 3 -y          without being asked
"""

import argparse
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from minicompose.commands import exclusive
from minicompose.commands.asking import confirmed
from minicompose.commands.context import Context, exit_code, seconds
from minicompose.commands.exclusive import changing
from minicompose.diagnostic import Diagnostic
from minicompose.errors import ExitCode, MinicomposeError, UsageError
from minicompose.history.revision import Revision

if TYPE_CHECKING:
    from minicompose.history.returning import Lost
    from minicompose.model import Stack
    from minicompose.planning.observed import Observed
    from minicompose.planning.plan import Plan


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("number", nargs="?", type=_number, metavar="N", help="the revision to go back to")
    add("-y", "--yes", action="store_true", help="do not ask")
    add("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long a container may take to stop")


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f'the number of a revision is wanted, not "{text}"')
    return int(text)


def run(args: Namespace, context: Context) -> int:
    project = context.project_name()
    with changing(args, context, project.name, project.derived_from) as turn:
        return _run_in_turn(args, context, turn.observed)


def _run_in_turn(args: Namespace, context: Context, observed: "Observed") -> int:
    from minicompose.commands.revisions import note_rollback, read_history

    revisions = read_history(context, observed.project).revisions
    target = _target(revisions, args.number, observed.project)
    plan = _planned(args, context, revisions, target, observed)
    if not plan.steps:
        context.warn(plan.notes)
        context.tell(f"nothing to do: what runs is revision {target.number}")
        return ExitCode.OK
    context.print_plan(plan)
    if context.options.dry_run:
        return ExitCode.OK
    if not args.yes and not confirmed(f"Go back to revision {target.number}?", "-y"):
        context.tell("nothing was done")
        return ExitCode.FAILED
    report = context.carry_out(plan)
    if report.ok:
        note_rollback(context, target, observed, plan)
    return exit_code(report)


def _target(revisions: Sequence[Revision], number: int | None, project: str) -> Revision:
    from minicompose.commands.revisions import revision_named

    if number is not None:
        return revision_named(revisions, number, project)
    if len(revisions) < 2:
        there = f"only revision {revisions[0].number}" if revisions else "no history"
        raise UsageError(f"there is nothing to go back to: project {project} has {there}")
    return revisions[-2]


# ---- the plan ----


def _planned(
    args: Namespace, context: Context, revisions: Sequence[Revision], target: Revision, observed: "Observed"
) -> "Plan":
    """The plan that goes back to `target`. Raises MinicomposeError for what is not to be had any more."""
    import msgspec

    from minicompose.commands.at_hand import gathered, read_file
    from minicompose.history.returning import needed, on_its_images, returned
    from minicompose.planning.images import Images
    from minicompose.planning.up import UpOptions, plan_up
    from minicompose.stackfile.load import Loaded

    at_hand = gathered(context, revisions[-1], observed)
    back = returned(target, at_hand.values, read_file)
    if back.lost:
        raise _refusal(target, back.lost, at_hand.stack)
    images = Images(observed.images)
    on_images = on_its_images(back.stack, target.images, images, lambda id: context.engine.image_id(id) is not None)
    seen = msgspec.structs.replace(observed, images=observed.images | {id: id for id in on_images.ids})
    stack, strangers = _beside_strangers(on_images.stack, revisions, observed)
    options = UpOptions(remove_orphans=True, timeout=args.timeout)
    plan = plan_up(stack, seen, options)
    if lost := needed(plan, back.doubtful):
        raise _refusal(target, lost, at_hand.stack)
    notes = [*on_images.notes, *plan.notes]
    if strangers:
        notes.append(_strangers_note(each.name for each in observed.containers if each.service in strangers))
    plan = msgspec.structs.replace(plan, notes=tuple(notes))
    loaded = Loaded(stack=stack, warnings=(), texts={}, variables={})
    context.refuse_what_is_lacking(loaded, plan, ())
    if not context.options.dry_run:
        context.refuse_what_would_fail(loaded, observed, plan)
    return plan


def _beside_strangers(
    stack: "Stack", revisions: Iterable[Revision], observed: "Observed"
) -> tuple["Stack", frozenset[str]]:
    """The stack beside services that no revision knows, which are not for us to remove."""
    import msgspec

    from minicompose.model import Service

    known = {name for revision in revisions for name in revision.stack.services}
    there = {each.service for each in observed.containers if not each.oneoff}
    strangers = frozenset(there - known)
    left = {name: Service(name=name) for name in sorted(strangers)}
    return msgspec.structs.replace(stack, disabled=left), strangers


def _strangers_note(containers: Iterable[str]) -> Diagnostic:
    names = ", ".join(sorted(containers))
    return Diagnostic(
        severity="warning", pos=None, summary=f"no revision knows these containers, and they are left alone: {names}"
    )


# ---- what is not there any more ----


def _refusal(target: Revision, lost: "Sequence[Lost]", present: "Stack | None") -> MinicomposeError:
    """What cannot be had, each by its name and its revision."""
    lines = [_lost_text(target, each, present) for each in lost]
    hint = "put back what it was then, in the environment, the stack file or the file that is named, and try again"
    return MinicomposeError(f"revision {target.number} cannot be gone back to:\n  - " + "\n  - ".join(lines), hint)


def _lost_text(target: Revision, lost: "Lost", present: "Stack | None") -> str:
    from minicompose.history.sealing import value_at

    section, name, *inside = lost.path
    kept = f"in revision {target.number} is not kept"
    whose = f"{str(section).removesuffix('s')} {name}"
    if lost.file is not None:
        return f"the file {lost.file} of {whose} {kept}, and holds something else now, or is gone"
    if not inside:
        return f"the content of {whose} {kept}, and is not at hand"
    what = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in inside).removeprefix(".")
    is_there = present is not None and value_at(present, lost.path) is not None
    return f"{what} of {whose} {kept}, and {'is different now' if is_there else 'is nowhere to be found'}"
