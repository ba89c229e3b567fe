"""Which of the engine's builders is used: BuildKit where it offers that, the classic one elsewhere."""

from collections.abc import Mapping
from typing import Literal

from minicompose.errors import UsageError
from minicompose.model import Build

Builder = Literal["buildkit", "classic"]

# From this version of its API on an engine's BuildKit limits what runs, and builds from several contexts.
LIMITS_IN_BUILDKIT = (1, 42)

_YES = ("1", "t", "true")
_NO = ("0", "f", "false")


def chosen_builder(environment: Mapping[str, str], greeting: Mapping[str, str]) -> Builder:
    """`greeting` are the headers of the engine's answer to a ping. Raises UsageError for a DOCKER_BUILDKIT that is
    neither yes nor no.

    DOCKER_BUILDKIT=0 means the classic builder. BuildKit is no choice where the engine does not have it.
    """
    said = environment.get("DOCKER_BUILDKIT", "").lower()
    if said and said not in (*_YES, *_NO):
        raise UsageError(
            f'DOCKER_BUILDKIT is "{said}", which is neither yes nor no', "1 is BuildKit, 0 the classic builder"
        )
    if said in _NO:
        return "classic"
    return "buildkit" if _offers_buildkit(greeting, asked=said in _YES) else "classic"


def _offers_buildkit(greeting: Mapping[str, str], *, asked: bool) -> bool:
    """An engine says which builder it prefers, 2 for BuildKit; Docker up to 20.10 only where it was configured."""
    prefers = greeting.get("builder-version", "")
    is_docker = greeting.get("server", "").startswith("Docker/") and "libpod-api-version" not in greeting
    if greeting.get("ostype") == "windows" or not is_docker:
        return prefers == "2"
    return prefers != "1" or asked


def builder_of(build: Build, offered: Builder, api: tuple[int, int], *, memory: int | None = None) -> Builder:
    """The builder for one build where the engine offers this one: what only the classic one can do, it does."""
    if offered == "buildkit" and not needs_buildkit(build) and (memory or needs_classic(build, api)):
        return "classic"
    return offered


def needs_buildkit(build: Build) -> bool:
    """Whether it asks for what the classic builder does not have."""
    return bool(build.secrets or build.ssh or build.additional_contexts or build.privileged or build.entitlements)


def needs_classic(build: Build, api: tuple[int, int]) -> bool:
    """Whether it asks for what the BuildKit of an engine of this version leaves out, without a word."""
    return api < LIMITS_IN_BUILDKIT and bool(build.shm_size or build.ulimits)
