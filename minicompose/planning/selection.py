"""A stack with only the services that were named, and what they need."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TypeVar

import msgspec

from minicompose.model import Service, Stack
from minicompose.planning import graph
from minicompose.planning.resources import used_volumes

T = TypeVar("T")

_PATTERN = frozenset("*?[")


def select(stack: Stack, services: Iterable[str]) -> Stack:
    """The stack of the services named, of all they need, and of the resources these use; none named means all."""
    names = tuple(services)
    if not names:
        return stack
    return without_unused(with_services(stack, names))


def with_services(stack: Stack, names: Iterable[str]) -> Stack:
    """The stack of the services named and all they need, with all its resources.

    A dependency that is not required and not there is gone from them.
    """
    chosen = set(graph.closure(stack, names))
    kept = {name: _among(service, chosen) for name, service in stack.services.items() if name in chosen}
    return msgspec.structs.replace(stack, services=kept)


def without_unused(stack: Stack) -> Stack:
    """The stack with only the networks, volumes, configs, secrets and models that its services use."""
    services = stack.services.values()
    configs = {grant.source for service in services for grant in service.configs or ()}
    secrets = {grant.source for service in services for grant in service.secrets or ()}
    secrets |= {secret.source for service in services if service.build for secret in service.build.secrets or ()}
    models = {name for service in services for name in service.models or ()}
    return msgspec.structs.replace(
        stack,
        networks=_only(stack.networks, {name for service in services for name in service.networks or ()}),
        volumes=_only(stack.volumes, used_volumes(stack, services)),
        configs=_only(stack.configs, configs),
        secrets=_only(stack.secrets, secrets),
        models=_only(stack.models, models),
    )


def is_pattern(name: str) -> bool:
    """Whether `name` stands for all services whose names match it, as `web*` does."""
    return not _PATTERN.isdisjoint(name)


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Those of the names that the pattern stands for."""
    return [name for name in names if fnmatchcase(name, pattern.replace("[^", "[!"))]


def _among(service: Service, chosen: set[str]) -> Service:
    """`service` as it is where there are only the `chosen` services."""
    needs = service.depends_on
    if needs is None or needs.keys() <= chosen:
        return service
    return msgspec.structs.replace(service, depends_on={name: needs[name] for name in needs if name in chosen})


def _only(declared: Mapping[str, T], names: Iterable[str]) -> dict[str, T]:
    """In the order of the file."""
    wanted = set(names)
    return {name: value for name, value in declared.items() if name in wanted}
