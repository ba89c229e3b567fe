"""The plans of `build`, `pull` and `push`: images alone, no container is touched."""

from collections.abc import Iterable, Mapping

import msgspec

from minicompose.model import Build, Service, Stack
from minicompose.planning import graph
from minicompose.planning.images import Images, build_action, familiar, order_builds
from minicompose.planning.observed import Observed
from minicompose.planning.plan import Asked, Plan, PullImage, PushImage, Subject
from minicompose.planning.record import service_image
from minicompose.planning.steps import Steps


class BuildOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `build` says.

    `args` override the file's; a value of None is not passed. `ssh` are keys for all builds. `memory` is in bytes.
    """

    services: tuple[str, ...] = ()
    args: dict[str, str | None] = {}
    no_cache: bool = False
    pull: bool = False
    push: bool = False
    ssh: dict[str, str | None] = {}
    memory: int | None = None
    with_dependencies: bool = False


class PullOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `pull` says. `missing_only` leaves images alone that are there."""

    services: tuple[str, ...] = ()
    missing_only: bool = False
    ignore_buildable: bool = False
    include_dependencies: bool = False


class PushOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `push` says."""

    services: tuple[str, ...] = ()
    include_dependencies: bool = False


def plan_build(stack: Stack, options: BuildOptions) -> Plan:
    """A build for each service that has one, and a push where that is asked for; the same image is built once."""
    steps = Steps()
    builds: dict[str, int] = {}
    services = [stack.services[name] for name in built_services(stack, options)]
    for service in services:
        image = service_image(stack, service)
        if service.build is None or familiar(image) in builds:
            continue
        asked = msgspec.structs.replace(service, build=_with_options(service.build, options))
        action = msgspec.structs.replace(build_action(stack, asked, image), memory=options.memory)
        subject = Subject(type="image", name=image, service=service.name)
        builds[familiar(image)] = steps.add(subject, action, Asked(option="build"))
    order_builds(stack, steps)
    if options.push:
        _add_pushes(steps, services, builds)
    return steps.plan(stack.name)


def _with_options(build: Build, options: BuildOptions) -> Build:
    return msgspec.structs.replace(
        build,
        args={**(build.args or {}), **options.args} if options.args else build.args,
        no_cache=options.no_cache or build.no_cache,
        pull=options.pull or build.pull,
        ssh={**(build.ssh or {}), **options.ssh} or None,
    )


def asked_builds(stack: Stack, options: BuildOptions) -> list[Service]:
    """Those that are built of the services asked for, of what these depend on and are built from, as options say."""
    names = graph.with_contexts(stack, graph.closure(stack, options.services or stack.services))
    services = [stack.services[name] for name in stack.services if name in names]
    return [
        service
        if service.build is None
        else msgspec.structs.replace(service, build=_with_options(service.build, options))
        for service in services
    ]


def built_services(stack: Stack, options: BuildOptions) -> tuple[str, ...]:
    """The services whose images are asked for, and those that these are built from."""
    services = _named(stack, options.services, options.with_dependencies)
    return graph.with_contexts(stack, (service.name for service in services))


def plan_pull(stack: Stack, observed: Observed, options: PullOptions) -> Plan:
    """A pull for each image that comes from a registry; the same image is pulled once.

    A service with a build is pulled too when it names its image, unless `ignore_buildable`.
    """
    there = Images(observed.images)
    steps = Steps()
    seen = set()
    unchanged = []
    for service in _named(stack, options.services, options.include_dependencies):
        if not _is_pulled(service, options):
            continue
        image = service_image(stack, service)
        key = (familiar(image), service.platform)
        if key in seen:
            continue
        seen.add(key)
        subject = Subject(type="image", name=image, service=service.name)
        wanted_once = options.missing_only or service.pull_policy in ("missing", "if_not_present")
        if wanted_once and there.id_of(image) is not None:
            unchanged.append(subject)
        else:
            steps.add(subject, PullImage(image=image, platform=service.platform), Asked(option="pull"))
    return steps.plan(stack.name, unchanged=unchanged)


def plan_push(stack: Stack, options: PushOptions) -> Plan:
    """A push of each image that is built here and has a name, and of its tags; each name is pushed once."""
    steps = Steps()
    _add_pushes(steps, _named(stack, options.services, options.include_dependencies), {})
    return steps.plan(stack.name)


def _add_pushes(steps: Steps, services: Iterable[Service], builds: Mapping[str, int]) -> None:
    """`builds` are the steps that build images, by these; a push comes after its image's."""
    seen = set()
    for service in services:
        if service.build is None or service.image is None:
            continue
        for image in (service.image, *(service.build.tags or ())):
            if familiar(image) in seen:
                continue
            seen.add(familiar(image))
            subject = Subject(type="image", name=image, service=service.name)
            after = [builds[familiar(service.image)]] if familiar(service.image) in builds else []
            steps.add(subject, PushImage(image=image), Asked(option="push"), after=after)


def _is_pulled(service: Service, options: PullOptions) -> bool:
    if service.image is None or service.pull_policy in ("never", "build"):
        return False
    return not (service.build is not None and options.ignore_buildable)


def _named(stack: Stack, names: Iterable[str], with_dependencies: bool) -> list[Service]:
    wanted = set(names) or set(stack.services)
    if with_dependencies:
        wanted = set(graph.closure(stack, wanted))
    return [service for service in stack.services.values() if service.name in wanted]
