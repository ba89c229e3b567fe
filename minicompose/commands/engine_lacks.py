"""What a stack asks for and nobody here carries out, as diagnostics with their places."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import assert_never

from minicompose.diagnostic import Diagnostic
from minicompose.engine.lacks.everywhere import nameless, refused, refused_build, refused_config
from minicompose.engine.lacks.lack import Lack
from minicompose.engine.lacks.limits import impossible
from minicompose.engine.lacks.namespaces import excluded
from minicompose.engine.lacks.rights import unknown_rights
from minicompose.engine.protocol import Abilities, Engine, EngineInfo
from minicompose.model import Build, Network, Path, Service, Stack, Volume
from minicompose.planning.placement import misplaced
from minicompose.planning.plan import BuildImage, Plan
from minicompose.planning.seccomp import profile_path
from minicompose.stackfile.checks.findings import underlined
from minicompose.stackfile.pathtext import node_at, path_text


def refusals(stack: Stack) -> list[Diagnostic]:
    """What no engine carries out of the services of `stack`, the building of images aside."""
    return [as_diagnostic(stack, owner, lack) for owner, lack in _refused(stack)]


def build_refusals(
    stack: Stack, services: Iterable[str], info: Callable[[], EngineInfo], environment: Mapping[str, str]
) -> list[Diagnostic]:
    """What the builder does not do, and what is not there to build from, for the images of these services.

    The engine is asked for its `info` only where something is built.
    """
    built = list(_built(stack, services))
    if not built:
        return []
    from minicompose.engine.lacks.builds import missing_for_build  # here and below: only where something is to be made

    engine = info()
    return [
        as_diagnostic(stack, ("services", service.name, "build"), lack)
        for service, build in built
        for lack in (*_of_builder(stack, build, engine, environment), *missing_for_build(build))
    ]


def _of_builder(stack: Stack, build: Build, engine: EngineInfo, environment: Mapping[str, str]) -> Iterator[Lack]:
    from minicompose.engine.builders import builder_of

    builder = builder_of(build, engine.builder, engine.api)
    match builder:
        case "classic":
            yield from refused_build(build)
        case "buildkit":
            from minicompose.engine.lacks.buildkit import lacking_for_buildkit

            yield from lacking_for_buildkit(build, engine.api, environment)
            yield from _missing_secrets(stack, build)
        case _:
            assert_never(builder)


def _missing_secrets(stack: Stack, build: Build) -> Iterator[Lack]:
    """Those whose contents were not to be had when the stack was loaded."""
    for index, grant in enumerate(build.secrets or ()):
        secret = stack.secrets.get(grant.source)
        if secret is None or secret.sealed is not None:
            continue
        path = ("secrets", index, "source")
        if secret.environment is not None:
            yield Lack(path, f"the variable {secret.environment} of the secret {grant.source} is not set")
        elif secret.file is not None:
            there = os.path.exists(secret.file)  # noqa: PTH110 (pathlib would be imported for it)
            why = f"{secret.file} cannot be read" if there else f"there is no file {secret.file}"
            yield Lack(path, f"{why}, which the secret {grant.source} is to hold")
        else:
            yield Lack(path, f"the secret {grant.source} is external, and a build takes it from a file or a variable")


def platform_refusals(stack: Stack, plan: Plan) -> list[Diagnostic]:
    """Builds for several platforms. To bring a stack up, the engine's own is enough."""
    why, hint = "an engine's builder makes one platform's image", "say which by `platform` of the service"
    return [
        as_diagnostic(stack, ("services", service.name, "build"), Lack(("platforms",), why, hint=hint))
        for service, build in _built(stack, built_by(plan))
        if service.platform is None and len(build.platforms or ()) > 1
    ]


def built_by(plan: Plan) -> list[str]:
    """The services whose images are built in the plan."""
    builds = (step.action for step in plan.steps if isinstance(step.action, BuildImage))
    return list(dict.fromkeys(build.service for build in builds))


def _built(stack: Stack, services: Iterable[str]) -> Iterator[tuple[Service, Build]]:
    for name in services:
        service = stack.services[name]
        if service.build is not None:
            yield service, service.build


def lacks(stack: Stack, engine: Engine) -> list[Diagnostic]:
    """What the engine at hand lacks. It is asked for its `abilities` only where the answer matters."""
    from minicompose.engine.lacks.host import depends_on_host
    from minicompose.engine.lacks.version import unsupported, unsupported_network

    api = engine.api_version
    found: list[tuple[Path, Lack]] = []
    for name, service in stack.services.items():
        found += [(("services", name), lack) for lack in unsupported(service, api)]
    for name, network in stack.networks.items():
        if not network.external:
            found += [(("networks", name), lack) for lack in unsupported_network(network, api)]
    if any(depends_on_host(service) for service in stack.services.values()) or _driven(stack):
        found += _on_host(stack, engine.abilities())
    if engine.is_podman:
        from minicompose.engine.lacks.podman import lacking_on_podman

        host = engine.abilities()
        services = stack.services.values()
        found += [(("services", its.name), lack) for its in services for lack in lacking_on_podman(its, host)]
    return [as_diagnostic(stack, owner, lack) for owner, lack in found]


def _driven(stack: Stack) -> bool:
    """Whether a network or a volume that would be made has a driver that is asked for by its name."""
    made: tuple[Network | Volume, ...] = (*stack.networks.values(), *stack.volumes.values())
    return any(resource.driver and not resource.external for resource in made)


def _on_host(stack: Stack, host: Abilities) -> Iterator[tuple[Path, Lack]]:
    from minicompose.engine.lacks.drivers import missing_network_driver, missing_volume_driver
    from minicompose.engine.lacks.host import lacking_on_host

    for service in stack.services.values():
        for lack in lacking_on_host(service, host):
            yield ("services", service.name), lack
    for name, network in stack.networks.items():
        if not network.external:
            for lack in missing_network_driver(network, host):
                yield ("networks", name), lack
    for name, volume in stack.volumes.items():
        if not volume.external:
            for lack in missing_volume_driver(volume, host):
                yield ("volumes", name), lack


def _refused(stack: Stack) -> Iterator[tuple[Path, Lack]]:
    configs: dict[str, None] = {}
    secrets: dict[str, None] = {}
    for name, service in stack.services.items():
        for lack in _of_service(stack, service):
            yield ("services", name), lack
        configs |= dict.fromkeys(grant.source for grant in service.configs or ())
        secrets |= dict.fromkeys(grant.source for grant in service.secrets or ())
    for section, resources in (("networks", stack.networks), ("volumes", stack.volumes)):
        for name, resource in resources.items():
            for lack in nameless(resource):
                yield (section, name), lack
    for section, used, declared in (("configs", configs, stack.configs), ("secrets", secrets, stack.secrets)):
        for name in used:
            if name in declared:
                for lack in refused_config(declared[name], secret=section == "secrets"):
                    yield (section, name), lack


def _of_service(stack: Stack, service: Service) -> Iterator[Lack]:
    yield from refused(service)
    yield from excluded(service, stack.services)
    yield from impossible(service)
    yield from unknown_rights(service)
    yield from nameless(service)
    yield from _missing_profiles(stack, service)
    for path, why, hint in misplaced(stack, service):
        yield Lack(path, why, hint=hint)


def _missing_profiles(stack: Stack, service: Service) -> Iterator[Lack]:
    for index, option in enumerate(service.security_opt or ()):
        path = profile_path(option, stack.directory)
        if path is not None and not os.path.isfile(path):  # noqa: PTH113 (pathlib would be imported for it)
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
