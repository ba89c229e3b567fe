"""`run`: one container of a service that is not one of its own, and what it needs before it."""

import msgspec

from minicompose import labels
from minicompose.model import Service, Stack
from minicompose.planning import graph
from minicompose.planning.observed import Observed
from minicompose.planning.plan import Asked, ContainerSpec, CreateContainer, Endpoint, Plan, Step
from minicompose.planning.up import UpOptions, plan_up


class OneOff(msgspec.Struct, frozen=True, kw_only=True):
    """The container to be made: `service` is the stack's with what the command line says of it.

    `slug` are hex digits that tell it from all others. `aliases`: it answers to the service's names, at the
    service's addresses. See ContainerSpec for the last two.
    """

    service: Service
    slug: str
    name: str = ""
    aliases: bool = False
    input_once: bool = False
    removed_at_end: bool = False


_SHOWN = 12  # digits of the slug in the container's name


def one_off_name(stack: Stack, one_off: OneOff) -> str:
    """The container's name: the one that is asked for, or PROJECT-SERVICE-run-DIGITS."""
    parts = (stack.name, one_off.service.name, "run", one_off.slug[:_SHOWN])
    return one_off.name or stack.separator.join(parts)


def with_one_off(stack: Stack, one_off: OneOff) -> Stack:
    """The stack in which the service is nothing but this container, with no services but those that it needs."""
    service = one_off.service
    deploy = service.deploy
    service = msgspec.structs.replace(
        service,
        container_name=one_off_name(stack, one_off),
        scale=1,
        restart=None,
        deploy=msgspec.structs.replace(deploy, restart_policy=None, replicas=None, mode=None) if deploy else None,
        post_start=None,
        pre_stop=None,
        mac_address=service.mac_address if one_off.aliases else None,
    )
    services = {**stack.services, service.name: service}
    needed = set(graph.closure(msgspec.structs.replace(stack, services=services), [service.name]))
    return msgspec.structs.replace(
        stack,
        services={name: each for name, each in services.items() if name in needed},
        disabled={**stack.disabled, **{name: each for name, each in services.items() if name not in needed}},
    )


def plan_run(stack: Stack, observed: Observed, one_off: OneOff, options: UpOptions) -> Plan:
    """The plan that creates the container of a stack made by `with_one_off`, when what it depends on is as it asks.

    It is not started, for whoever is to hear it must be attached before. The service's own containers stay as they are.
    """
    name = one_off.service.name
    plan = plan_up(stack, observed, msgspec.structs.replace(options, services=(name,), one_off=name))
    return msgspec.structs.replace(plan, steps=tuple(_as_one_off(step, one_off) for step in plan.steps))


def _as_one_off(step: Step, one_off: OneOff) -> Step:
    action = step.action
    if not isinstance(action, CreateContainer) or action.spec.service.name != one_off.service.name:
        return step
    made = msgspec.structs.replace(action, spec=one_off_spec(action.spec, one_off))
    return msgspec.structs.replace(step, action=made, because=Asked(option="run"))


def one_off_spec(spec: ContainerSpec, one_off: OneOff) -> ContainerSpec:
    """The container of the service as a one-off."""
    told = {name: value for name, value in spec.labels.items() if name != labels.NUMBER}
    told |= {labels.ONEOFF: "True", labels.SLUG: one_off.slug}
    return msgspec.structs.replace(
        spec,
        number=0,
        labels=told,
        endpoints=spec.endpoints if one_off.aliases else tuple(_unnamed(each, spec.name) for each in spec.endpoints),
        input_once=one_off.input_once,
        removed_at_end=one_off.removed_at_end,
    )


def _unnamed(endpoint: Endpoint, name: str) -> Endpoint:
    """What the service answers to, and where, is left to its own containers."""
    return msgspec.structs.replace(
        endpoint, aliases=(name,), ipv4_address=None, ipv6_address=None, link_local_ips=(), mac_address=None
    )
