"""What a change made of a project, as a revision: its services all together, and what was done."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from minicompose import labels
from minicompose.history.revision import Revision, Touched, What, plain
from minicompose.history.sealing import contents, sealed
from minicompose.model import Service, Stack
from minicompose.planning.masking import HIDDEN
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.plan import (
    BuildImage,
    Change,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Plan,
    PullImage,
    RemoveContainer,
    RemoveNetwork,
    RemoveVolume,
    RestartContainer,
    StartContainer,
    Step,
    Subject,
    UnpauseContainer,
)
from minicompose.planning.spec import blueprint

_CREATES = (CreateContainer, CreateNetwork, CreateVolume)
_REMOVES = (RemoveContainer, RemoveNetwork, RemoveVolume)


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What a project is: the part of a revision that can be gone back to."""

    stack: Stack
    sealed: tuple[str, ...]
    contents: dict[str, str]
    images: dict[str, str]

    @staticmethod
    def of(revision: Revision) -> "State":
        return State(stack=revision.stack, sealed=revision.sealed, contents=revision.contents, images=revision.images)


def state_now(stack: Stack, asked: Collection[str], before: Revision | None, now: Observed) -> State:
    """What the project is `now` that the services `asked` for have been brought to what the stack says.

    The others are what they were in the revision before, and so is a service whose containers were left as
    they were. What is known from nowhere is left out.
    """
    there = {container.service: container for container in now.containers if not container.oneoff}
    bare, secrets = sealed(stack)
    services: dict[str, Service] = {}
    old: dict[str, Service] = {}
    for name in dict.fromkeys((*bare.services, *there)):
        is_known = before is not None and name in before.stack.services
        is_made = name in stack.services and _is_made_from(there.get(name), stack, stack.services[name])
        if is_made and (name in asked or (name in there and not is_known)):
            services[name] = bare.services[name]
        elif name in there and before is not None and is_known:
            services[name] = old[name] = before.stack.services[name]
    ids = {name: container.image_id for name, container in sorted(there.items()) if name in services}
    known = contents(stack)
    if before is not None and old:
        resources = {
            section: {**getattr(before.stack, section), **getattr(bare, section)}
            for section in ("networks", "volumes", "configs", "secrets")
        }
        bare = msgspec.structs.replace(bare, **resources)
        known = {**before.contents, **known}
    digests = {*secrets, *(before.sealed if before is not None and old else ())}
    return State(
        stack=msgspec.structs.replace(bare, services={name: _among(services[name], services) for name in services}),
        sealed=tuple(sorted(digests)),
        contents=known,
        images=ids,
    )


def _is_made_from(container: ObservedContainer | None, stack: Stack, service: Service) -> bool:
    """Whether the container was made from the service as it stands; that there is none is as good."""
    return container is None or container.labels.get(labels.CONFIG_HASH) == blueprint(stack, service).fingerprint


def _among(service: Service, services: Mapping[str, Service]) -> Service:
    """The service where there are only these: it does not wait for others."""
    needs = service.depends_on
    if needs is None or needs.keys() <= services.keys():
        return service
    return msgspec.structs.replace(service, depends_on={name: needs[name] for name in needs if name in services})


# ---- what was done ----


def without_secrets(
    changes: Iterable[Change], service: str | None, before: Revision | None, state: State
) -> tuple[Change, ...]:
    """The changes of a service's containers, without values that are sealed in the revision before or in this one.

    A container's own record knows secrets by their names alone, and not by the variables they came from.
    Where nobody knows, a change is told without its values. Places in files are left out: they do not last.
    """
    pairs = [] if before is None else [(before.stack, before.sealed), (state.stack, state.sealed)]
    known = [(stack.services.get(service or ""), frozenset(digests)) for stack, digests in pairs]
    found = []
    for change in changes:
        is_masked = change.old == change.new == HIDDEN
        is_plain = bool(known) and all(
            it is not None and not _holds(_attribute(it, change.path), digests) for it, digests in known
        )
        kept = (change.old, change.new) if is_masked or is_plain else (None, None)
        found.append(Change(path=change.path, old=kept[0], new=kept[1]))
    return tuple(found)


def _attribute(service: Service, path: str) -> Any:
    """What the service has at a path, or the whole attribute that it is in."""
    name, dot, key = path.partition(".")
    value = getattr(service, name.partition("[")[0], None)
    return value.get(key) if dot and isinstance(value, dict) and key in value else value


def _holds(value: Any, digests: frozenset[str]) -> bool:
    text = msgspec.json.encode(value, enc_hook=plain).decode()
    return any(digest in text for digest in digests)


def touched(plan: Plan, before: Observed, now: Observed, why: Mapping[int, tuple[str, ...]]) -> tuple[Touched, ...]:
    """What the plan has changed. `why` has the reasons of its steps in words, by their numbers."""
    by_subject: dict[tuple[str, str], list[Step]] = {}
    for step in plan.steps:
        by_subject.setdefault((step.subject.type, step.subject.name), []).append(step)
    found = []
    for steps in by_subject.values():
        subject, what = steps[0].subject, _what(steps)
        if subject.type == "stack" or subject.type == "service":
            continue  # a step of the plan itself
        if what is None or (what == "replaced" and _is_the_same(subject, before, now)):
            continue
        because = why.get(steps[0].id, ())
        found.append(Touched(what=what, type=subject.type, name=subject.name, service=subject.service, because=because))
    return tuple(found)


def _what(steps: Iterable[Step]) -> What | None:
    actions = [step.action for step in steps]
    creates = any(isinstance(action, _CREATES) for action in actions)
    if any(isinstance(action, _REMOVES) for action in actions):
        return "replaced" if creates else "removed"
    if creates:
        return "created"
    kinds: tuple[tuple[type | tuple[type, ...], What], ...] = (
        (RestartContainer, "restarted"),
        ((StartContainer, UnpauseContainer), "started"),
        (PullImage, "pulled"),
        (BuildImage, "built"),
    )
    return next((what for kind, what in kinds if any(isinstance(action, kind) for action in actions)), None)


def _is_the_same(subject: Subject, before: Observed, now: Observed) -> bool:
    """Whether it was not replaced after all: its image, as it turned out, had not changed."""
    if subject.type != "container":
        return False
    ids = [{each.id for each in seen.containers if each.name == subject.name} for seen in (before, now)]
    return ids[0] == ids[1]
