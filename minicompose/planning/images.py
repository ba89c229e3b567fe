"""Image names, and what has to be done to have the images that services need."""

from collections.abc import Iterable, Mapping

import msgspec

from minicompose import __version__, labels
from minicompose.diagnostic import Diagnostic
from minicompose.model import Build, Sealed, Service, Stack
from minicompose.planning import graph
from minicompose.planning.freshness import Ages
from minicompose.planning.plan import Asked, BuildImage, Needed, OtherPlatform, PullImage, Reason, Subject
from minicompose.planning.platforms import has_platform
from minicompose.planning.record import service_image
from minicompose.planning.steps import Steps


def familiar(image: str) -> str:
    """An image's name in its shortest full form: "docker.io/library/redis" is "redis:latest"."""
    if image.startswith("sha256:"):
        return image
    name, _, digest = image.partition("@")
    for prefix in ("docker.io/", "index.docker.io/"):
        name = name.removeprefix(prefix)
    name = name.removeprefix("library/")
    base, colon, tag = name.rpartition(":")
    tagged = bool(colon) and "/" not in tag
    if digest:
        return f"{base if tagged else name}@{digest}"
    return name if tagged else f"{name}:latest"


class Images:
    """The images that the engine has, found by any form of their names.

    `platforms` tells by service what platform its image is for, where one is asked for.
    """

    def __init__(self, images: Mapping[str, str], platforms: Mapping[str, str] | None = None) -> None:
        self._platforms = platforms or {}
        self._ids = {familiar(name): image_id for name, image_id in images.items()}

    def id_of(self, image: str) -> str | None:
        return self._ids.get(familiar(image)) or next(
            (known for known in self._ids.values() if image.startswith("sha256:") and known.startswith(image)), None
        )

    def other_platform(self, service: Service) -> OtherPlatform | None:
        """Why the service's image, which is there, cannot be what it runs; None where it can."""
        found = self._platforms.get(service.name)
        if service.platform is None or found is None or has_platform(service, found):
            return None
        return OtherPlatform(asked=service.platform, found=found)


class ImageWishes(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks about images; see UpOptions."""

    pull: str | None = None
    build: bool = False
    builds: tuple[str, ...] = ()
    no_build: bool = False


class ImageStep(msgspec.Struct, frozen=True, kw_only=True):
    """What a service's containers wait for: `step` brings the image. `id` is what is there before it."""

    step: int | None
    id: str | None


def plan_images(
    stack: Stack,
    services: Iterable[Service],
    images: Images,
    wishes: ImageWishes,
    ages: Ages,
    steps: Steps,
    notes: list[Diagnostic],
) -> dict[str, ImageStep]:
    """Add a pull or a build for each image that has to come; the result is by service."""
    services = _with_what_they_are_built_from(stack, services, images, wishes)
    bring: dict[tuple[str, str | None], int] = {}
    found: dict[str, ImageStep] = {}
    built = {
        familiar(service_image(stack, service)) for service in services if _build_reason(stack, service, images, wishes)
    }
    for service in sorted(services, key=lambda service: (service.build is None, service.name)):
        image = service_image(stack, service)
        key = (familiar(image), None if familiar(image) in built else service.platform)
        if key not in bring:
            comes_built = familiar(image) in built
            step = _bring(stack, service, image, images, wishes, ages, steps, notes, comes_built=comes_built)
            if step is not None:
                bring[key] = step
        found[service.name] = ImageStep(step=bring.get(key), id=images.id_of(image))
    order_builds(stack, steps)
    return found


def _with_what_they_are_built_from(
    stack: Stack, services: Iterable[Service], images: Images, wishes: ImageWishes
) -> tuple[Service, ...]:
    """The services, and those whose images are needed to build theirs."""
    found = {service.name: service for service in services}
    built = [name for name, service in found.items() if _build_reason(stack, service, images, wishes)]
    found |= {name: stack.services[name] for name in graph.with_contexts(stack, built)}
    return tuple(found.values())


def order_builds(stack: Stack, steps: Steps) -> None:
    """Let a build come after those that it is built from, and after those of what its service depends on: its
    Dockerfile may begin from their images. What it says that it is built from counts more.
    """
    subjects = steps.subjects_of(BuildImage)
    by_image = {familiar(subject.name): number for number, subject in subjects.items()}

    def builds_of(services: Iterable[str]) -> set[int]:
        images = (familiar(service_image(stack, stack.services[name])) for name in services)
        return {by_image[image] for image in images if image in by_image}

    services = {number: subject.service or "" for number, subject in subjects.items()}
    before = {
        number: builds_of(graph.with_contexts(stack, [service])) - {number} for number, service in services.items()
    }
    for number, service in services.items():
        for other in sorted(builds_of(graph.closure(stack, [service])) - {number}):
            if number not in _all_before(before, other):
                before[number].add(other)
        steps.come_after(number, before[number])


def _all_before(before: Mapping[int, set[int]], number: int) -> set[int]:
    found: set[int] = set()
    waiting = [number]
    while waiting:
        for other in before[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


def _bring(
    stack: Stack,
    service: Service,
    image: str,
    images: Images,
    wishes: ImageWishes,
    ages: Ages,
    steps: Steps,
    notes: list[Diagnostic],
    *,
    comes_built: bool,
) -> int | None:
    subject = Subject(type="image", name=image, service=service.name)
    if reason := _build_reason(stack, service, images, wishes):
        return steps.add(subject, build_action(stack, service, image), reason)
    if comes_built:
        return None
    policy = wishes.pull or service.pull_policy or "missing"
    other = images.other_platform(service)
    missing = images.id_of(image) is None or other is not None
    if reason := _pull_reason(service, wishes, ages, missing=missing):
        return steps.add(subject, PullImage(image=image, platform=service.platform), reason)
    if not missing:
        return None
    if policy == "never" or (service.image is None and service.build is not None):
        why = "--no-build says not to build it" if service.build else f"{_never(wishes)} says not to pull it"
        notes.append(
            Diagnostic(
                severity="error",
                pos=stack.position("services", service.name, "image"),
                path=f"services.{service.name}.image",
                summary=f"{_not_there(image, other)}, and {why}",
            )
        )
        return None
    return steps.add(subject, PullImage(image=image, platform=service.platform), other or Needed(service=service.name))


def _not_there(image: str, other: OtherPlatform | None) -> str:
    if other is None:
        return f"the engine has no image {image}"
    return f"the engine has the image {image} for {other.found}, and not for {other.asked}"


def _pull_reason(service: Service, wishes: ImageWishes, ages: Ages, *, missing: bool) -> Reason | None:
    """Why the registry is asked even if the image is there."""
    if service.image is None:
        return None
    if wishes.pull == "always" and (service.build is None or service.pull_policy == "always"):
        return Asked(option="--pull always")
    if wishes.pull is not None:
        return None
    if service.pull_policy == "always":
        return Asked(option="pull_policy: always")
    return None if missing else ages.outdated(service)


def _never(wishes: ImageWishes) -> str:
    return "--pull never" if wishes.pull == "never" else "pull_policy: never"


def _build_reason(stack: Stack, service: Service, images: Images, wishes: ImageWishes) -> Reason | None:
    if service.build is None or wishes.no_build:
        return None
    if wishes.build:
        return Asked(option="--build")
    if service.name in wishes.builds:
        return Asked(option="watch")
    if service.pull_policy == "build":
        return Asked(option="pull_policy: build")
    pulled = service.pull_policy == "always" and service.image is not None
    if pulled:
        return None
    if images.id_of(service_image(stack, service)) is None:
        return Needed(service=service.name)
    return images.other_platform(service)


def _only(platforms: tuple[str, ...] | None) -> str | None:
    """The one platform to build for; of several, the engine's own is enough, which need not be said."""
    return platforms[0] if platforms and len(platforms) == 1 else None


def build_labels(stack: Stack, service: Service) -> dict[str, str]:
    """What an image that is built has beside its own labels."""
    return {labels.PROJECT: stack.name, labels.SERVICE: service.name, labels.VERSION: __version__}


def build_action(stack: Stack, service: Service, image: str) -> BuildImage:
    """The build of a service that has one."""
    assert service.build is not None
    return BuildImage(
        image=image,
        build=_with_images(stack, service.build),
        service=service.name,
        labels={**(service.build.labels or {}), **build_labels(stack, service)},
        platform=service.platform or _only(service.build.platforms),
        pull=bool(service.build.pull),
        no_cache=bool(service.build.no_cache),
        secrets=_secrets(stack, service.build),
    )


def _with_images(stack: Stack, build: Build) -> Build:
    """The build with the images of the services that it is built from."""
    if not build.additional_contexts:
        return build
    places = {}
    for name, place in build.additional_contexts.items():
        other = stack.services.get(place.removeprefix("service:")) if place.startswith("service:") else None
        places[name] = place if other is None else f"docker-image://{familiar(service_image(stack, other))}"
    return msgspec.structs.replace(build, additional_contexts=places)


def _secrets(stack: Stack, build: Build) -> dict[str, Sealed]:
    """What the build's secrets hold, as far as it is known, by the names that the Dockerfile has for them."""
    found = {}
    for grant in build.secrets or ():
        secret = stack.secrets.get(grant.source)
        if secret is not None and secret.sealed is not None:
            found[grant.target or grant.source] = secret.sealed
    return found
