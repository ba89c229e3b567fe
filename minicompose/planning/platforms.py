"""Which platform an image is for, as `linux/arm64/v8`, and whether that is the one asked for."""

from minicompose.model import Service, Stack

_ARCHITECTURES = {
    "aarch64": "arm64",
    "x86_64": "amd64",
    "x86-64": "amd64",
    "i386": "386",
    "i486": "386",
    "i586": "386",
    "i686": "386",
    "armhf": "arm/v7",
    "armel": "arm/v6",
}
_SYSTEMS = ("linux", "windows", "darwin", "freebsd", "wasip1", "js")
# The variant that is meant where none is said.
_USUAL = {"arm": "v7", "arm64": "v8", "amd64": "v1"}


def same_platform(asked: str, found: str) -> bool:
    """Whether both are one platform in different words, as `linux/arm64` and `linux/aarch64/v8`.

    `asked` may leave out the system or the architecture: then any is the same.
    """
    return all(not said or said == there for said, there in zip(_parts(asked), _parts(found), strict=True))


def _parts(platform: str) -> tuple[str, str, str]:
    """System, architecture and variant."""
    first, *rest = platform.lower().split("/")
    if first not in _SYSTEMS and first not in ("", "macos"):
        first, rest = "", [first, *rest]
    system = "darwin" if first == "macos" else first
    architecture, _, variant = _ARCHITECTURES.get(rest[0], rest[0]).partition("/") if rest else ("", "", "")
    variant = rest[1] if len(rest) > 1 else variant or _USUAL.get(architecture, "")
    return system, architecture, f"v{variant}" if variant.isdecimal() else variant


def asking_for_platform(stack: Stack) -> tuple[Service, ...]:
    """The services of which the planner needs to know what platform the engine has their image for."""
    return tuple(service for service in stack.services.values() if service.platform)


def has_platform(service: Service, found: str | None) -> bool:
    """Whether the image, as it is on the engine, will do; of one that nothing is known of this is assumed."""
    return not service.platform or not found or same_platform(service.platform, found)
