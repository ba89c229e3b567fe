"""A stack with only the services that were named, and what they need."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from minicompose.model import Stack
from minicompose.planning import graph
from minicompose.planning.resources import used_networks, used_volumes

T = TypeVar("T")


def select(stack: Stack, services: Iterable[str]) -> Stack:
    """The stack of the services named, of all they need, and of the resources these use; none named means all."""
    names = tuple(services)
    if not names:
        return stack
    chosen = set(graph.closure(stack, names))
    kept = {name: service for name, service in stack.services.items() if name in chosen}
    configs = {grant.source for service in kept.values() for grant in service.configs or ()}
    secrets = {grant.source for service in kept.values() for grant in service.secrets or ()}
    secrets |= {secret.source for service in kept.values() if service.build for secret in service.build.secrets or ()}
    models = {name for service in kept.values() for name in service.models or ()}
    return msgspec.structs.replace(
        stack,
        services=kept,
        networks=_only(stack.networks, used_networks(stack, kept.values())),
        volumes=_only(stack.volumes, used_volumes(stack, kept.values())),
        configs=_only(stack.configs, configs),
        secrets=_only(stack.secrets, secrets),
        models=_only(stack.models, models),
    )


def _only(declared: Mapping[str, T], names: Iterable[str]) -> dict[str, T]:
    """In the order of the file."""
    wanted = set(names)
    return {name: value for name, value in declared.items() if name in wanted}
