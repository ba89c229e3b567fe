"""What a stack asks for and nobody here carries out, as diagnostics with their places."""

import pathlib
from collections.abc import Callable, Iterable, Iterator

from minicompose.diagnostic import Diagnostic
from minicompose.engine.protocol import Abilities
from minicompose.engine.support import (
    Lack,
    depends_on_host,
    lacking_on_host,
    refused,
    refused_build,
    refused_config,
    unsupported,
    unsupported_network,
)
from minicompose.model import Build, Path, Service, Stack
from minicompose.planning.placement import misplaced
from minicompose.planning.plan import BuildImage, Plan
from minicompose.planning.seccomp import profile_path
from minicompose.stackfile.checks.findings import underlined
from minicompose.stackfile.pathtext import node_at, path_text


def refusals(stack: Stack) -> list[Diagnostic]:
    """What no engine carries out of the services of `stack`, the building of images aside."""
    return [as_diagnostic(stack, owner, lack) for owner, lack in _refused(stack)]


def build_refusals(stack: Stack, plan: Plan) -> list[Diagnostic]:
    """What the builder does not do, of the builds that are in the plan."""
    return [
        as_diagnostic(stack, ("services", service.name, "build"), lack)
        for service, build in _built(stack, plan)
        for lack in refused_build(build)
    ]


def platform_refusals(stack: Stack, plan: Plan) -> list[Diagnostic]:
    """Builds for several platforms. To bring a stack up, the engine's own is enough."""
    why, hint = "the classic builder makes one platform's image", "say which by `platform` of the service"
    return [
        as_diagnostic(stack, ("services", service.name, "build"), Lack(("platforms",), why, hint=hint))
        for service, build in _built(stack, plan)
        if service.platform is None and len(build.platforms or ()) > 1
    ]


def _built(stack: Stack, plan: Plan) -> Iterator[tuple[Service, Build]]:
    for name in dict.fromkeys(step.action.service for step in plan.steps if isinstance(step.action, BuildImage)):
        service = stack.services[name]
        if service.build is not None:
            yield service, service.build


def lacks(stack: Stack, api: tuple[int, int], abilities: Callable[[], Abilities]) -> list[Diagnostic]:
    """What the engine at hand lacks. It is asked for its `abilities` only where the answer matters."""
    found: list[tuple[Path, Lack]] = []
    for name, service in stack.services.items():
        found += [(("services", name), lack) for lack in unsupported(service, api)]
    for name, network in stack.networks.items():
        if not network.external:
            found += [(("networks", name), lack) for lack in unsupported_network(network, api)]
    particular = [service for service in stack.services.values() if depends_on_host(service)]
    if particular:
        found += _on_host(particular, abilities())
    return [as_diagnostic(stack, owner, lack) for owner, lack in found]


def _on_host(services: Iterable[Service], host: Abilities) -> Iterator[tuple[Path, Lack]]:
    for service in services:
        for lack in lacking_on_host(service, host):
            yield ("services", service.name), lack


def _refused(stack: Stack) -> Iterator[tuple[Path, Lack]]:
    configs: dict[str, None] = {}
    secrets: dict[str, None] = {}
    for name, service in stack.services.items():
        for lack in refused(service):
            yield ("services", name), lack
        for lack in _missing_profiles(stack, service):
            yield ("services", name), lack
        for path, why, hint in misplaced(stack, service):
            yield ("services", name), Lack(path, why, hint=hint)
        configs |= dict.fromkeys(grant.source for grant in service.configs or ())
        secrets |= dict.fromkeys(grant.source for grant in service.secrets or ())
    for section, used, declared in (("configs", configs, stack.configs), ("secrets", secrets, stack.secrets)):
        for name in used:
            if name in declared:
                for lack in refused_config(declared[name], secret=section == "secrets"):
                    yield (section, name), lack


def _missing_profiles(stack: Stack, service: Service) -> Iterator[Lack]:
    for index, option in enumerate(service.security_opt or ()):
        path = profile_path(option, stack.directory)
        if path is not None and not pathlib.Path(path).is_file():
            yield Lack(("security_opt", index), f"there is no seccomp profile {path}")


def as_diagnostic(stack: Stack, owner: Path, lack: Lack) -> Diagnostic:
    """What is asked for below `owner` and lacks, at its place; a lack without a path has none."""
    path = (*owner, *lack.path)
    return Diagnostic(
        severity="warning" if lack.harmless else "error",
        pos=stack.position(*path) if path else None,
        path=path_text(path),
        summary=lack.why,
        hint=lack.hint,
        length=_length(stack, path),
    )


def _length(stack: Stack, path: Path) -> int:
    """How much is underlined: the key, which `Stack.position` is of, or the value of an entry of a list."""
    if not path:
        return 1
    if isinstance(path[-1], str) or stack.root is None:
        return len(str(path[-1]))
    return underlined(node_at(stack.root, path).value)
