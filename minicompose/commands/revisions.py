"""Keeping what a stack is made to be: the revision that `up` and `rollback` leave, and reading them again."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import msgspec

from minicompose import __version__, labels
from minicompose.commands.context import Context
from minicompose.commands.whoami import host_name, user_name
from minicompose.diagnostic import Diagnostic
from minicompose.errors import EngineError, UsageError
from minicompose.history.noting import State, state_now, touched, without_secrets
from minicompose.history.revision import Revision
from minicompose.history.store import Found, Store
from minicompose.planning.plan import CreateContainer, RemoveContainer
from minicompose.state.directory import state_directory

if TYPE_CHECKING:
    from minicompose.model import Stack
    from minicompose.planning.observed import Observed, ObservedContainer
    from minicompose.planning.plan import Plan

# Gives what the project is, from what is there now and the revision before.
Made = Callable[["Observed", Revision | None], State]


def store_of(context: Context, project: str) -> Store:
    """The history of a project on the engine at hand, which is not asked. Raises OSError where there is no home."""
    return Store(state_directory(context.environment), context.engine_address, project)


def read_history(context: Context, project: str) -> Found:
    """The revisions of a project; damaged ones are told of."""
    found = store_of(context, project).read()
    context.warn(
        Diagnostic(severity="warning", pos=None, summary=f"{file} is left out of the history: {why}")
        for file, why in found.damaged
    )
    return found


def revision_named(revisions: Collection[Revision], number: int, project: str) -> Revision:
    """The revision of this number. Raises UsageError when there is none."""
    for revision in revisions:
        if revision.number == number:
            return revision
    there = spans([revision.number for revision in revisions])
    raise UsageError(f"project {project} has no revision {number}", f"there are: {there}" if there else "")


def spans(numbers: Collection[int]) -> str:
    """Numbers in few words: `1-3, 7`."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][-1] == number - 1:
            found[-1][1:] = [number]
        else:
            found.append([number])
    return ", ".join("-".join(map(str, span)) for span in found)


# ---- noting ----


def note_up(
    context: Context,
    stack: "Stack",
    asked: Collection[str],
    scale: Mapping[str, int],
    before: "Observed",
    plan: "Plan",
) -> None:
    """Keep what an `up` has made of the project; `asked` are the services that it was about."""
    services = {
        name: msgspec.structs.replace(service, scale=scale[name]) if name in scale else service
        for name, service in stack.services.items()
    }
    scaled = msgspec.structs.replace(stack, services=services)

    def made(now: "Observed", newest: Revision | None) -> State:
        return state_now(scaled, asked, newest, now)

    note_revision(context, "up", made, before, plan)


def note_run(
    context: Context, stack: "Stack", service: str, asked: Collection[str], before: "Observed", plan: "Plan"
) -> None:
    """Keep what a `run` of the service has made of what that needs, the services `asked`; where nothing, nothing is."""
    others = tuple(step for step in plan.steps if step.subject.service != service)
    if not any(isinstance(step.action, CreateContainer | RemoveContainer) for step in others):
        return

    def made(now: "Observed", newest: Revision | None) -> State:
        return state_now(stack, asked, newest, now)

    note_revision(context, "run", made, before, msgspec.structs.replace(plan, steps=others))


def note_rollback(context: Context, target: Revision, before: "Observed", plan: "Plan") -> None:
    """Keep that the project is again what it was in the revision `target`."""

    def made(now: "Observed", _newest: Revision | None) -> State:
        ran = {each.service: each.image_id for each in now.containers if not each.oneoff}
        images = {name: ran[name] for name in target.stack.services if name in ran}
        return msgspec.structs.replace(State.of(target), images=images)

    note_revision(context, f"rollback to {target.number}", made, before, plan)


def note_revision(context: Context, how: str, made: Made, before: "Observed", plan: "Plan") -> None:
    """Keep what the project is after `plan` has been carried out, if that is anything new.

    It is no reason to fail that it cannot be kept: the containers run. A warning says so.
    """
    try:
        store = store_of(context, plan.project)
        newest = store.newest()
        now = msgspec.structs.replace(before, containers=_containers(context, plan.project))
        state = made(now, newest)
        changes = touched(plan, before, now, _reasons(plan, newest, state))
        lasting = any(change.what in ("created", "replaced", "removed") for change in changes)
        if newest is not None and not lasting and State.of(newest) == state:
            return  # what was there has been started again, and is what it was
        revision = Revision(
            number=0,
            at=time.time(),
            who=f"{user_name(context.environment)}@{host_name()}",
            how=how,
            project=plan.project,
            engine=context.engine_address,
            version=__version__,
            changes=changes,
            stack=state.stack,
            sealed=state.sealed,
            contents=state.contents,
            images=state.images,
        )
        store.add(lambda number: msgspec.structs.replace(revision, number=number))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _warn(context, how, f"{place}{error.strerror or error}")
    except EngineError as error:
        _warn(context, how, error.message)


def _containers(context: Context, project: str) -> tuple["ObservedContainer", ...]:
    return tuple(each for each in context.engine.all_containers() if each.labels.get(labels.PROJECT) == project)


def _warn(context: Context, how: str, why: str) -> None:
    summary = f"this {how.partition(' ')[0]} is not kept in the history: {why}"
    context.warn([Diagnostic(severity="warning", pos=None, summary=summary)])


def _reasons(plan: "Plan", newest: Revision | None, state: State) -> dict[int, tuple[str, ...]]:
    """Why each step is done, in words, where that is news."""
    from minicompose.output.reasons import reason_lines, told_reason
    from minicompose.planning.plan import Changed

    found: dict[int, tuple[str, ...]] = {}
    for step in plan.steps:
        because = step.because
        if isinstance(because, Changed):
            because = Changed(changes=without_secrets(because.changes, step.subject.service, newest, state))
        if told_reason(step):
            found[step.id] = tuple(reason_lines(because))
    return found
