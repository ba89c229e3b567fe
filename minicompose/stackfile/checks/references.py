"""Everything that a service names is there."""

from collections.abc import Collection

from minicompose.model import Config, Model, Network, Service, Stack, Volume
from minicompose.stackfile.checks.findings import Findings, did_you_mean

_MOST_NAMED = 5  # services, where none has a name like the one that is looked for
_NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")
_Resources = dict[str, Network] | dict[str, Volume] | dict[str, Config] | dict[str, Model]


def check_references(stack: Stack, findings: Findings) -> None:
    """Services, networks, volumes, configs, secrets and models that are named but not declared."""
    for name, service in stack.services.items():
        at = ("services", name)
        if not service.image and service.build is None and service.provider is None:
            findings.error(*at, says="there is neither an `image` nor a `build`", at_key=True)
        _check_services(stack, service, findings)
        _check_contexts(stack, service, findings)
        for network in service.networks or ():
            _check_declared(findings, (*at, "networks", network), "network", network, stack.networks)
        for model in service.models or ():
            _check_declared(findings, (*at, "models", model), "model", model, stack.models)
        for index, mount in enumerate(service.volumes or ()):
            if mount.type == "volume" and mount.source:
                path = (*at, "volumes", index, "source")
                _check_declared(findings, path, "volume", mount.source, stack.volumes)
        for kind, grants, declared in (
            ("config", service.configs, stack.configs),
            ("secret", service.secrets, stack.secrets),
        ):
            for index, grant in enumerate(grants or ()):
                _check_declared(findings, (*at, f"{kind}s", index, "source"), kind, grant.source, declared)
        for index, secret in enumerate((service.build.secrets if service.build else None) or ()):
            place = (*at, "build", "secrets", index, "source")
            _check_declared(findings, place, "secret", secret.source, stack.secrets)


def _check_declared(
    findings: Findings, path: tuple[str | int, ...], kind: str, name: str, declared: _Resources
) -> None:
    if name not in declared:
        hint = did_you_mean(name, declared) or f'declare "{name}" under the top-level `{kind}s`'
        findings.error(*path, says=f'there is no {kind} "{name}"', hint=hint)


def _check_services(stack: Stack, service: Service, findings: Findings) -> None:
    at = ("services", service.name)
    named_elsewhere: set[str] = set()
    for attribute in _NAMESPACES:
        mode = getattr(service, attribute) or ""
        if mode.startswith("service:"):
            named_elsewhere.add(mode.removeprefix("service:"))
            _check_service(stack, findings, (*at, attribute), mode.removeprefix("service:"))
    for index, link in enumerate(service.links or ()):
        name, _, alias = link.partition(":")
        named_elsewhere.add(name)
        _check_service(stack, findings, (*at, "links", index), name)
        if ":" in alias:
            says = f'"{link}" has too many parts'
            findings.error(*at, "links", index, says=says, hint="write SERVICE, or SERVICE:ALIAS")
    for index, source in enumerate(service.volumes_from or ()):
        if not source.startswith("container:"):
            named_elsewhere.add(source.partition(":")[0])
            _check_service(stack, findings, (*at, "volumes_from", index), source.partition(":")[0])
    for dependency, condition in (service.depends_on or {}).items():
        if dependency in named_elsewhere and dependency not in stack.services:
            continue  # implied, and reported where it is written
        path = (*at, "depends_on", dependency)
        if dependency == service.name:
            findings.error(*path, says="a service cannot depend on itself", at_key=True)
        elif condition.required or dependency not in stack.disabled:
            _check_service(stack, findings, path, dependency)


def _check_service(stack: Stack, findings: Findings, path: tuple[str | int, ...], name: str) -> None:
    if name in stack.services:
        return
    if name in stack.disabled:
        profiles = stack.disabled[name].profiles or ()
        hint = f"enable it with --profile {profiles[0]}" if profiles else ""
        findings.error(*path, says=f'the service "{name}" is not enabled by any active profile', hint=hint)
        return
    hint = did_you_mean(name, _services(stack)) or _all_of(_services(stack))
    findings.error(*path, says=f'there is no service "{name}"', hint=hint)


def _check_contexts(stack: Stack, service: Service, findings: Findings) -> None:
    contexts = service.build.additional_contexts if service.build else None
    for name, context in (contexts or {}).items():
        other = context.removeprefix("service:")
        if other == context:
            continue
        path = ("services", service.name, "build", "additional_contexts", name)
        _check_service(stack, findings, path, other)
        if other in stack.services and stack.services[other].build is None:
            findings.error(*path, says=f'the service "{other}" is not built, so it has no context to use')


def _all_of(names: Collection[str]) -> str:
    return f"there are: {', '.join(names)}" if len(names) <= _MOST_NAMED else ""


def _services(stack: Stack) -> Collection[str]:
    return [*stack.services, *stack.disabled]
