"""What two containers of a service cannot both have, where the new one starts beside the old one."""

from collections.abc import Iterator

from minicompose.diagnostic import Diagnostic
from minicompose.model import Port, Service, Stack
from minicompose.planning.update import update_policy


def overlap_problems(stack: Stack, service: Service, *, replaced: bool) -> list[Diagnostic]:
    """Why `order: start-first` cannot be: errors where containers are `replaced` now, otherwise warnings."""
    policy = update_policy(service)
    if policy.order != "start-first":
        return []
    at_once = service.replicas + (policy.parallelism or service.replicas)
    return [
        Diagnostic(
            severity="error" if replaced else "warning",
            pos=stack.position("services", service.name, *place),
            path=f"services.{service.name}"
            + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place),
            summary=f"`order: start-first` starts the new container beside the old one, and both cannot have {what}",
            hint=hint,
        )
        for place, what, hint in _only_once(service, at_once)
    ]


def _only_once(service: Service, at_once: int) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Where it stands, what there is only one of, and what to do."""
    for index, port in enumerate(service.ports or ()):
        first, last = _published(port)
        if first and last - first + 1 < at_once:
            ports = f"port {first}" if first == last else f"one of the ports {first}-{last}"
            hint = f"say `order: stop-first`, publish a range ({first}-{first + at_once - 1}), or put a proxy before it"
            yield ("ports", index), f"{ports} of the host", hint
    for network, attachment in (service.networks or {}).items():
        for name in ("ipv4_address", "ipv6_address", "mac_address"):
            if attachment and (address := getattr(attachment, name)):
                yield ("networks", network, name), f"the address {address}", f"leave {name} out, or say `stop-first`"
    if service.mac_address:
        hint = "leave mac_address out, or say `stop-first`"
        yield ("mac_address",), f"the address {service.mac_address}", hint


def _published(port: Port) -> tuple[int, int]:
    """The ports of the host that it may get; 0 where the engine picks one."""
    first, _, last = (port.published or "0").partition("-")
    return int(first), int(last or first)
