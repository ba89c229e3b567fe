"""What variables with secret names have brought into a stack's values, whatever the values are called.

`command: [serve, "${TOKEN}"]` has no name that would tell; the tree beside the value does, for each of its
nodes knows the expression that it was made from.
"""

import functools
from typing import Any, cast

import msgspec

from minicompose import labels
from minicompose.model import Hook, Node, Origin, Stack
from minicompose.planning.masking import DIGEST, Seal, digest
from minicompose.planning.plan import (
    Action,
    BuildImage,
    ConnectNetwork,
    ContainerSpec,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Endpoint,
    Plan,
    RunHook,
    Step,
)
from minicompose.regex import regex
from minicompose.secretnames import names_a_secret

_DIGEST = regex(f"({DIGEST.pattern})")
_VARIABLE = regex(r"\$(?:\$|\{?([A-Za-z_][A-Za-z0-9_]*)(?::?-([^${}]+)\})?)")


def without_brought(text: str, origin: Origin | None, seal: Seal = digest) -> str:
    """`text` without what secret variables, or the defaults that stand in for them, have brought into it."""
    if origin is None or origin.expression is None or origin.variables is None or "$" not in origin.expression:
        return text
    values = _brought(origin.expression, origin.variables.values)
    for value in sorted(values, key=len, reverse=True):
        parts = _DIGEST.split(text)  # every second one is a digest
        parts[::2] = [part.replace(value, seal(value)) if value in part else part for part in parts[::2]]
        text = "".join(parts)
    return text


def _brought(expression: str, variables: dict[str, str]) -> set[str]:
    values: set[str] = set()
    for found in _VARIABLE.finditer(expression):
        name, default = found.groups()
        if name and names_a_secret(name):
            values.add(variables.get(name) or default or "")
    return values - {""}


def sealed_by_origin(value: Any, node: Node | None, seal: Seal = digest, origin: Origin | None = None) -> Any:
    """`value`, a part of the stack or its plain data, without what secret variables have brought into it.

    `node` is what stands in the stack's tree at that place. What nothing was brought into is given back as it is.
    """
    if node is not None and node.origin is not None:
        origin = node.origin
    if isinstance(value, str):
        return without_brought(value, origin, seal)
    if node is None and origin is None:
        return value

    def inside(name: str | int, below: Any) -> Any:
        return sealed_by_origin(below, node if name == "extensions" else child(node, name), seal, origin)

    if isinstance(value, dict):
        return {name: inside(name, below) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(inside(index, below) for index, below in enumerate(value))
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **{name: inside(name, below) for name, below in fields.items() if below})
    return value


def child(node: Node | None, step: str | int) -> Node | None:
    """What a node has at a step, None where it has nothing."""
    if node is None:
        return None
    if isinstance(node.value, dict):
        return node.value.get(step)
    if isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
        return cast(Node, node.value[step])
    return None


def node_of(stack: Stack, *path: str | int) -> Node | None:
    """The node at a place of the stack's tree."""
    return functools.reduce(child, path, stack.root)


# ---- plans ----


def shown(plan: Plan, stack: Stack) -> Plan:
    """The plan as it may be shown: with digests in place of what secret variables have brought into it."""

    def all_of(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(msgspec.structs.replace(step, action=_shown_action(step, stack)) for step in steps)

    return msgspec.structs.replace(plan, steps=all_of(plan.steps), way_back=all_of(plan.way_back))


def _shown_action(step: Step, stack: Stack) -> Action:
    service = node_of(stack, "services", step.subject.service or "")
    match step.action:
        case CreateContainer(spec=spec) as action:
            return msgspec.structs.replace(action, spec=_shown_spec(spec, stack, service))
        case BuildImage(build=build, labels=made) as action:
            node = child(service, "build")
            return msgspec.structs.replace(
                action, build=sealed_by_origin(build, node), labels=sealed_by_origin(made, child(node, "labels"))
            )
        case CreateNetwork(network=network, labels=made) as action:
            node = node_of(stack, "networks", made.get(labels.NETWORK, ""))
            return msgspec.structs.replace(
                action, network=sealed_by_origin(network, node), labels=sealed_by_origin(made, child(node, "labels"))
            )
        case CreateVolume(volume=volume, labels=made) as action:
            node = node_of(stack, "volumes", made.get(labels.VOLUME, ""))
            return msgspec.structs.replace(
                action, volume=sealed_by_origin(volume, node), labels=sealed_by_origin(made, child(node, "labels"))
            )
        case ConnectNetwork(endpoint=endpoint) as action:
            return msgspec.structs.replace(action, endpoint=_shown_endpoint(endpoint, stack, service))
        case RunHook() as action:
            return msgspec.structs.replace(action, hook=shown_hook(action, step.subject.service, stack))
        case action:
            return action


def shown_hook(action: RunHook, service: str | None, stack: Stack) -> Hook:
    """The hook that is run, as it may be shown."""
    declared = getattr(stack.services.get(service or ""), action.moment, None) or ()
    if action.hook not in declared:
        return action.hook
    node = node_of(stack, "services", service or "", action.moment, declared.index(action.hook))
    return cast(Hook, sealed_by_origin(action.hook, node))


def _shown_spec(spec: ContainerSpec, stack: Stack, service: Node | None) -> ContainerSpec:
    return msgspec.structs.replace(
        spec,
        service=sealed_by_origin(spec.service, service),
        image=sealed_by_origin(spec.image, child(service, "image")),
        labels=sealed_by_origin(spec.labels, child(service, "labels")),
        endpoints=tuple(_shown_endpoint(endpoint, stack, service) for endpoint in spec.endpoints),
    )


def _shown_endpoint(endpoint: Endpoint, stack: Stack, service: Node | None) -> Endpoint:
    keys = {network.name: key for key, network in stack.networks.items()}
    attachment = child(child(service, "networks"), keys.get(endpoint.network, endpoint.network))
    return msgspec.structs.replace(
        endpoint, driver_opts=sealed_by_origin(endpoint.driver_opts, child(attachment, "driver_opts"))
    )
