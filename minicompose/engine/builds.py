"""Building images with the engine's classic builder."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from minicompose.engine.protocol import OnProgress
from minicompose.engine.registry import reports
from minicompose.engine.resources import ulimit
from minicompose.engine.support import cache_image, is_remote
from minicompose.engine.translate import host_lines
from minicompose.engine.transport import Query
from minicompose.errors import BadRequest, EngineFault
from minicompose.model import Build
from minicompose.planning.plan import BuildImage

_TAIL_LINES = 30
_PIECE = 65536
_INLINE_NAME = ".dockerfile.inline"


def build_query(asked: BuildImage, dockerfile: str) -> Query:
    """The parameters of `POST /build`; `dockerfile` is its path in the context."""
    build = asked.build
    query: dict[str, str | tuple[str, ...]] = {
        "t": (asked.image, *(build.tags or ())),
        "dockerfile": dockerfile,
        "rm": "1",
        "forcerm": "1",
        "labels": _json({**(build.labels or {}), **asked.labels}),
        "buildargs": _json(build.args or {}),
    }
    optional = {
        "target": build.target,
        "networkmode": build.network,
        "isolation": build.isolation,
        "platform": asked.platform,
        "shmsize": str(int(build.shm_size)) if build.shm_size else None,
        "cachefrom": _json(_cache_images(build)) if build.cache_from else None,
        "ulimits": _json([ulimit(name, value) for name, value in build.ulimits.items()]) if build.ulimits else None,
        "nocache": "1" if asked.no_cache or build.no_cache else None,
        "pull": "1" if asked.pull or build.pull else None,
        "remote": build.context if build.context and is_remote(build.context) else None,
    }
    query |= {name: value for name, value in optional.items() if value}
    if build.extra_hosts:
        query["extrahosts"] = tuple(host_lines(build.extra_hosts) or ())
    return query


def _cache_images(build: Build) -> list[str]:
    """The classic builder takes images alone: named, or by `type=registry,ref=NAME`."""
    return [image for entry in build.cache_from or () if (image := cache_image(entry))]


@contextmanager
def build_context(build: Build) -> Iterator[tuple[str, Iterator[bytes] | None]]:
    """The Dockerfile's path in the context, and the context's archive; None where the engine fetches it."""
    context = build.context or "."
    if is_remote(context):
        if build.dockerfile_inline is not None:
            raise BadRequest("dockerfile_inline needs a context that is a directory here, not a URL")
        yield build.dockerfile or "Dockerfile", None
        return
    if not Path(context).is_dir():
        raise BadRequest(f"the build context {context} is not a directory")
    name, content = _dockerfile(build, context)
    with _packed(context, name, content) as packed:
        yield name, iter(lambda: packed.read(_PIECE), b"")


def follow_build(chunks: Iterator[bytes], on_progress: OnProgress) -> None:
    """Tell what a build prints. Raises EngineFault, with the end of it, when a step fails."""
    printed: deque[str] = deque(maxlen=_TAIL_LINES)
    for report in reports(chunks):
        if report.error:
            raise EngineFault(report.error.strip(), status=500, output="\n".join(printed))
        printed.extend(line for line in report.stream.splitlines() if line.strip())
        if report.stream or report.status:
            on_progress(report.progress)


def _dockerfile(build: Build, context: str) -> tuple[str, str | None]:
    """Its path in the context, and its content where the context's archive would not have it."""
    if build.dockerfile_inline is not None:
        return _INLINE_NAME, build.dockerfile_inline
    path = Path(context, build.dockerfile or "Dockerfile")
    if not path.is_file():
        raise BadRequest(f"there is no Dockerfile {path}")
    root, inside = Path(context).resolve(), path.resolve()
    if inside.is_relative_to(root):
        return inside.relative_to(root).as_posix(), None
    return _INLINE_NAME, path.read_text()


def _packed(context: str, dockerfile: str, content: str | None) -> IO[bytes]:
    """The context without what its .dockerignore names, in a temporary file."""
    from docker.utils.build import tar  # the docker SDK costs 135 ms

    try:
        packed: Any = tar(Path(context), exclude=_ignored(context, dockerfile), dockerfile=(dockerfile, content))
    except OSError as error:
        raise BadRequest(f"the build context {context} cannot be read: {error}") from error
    return cast(IO[bytes], packed)


def _ignored(context: str, dockerfile: str) -> list[str]:
    """The patterns of `<Dockerfile>.dockerignore`, or else of `.dockerignore`."""
    for name in (f"{dockerfile}.dockerignore", ".dockerignore"):
        path = Path(context, name)
        if path.is_file():
            stripped = (line.strip() for line in path.read_text().splitlines())
            return [line for line in stripped if line and not line.startswith("#")]
    return []


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
