"""Building images with the engine's classic builder."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from minicompose.engine.dockerignore import Ignored, ignored_by
from minicompose.engine.lacks.builds import is_remote
from minicompose.engine.lacks.everywhere import cache_image
from minicompose.engine.progress import OnProgress
from minicompose.engine.registry import reports
from minicompose.engine.resources import ulimit
from minicompose.engine.translate import host_lines
from minicompose.engine.transport import Query
from minicompose.errors import BadRequest, EngineFault
from minicompose.model import Build
from minicompose.planning.plan import BuildImage

_TAIL_LINES = 30
_INLINE_NAME = ".dockerfile.inline"
_IGNORE_FILE = ".dockerignore"


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
        "memory": str(asked.memory) if asked.memory else None,
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
    yield _packed(build, context)


def left_out_of(build: Build) -> Ignored:
    """What is not in the build's context, which is a directory here."""
    ignore_file = _ignore_file(build, build.context or ".")
    return ignored_by(_text(ignore_file) if ignore_file else "")


def follow_build(chunks: Iterator[bytes], on_progress: OnProgress) -> None:
    """Tell what a build prints. Raises EngineFault, with the end of it, when a step fails."""
    printed: deque[str] = deque(maxlen=_TAIL_LINES)
    for report in reports(chunks):
        if report.error:
            raise EngineFault(report.error.strip(), status=500, output="\n".join(printed))
        printed.extend(line for line in report.stream.splitlines() if line.strip())
        if report.stream or report.status:
            on_progress(report.progress)


def _packed(build: Build, context: str) -> tuple[str, Iterator[bytes]]:
    """The Dockerfile's path in the context, and the context without what its .dockerignore names."""
    from minicompose.engine.context_archive import archive  # tarfile costs 15 ms

    dockerfile, content = _dockerfile(build, context)
    own = Path(context, _IGNORE_FILE)
    ignore_file = _ignore_file(build, context)
    ignored = ignored_by(_text(ignore_file) if ignore_file else "")
    added: dict[str, bytes] = {} if content is None else {dockerfile: content}
    if content is not None or ignore_file not in (None, own):
        # The engine takes away what this file names of the two, after it has read them.
        kept = own.is_file() and not ignored.leaves_out(_IGNORE_FILE)
        last = [f"{'!' if kept else ''}{_IGNORE_FILE}"]
        last.append(dockerfile if content is not None or ignored.leaves_out(dockerfile) else f"!{dockerfile}")
        added[_IGNORE_FILE] = "\n".join([*([_text(own)] if kept else []), *last]).encode(errors="surrogateescape")
    return dockerfile, archive(context, ignored, frozenset((dockerfile, _IGNORE_FILE)), added)


def _dockerfile(build: Build, context: str) -> tuple[str, bytes | None]:
    """Its path in the context, and its content where the context does not have it."""
    if build.dockerfile_inline is not None:
        return _INLINE_NAME, build.dockerfile_inline.encode()
    path = Path(context, build.dockerfile or "Dockerfile")
    if not path.is_file():
        raise BadRequest(f"there is no Dockerfile {path}")
    root, inside = Path(context).resolve(), path.resolve()
    if inside.is_relative_to(root):
        return inside.relative_to(root).as_posix(), None
    return _INLINE_NAME, path.read_bytes()


def _ignore_file(build: Build, context: str) -> Path | None:
    """`<Dockerfile>.dockerignore` beside the Dockerfile, or else the context's `.dockerignore`."""
    own = [] if build.dockerfile_inline is not None else [f"{build.dockerfile or 'Dockerfile'}.dockerignore"]
    return next((path for name in (*own, _IGNORE_FILE) if (path := Path(context, name)).is_file()), None)


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="surrogateescape")
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}") from error


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
