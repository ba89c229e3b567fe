"""What is different since a plan was saved: in the stack files' meaning, and on the engine."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from minicompose import labels
from minicompose.history.comparison import compare
from minicompose.history.drift import Drift, Since
from minicompose.history.noting import State
from minicompose.history.saved import SavedPlan, Seen, SeenContainer
from minicompose.history.sealing import contents, sealed
from minicompose.model import Stack
from minicompose.planning.images import Images
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.planning.record import service_image


def since(saved: SavedPlan, stack: Stack, observed: Observed, plan: Any) -> Since:
    """What has changed since `saved` was; `plan` is the one that is made now, as data."""
    then = State(stack=saved.stack, sealed=(), contents=saved.contents, images={})
    now = State(stack=sealed(stack)[0], sealed=(), contents=contents(stack), images={})
    return Since(
        files=compare(then, now, stack),
        engine=tuple(_drifts(saved.seen, seen(saved.stack, observed))),
        plan_differs=_placeless(saved.plan) != _placeless(plan),
    )


def _placeless(value: Any) -> Any:
    """A plan's data without places in files: a line more above them means nothing."""
    if isinstance(value, dict):
        return {name: _placeless(inside) for name, inside in value.items() if name != "pos"}
    return [_placeless(inside) for inside in value] if isinstance(value, list) else value


def seen(stack: Stack, observed: Observed) -> Seen:
    """What the engine has that a plan for `stack` can depend on, but for what others run once with `run`."""
    images = {service_image(stack, service) for service in stack.services.values()}
    networks = {network.name for network in stack.networks.values()}
    volumes = {volume.name for volume in stack.volumes.values()}
    known = Images(observed.images)
    return Seen(
        containers={each.name: _container(each) for each in _by_name(observed) if not each.oneoff},
        networks={
            each.name: each.id
            for each in sorted(observed.networks, key=lambda each: (each.name, each.id))
            if each.name in networks or each.labels.get(labels.PROJECT) == stack.name
        },
        volumes={
            each.name: each.labels.get(labels.CONFIG_HASH, "")
            for each in sorted(observed.volumes, key=lambda each: each.name)
            if each.name in volumes or each.labels.get(labels.PROJECT) == stack.name
        },
        images={name: id for name in sorted(images) if (id := known.id_of(name)) is not None},
    )


def _by_name(observed: Observed) -> list[ObservedContainer]:
    return sorted(observed.containers, key=lambda each: each.name)


def _container(each: ObservedContainer) -> SeenContainer:
    return SeenContainer(
        id=each.id,
        state=each.state,
        exit_code=each.exit_code if each.state == "exited" else None,
        networks=dict(sorted(each.networks.items())),
    )


def _drifts(then: Seen, now: Seen) -> Iterator[Drift]:
    for name in sorted({*then.containers, *now.containers}):
        yield from _container_drifts(name, then.containers.get(name), now.containers.get(name))
    yield from _others("network", then.networks, now.networks)
    yield from _others("volume", then.volumes, now.volumes)
    yield from _others("image", then.images, now.images)


def _container_drifts(name: str, then: SeenContainer | None, now: SeenContainer | None) -> Iterator[Drift]:
    if then is None or now is None:
        yield Drift(type="container", name=name, what="gone" if now is None else "new")
    elif then.id != now.id:
        yield Drift(type="container", name=name, what="another")
    else:
        if (then.state, then.exit_code) != (now.state, now.exit_code):
            yield Drift(type="container", name=name, what="state", then=_state(then), now=_state(now))
        if then.networks != now.networks:
            yield Drift(
                type="container", name=name, what="networks", then=_joined(then.networks), now=_joined(now.networks)
            )


def _joined(networks: Mapping[str, str]) -> str:
    return ", ".join(networks)


def _state(container: SeenContainer) -> str:
    return container.state if container.exit_code is None else f"{container.state} with {container.exit_code}"


def _others(
    kind: Literal["network", "volume", "image"], then: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[Drift]:
    for name in sorted({*then, *now}):
        if name not in now:
            yield Drift(type=kind, name=name, what="gone")
        elif name not in then:
            yield Drift(type=kind, name=name, what="new")
        elif then[name] != now[name]:
            yield Drift(type=kind, name=name, what="another", then=then[name], now=now[name])
