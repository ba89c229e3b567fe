"""What of a build BuildKit does not do, or not in the version that the engine has."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from minicompose.engine.builders import LIMITS_IN_BUILDKIT
from minicompose.engine.lacks.builds import dockerfile_text, is_remote
from minicompose.engine.lacks.everywhere import cache_words
from minicompose.engine.lacks.lack import Lack
from minicompose.model import Build
from minicompose.regex import regex

# A Dockerfile that is read by an image's frontend, and not by the engine's own; after other directives, if at all.
_SYNTAX = regex(r"\A\ufeff?(?:[ \t]*#[ \t]*\w+[ \t]*=.*\r?\n)*?[ \t]*#[ \t]*syntax[ \t]*=[ \t]*\S", re.IGNORECASE)
_IMAGE = "docker-image://"
_ATTESTED = "is not kept by the engine's image store: images have no attestations here"


def lacking_for_buildkit(build: Build, api: tuple[int, int], environment: Mapping[str, str]) -> Iterator[Lack]:
    """`api` is the engine's version; `environment` is what tells of the user's ssh agent."""
    yield from _too_new(build, api)
    yield from _caches(build)
    for name in ("provenance", "sbom"):
        if getattr(build, name) not in (None, "false"):
            yield Lack((name,), f"`{name}` {_ATTESTED}", harmless=True)
    for index, secret in enumerate(build.secrets or ()):
        for attribute in ("uid", "gid", "mode"):
            if getattr(secret, attribute) is not None:
                why = f"`{attribute}` is for the Dockerfile to say: RUN --mount=type=secret,id=...,{attribute}=..."
                yield Lack(("secrets", index, attribute), why, harmless=True)
    for name, place in (build.additional_contexts or {}).items():
        yield from _context(name, place)
    for id, path in (build.ssh or {}).items():
        yield from _keys(id, path, environment)


def _too_new(build: Build, api: tuple[int, int]) -> Iterator[Lack]:
    if api >= LIMITS_IN_BUILDKIT:
        return
    needed, has = ".".join(map(str, LIMITS_IN_BUILDKIT)), ".".join(map(str, api))
    why = f"with BuildKit this needs engine API {needed}, and this engine has {has}"
    for attribute in ("shm_size", "ulimits"):
        if getattr(build, attribute):
            yield Lack((attribute,), why)
    if build.additional_contexts and not _SYNTAX.search(dockerfile_text(build)):
        hint = "or begin the Dockerfile with `# syntax=docker/dockerfile:1`, an image that is pulled"
        yield Lack(("additional_contexts",), why, hint=hint)


def _caches(build: Build) -> Iterator[Lack]:
    for index, entry in enumerate(build.cache_from or ()):
        if cache_words(entry)["type"] != "registry":
            yield Lack(("cache_from", index), "the engine's BuildKit takes a cache from images alone", harmless=True)
    for index, entry in enumerate(build.cache_to or ()):
        if cache_words(entry)["type"] != "inline":
            why = "the engine's BuildKit keeps a cache in the image alone"
            yield Lack(("cache_to", index), why, harmless=True, hint="type=inline does")


def _context(name: str, place: str) -> Iterator[Lack]:
    path = ("additional_contexts", name)
    if place.startswith("oci-layout://"):
        yield Lack(path, "an OCI layout cannot be sent to the engine", hint=f"load it, and name it by {_IMAGE}")
    elif not place.startswith((_IMAGE, "service:")) and not is_remote(place) and not Path(place).is_dir():
        what = "is a file: a context is a directory" if Path(place).exists() else "is not there"
        yield Lack(path, f"the directory {place} {what}")


def _keys(id: str, path: str | None, environment: Mapping[str, str]) -> Iterator[Lack]:
    if path:
        if not Path(path).exists():
            yield Lack(("ssh", id), f"there is no key and no agent {path}")
    elif not environment.get("SSH_AUTH_SOCK"):
        hint = "start one: eval $(ssh-agent); ssh-add" if id == "default" else f"or name a key: {id}=PATH"
        yield Lack(("ssh", id), "no ssh agent runs here: SSH_AUTH_SOCK is not set", hint=hint)
