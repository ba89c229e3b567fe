"""What BuildKit is asked for in one build: `moby.buildkit.v1.Control`, as Dockerfiles need it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.files import Directory
from minicompose.engine.lacks.builds import is_remote
from minicompose.engine.lacks.everywhere import cache_words
from minicompose.engine.translate import host_lines
from minicompose.errors import BadRequest
from minicompose.model import Build, Ulimit
from minicompose.planning.plan import BuildImage

SOLVE = "/moby.buildkit.v1.Control/Solve"
STATUS = "/moby.buildkit.v1.Control/Status"
_FRONTEND = "dockerfile.v0"
_EXPORTER = "moby"  # into the engine's own images
_INLINE_NAME = "Dockerfile"
_LOCAL_PREFIX = "local:"

Sources = tuple[dict[str, Directory], dict[str, str]]


def sources(build: Build) -> Sources:
    """The directories that a build may read, by their names, and the attributes that tell the frontend of them.

    Raises BadRequest for one that is not there.
    """
    context = build.context or "."
    directories: dict[str, Directory] = {}
    attributes: dict[str, str] = {}
    if is_remote(context):
        attributes["context"] = context
        attributes["filename"] = build.dockerfile or "Dockerfile"
    else:
        directories["context"] = _directory(context)
    if build.dockerfile_inline is not None:
        directories["dockerfile"] = Directory(files={_INLINE_NAME: build.dockerfile_inline.encode()})
        attributes |= {"filename": _INLINE_NAME, "dockerfilekey": "dockerfile"}
    elif not is_remote(context):
        file = Path(context, build.dockerfile or "Dockerfile")
        if not file.is_file():
            raise BadRequest(f"there is no Dockerfile {file}")
        name = _dockerfile_source(context, file.parent)
        directories[name] = Directory(str(file.parent))
        attributes |= {"filename": file.name, "dockerfilekey": name}
    for name, place in (build.additional_contexts or {}).items():
        attributes[f"context:{name}"] = place
        if not _is_fetched(place):
            directories[f"context-{name}"] = _directory(place)
            attributes[f"context:{name}"] = f"{_LOCAL_PREFIX}context-{name}"
    return directories, attributes


def _dockerfile_source(context: str, directory: Path) -> str:
    """A name of its own for each directory: the engine compares what comes with what came by the same name before."""
    if directory == Path(context):
        return "dockerfile"
    return f"dockerfile-{hashlib.sha256(str(directory).encode()).hexdigest()[:12]}"


def _directory(path: str) -> Directory:
    if not Path(path).is_dir():
        raise BadRequest(f"the build context {path} is not a directory")
    return Directory(path)


def _is_fetched(place: str) -> bool:
    return place.startswith(("docker-image://", "oci-layout://")) or is_remote(place)


def solve_request(asked: BuildImage, attributes: Mapping[str, str], *, ref: str, session: str) -> bytes:
    """The message by which the build is begun; `attributes` are those of its sources."""
    build = asked.build
    names = ",".join((asked.image, *(build.tags or ())))
    return b"".join(
        (
            wire.octets(1, ref),
            wire.octets(3, _EXPORTER),
            wire.table(4, {"name": names}),
            wire.octets(5, session),
            wire.octets(6, _FRONTEND),
            wire.table(7, {**frontend_attributes(asked), **attributes}),
            wire.octets(8, _cache(build)),
            *(wire.octets(9, right) for right in entitlements(build)),
        )
    )


def frontend_attributes(asked: BuildImage) -> dict[str, str]:
    """What is asked of the Dockerfile's frontend, its sources aside."""
    build = asked.build
    attributes = {f"build-arg:{name}": value for name, value in (build.args or {}).items() if value is not None}
    attributes |= {f"label:{name}": value for name, value in {**(build.labels or {}), **asked.labels}.items()}
    optional = {
        "target": build.target,
        "platform": asked.platform,
        "force-network-mode": build.network if build.network != "default" else None,
        "shm-size": str(int(build.shm_size)) if build.shm_size else None,
        "ulimit": ",".join(_ulimit(name, value) for name, value in (build.ulimits or {}).items()),
        "add-hosts": ",".join("=".join(line.split(":", 1)) for line in host_lines(build.extra_hosts or ()) or ()),
        "cache-imports": _imports(build),
    }
    attributes |= {name: value for name, value in optional.items() if value}
    attributes["image-resolve-mode"] = "pull" if asked.pull or build.pull else "default"
    if asked.no_cache or build.no_cache:
        attributes["no-cache"] = ""  # of no stage in particular
    return attributes


def entitlements(build: Build) -> tuple[str, ...]:
    """The rights that it asks the engine for."""
    asked = dict.fromkeys(build.entitlements or ())
    if build.privileged:
        asked["security.insecure"] = None
    if build.network == "host":
        asked["network.host"] = None
    return tuple(asked)


def _cache(build: Build) -> bytes:
    """What of its caches the engine can have; the rest was warned of (`lacks/buildkit.py`)."""
    exports = [_entry(words) for words in map(cache_words, build.cache_to or ()) if words["type"] == "inline"]
    imports = [_entry(words) for words in _imported(build)]
    return b"".join((*(wire.message(4, entry) for entry in exports), *(wire.message(5, entry) for entry in imports)))


def _entry(words: Mapping[str, str]) -> bytes:
    rest = {name: value for name, value in words.items() if name != "type"}
    return wire.octets(1, words["type"]) + wire.table(2, rest)


def _imported(build: Build) -> list[dict[str, str]]:
    return [words for words in map(cache_words, build.cache_from or ()) if words["type"] == "registry"]


def _imports(build: Build) -> str:
    """The same for the frontend, which asks for the caches itself."""
    found = [
        {"Type": words["type"], "Attrs": {name: words[name] for name in words if name != "type"}}
        for words in _imported(build)
    ]
    return msgspec.json.encode(found).decode() if found else ""


def _ulimit(name: str, value: int | Ulimit) -> str:
    soft, hard = (value.soft, value.hard) if isinstance(value, Ulimit) else (value, value)
    return f"{name}={soft}:{hard}"


def status_request(ref: str) -> bytes:
    """The message that asks how a build goes on."""
    return wire.octets(1, ref)


def dockerfile_shown(build: Build) -> str:
    """The Dockerfile's name for people."""
    return "dockerfile_inline" if build.dockerfile_inline is not None else build.dockerfile or "Dockerfile"
