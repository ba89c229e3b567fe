"""Hooks: commands that are run in a container after its start and before its stop.

A container's hooks are those that it was made with: the record on it has them. Where the record has only
the digest of a secret, the stack file's hook is taken that is the same, or differs in the secret alone.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from minicompose import labels
from minicompose.diagnostic import Diagnostic
from minicompose.model import Hook, Service, Stack, encode_value
from minicompose.planning.masking import DIGEST, digest, masked
from minicompose.planning.observed import ObservedContainer
from minicompose.planning.plan import Action, Moment, Plan, RunHook, Step, StopContainer, UnpauseContainer
from minicompose.planning.provenance import shown_hook
from minicompose.planning.record import Record, hook_record, read
from minicompose.regex import regex

_SPECIAL = regex(r"[^\w@%+=:,./*-]")


class Hooks(msgspec.Struct, frozen=True, kw_only=True):
    """A container's hooks for one moment, in order; `lost` counts those whose secrets nobody has."""

    known: tuple[Hook, ...] = ()
    lost: int = 0


def hooks_again(container: ObservedContainer, service: Service | None) -> tuple[RunHook, ...]:
    """What is run in a container that is started again."""
    return runs(container.id, "post_start", hooks_of(container, "post_start", service).known)


def hooks_of(container: ObservedContainer, moment: Moment, service: Service | None) -> Hooks:
    """The hooks of a container that is there; `service` is what the stack file says of it, if anything.

    A container without a record was made by another tool: then the stack file's hooks are its hooks.
    A one-off has none, for it runs a command of its own.
    """
    declared = _declared(service, moment)
    record = read(container.labels.get(labels.SPEC, ""))
    if container.oneoff:
        return Hooks()
    if record is None:
        return Hooks(known=declared)
    found = [_hook(entry, index, declared) for index, entry in enumerate(record.get(moment) or ())]
    return Hooks(known=tuple(hook for hook in found if hook), lost=found.count(None))


def _declared(service: Service | None, moment: Moment) -> tuple[Hook, ...]:
    return (getattr(service, moment) if service else None) or ()


def _hook(entry: Record, index: int, declared: tuple[Hook, ...]) -> Hook | None:
    """The hook that a record's entry is of; None where it holds a digest that the stack file has no value for.

    A secret that has changed since is taken from the hook in the same place that is otherwise the same.
    """
    if masked(entry) == entry:
        return msgspec.convert(entry, Hook)
    for hook in declared:
        if _may_be_of(entry, _plain(hook), exactly=True):
            return hook
    at_its_place = declared[index : index + 1]
    return next((hook for hook in at_its_place if _may_be_of(entry, _plain(hook), exactly=False)), None)


def _plain(hook: Hook) -> Any:
    return msgspec.to_builtins(hook, enc_hook=encode_value)


def _may_be_of(entry: Any, value: Any, *, exactly: bool) -> bool:
    """Whether an entry of a record, with its digests, was made from such a value; `exactly`: from this one."""
    if isinstance(entry, str) and isinstance(value, str):
        return _may_be_text(entry, value, exactly=exactly)
    if isinstance(entry, dict) and isinstance(value, dict):
        return entry.keys() == value.keys() and all(
            _may_be_of(entry[name], value[name], exactly=exactly) for name in entry
        )
    if isinstance(entry, list | tuple) and isinstance(value, list | tuple):
        return len(entry) == len(value) and all(
            _may_be_of(one, other, exactly=exactly) for one, other in zip(entry, value, strict=True)
        )
    return bool(entry == value)


def _may_be_text(entry: str, value: str, *, exactly: bool) -> bool:
    digests = DIGEST.findall(entry)
    pattern = "(.+?)".join(map(re.escape, DIGEST.split(entry)))
    found = re.fullmatch(pattern, value, re.DOTALL)
    if found is None:
        return False
    return not exactly or [digest(secret) for secret in found.groups()] == digests


def runs(container: str, moment: Moment, hooks: Iterable[Hook] | None) -> tuple[RunHook, ...]:
    """The actions that run these hooks in `container`, one after the other."""
    return tuple(RunHook(container=container, moment=moment, hook=hook) for hook in hooks or ())


def before_stop(container: ObservedContainer, service: Service | None) -> tuple[Action, ...]:
    """What is done in a container before it is stopped; one that is paused has to go on for that."""
    hooks = runs(container.id, "pre_stop", hooks_of(container, "pre_stop", service).known)
    match container.state:
        case "running":
            return hooks
        case "paused" if hooks:
            return (UnpauseContainer(container=container.id), *hooks)
        case _:
            return ()


def stop(container: ObservedContainer, service: Service | None, timeout: int | None) -> tuple[Action, ...]:
    """How a container that is up is stopped: its hooks first, one after the other."""
    return (*before_stop(container, service), StopContainer(container=container.id, timeout=timeout))


def lost_hooks(containers: Iterable[ObservedContainer], services: Mapping[str, Service]) -> list[Diagnostic]:
    """A warning for each of the containers about to be stopped that cannot be told what it should do before."""
    return [
        Diagnostic(
            severity="warning",
            pos=None,
            summary=f"a pre_stop hook of {container.name} needs a secret that is not kept with the container: "
            "it is not run",
            hint="it is run where the stack file has the hook",
        )
        for container in sorted(containers, key=lambda container: container.name)
        if container.state in ("running", "paused")
        and hooks_of(container, "pre_stop", services.get(container.service)).lost
    ]


def with_hook_texts(plan: Plan, stack: Stack | None) -> Plan:
    """The plan with the texts of those hooks that variables have brought secrets into."""
    if stack is None or not any(service.post_start or service.pre_stop for service in stack.services.values()):
        return plan

    def told(step: Step) -> Step:
        action = step.action
        if not isinstance(action, RunHook):
            return step
        hook = shown_hook(action, step.subject.service, stack)
        return step if hook == action.hook else replace(step, action=replace(action, text=hook_text(hook)))

    return replace(plan, steps=tuple(map(told, plan.steps)), way_back=tuple(map(told, plan.way_back)))


def told_command(action: RunHook) -> str:
    """The command of a hook as it may be shown."""
    return action.text or hook_text(action.hook)


def hook_text(hook: Hook) -> str:
    """The hook's command, its words told apart by quotes; what looks like a secret is masked."""
    return " ".join(map(_quoted, masked(hook_record(hook)["command"]))) if hook.command else ""


def _quoted(word: str) -> str:
    if word and not _SPECIAL.search(word):
        return word
    return f'"{word}"' if "'" in word else f"'{word}'"
