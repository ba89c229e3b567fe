"""Images pinned: each with the digest that its registry has for its name at this moment."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.engine.protocol import Engine
from minicompose.errors import EngineError, EngineUnreachable, ExitCode, StackFileError
from minicompose.model import Node
from minicompose.stackfile.expressions import expressions


class NamedImage(msgspec.Struct, frozen=True):
    """The image that a service names; `node` is where it does."""

    service: str
    image: str
    node: Node


def named_images(root: Node) -> list[NamedImage]:
    """The images that services of a tree name. One that is built here is in no registry, and not among them."""
    section = root.value.get("services")
    services: Mapping[str, Node] = section.value if section is not None else {}
    return [
        NamedImage(name, str(node.value["image"].value), node.value["image"])
        for name, node in services.items()
        if "image" in node.value and "build" not in node.value
    ]


def pinned(images: Sequence[NamedImage], engine: Engine, texts: dict[str, str], *, workers: int) -> dict[str, str]:
    """The images with their digests, by service; one that says its digest already stays as it is.

    The registries are asked side by side. Raises StackFileError with the place of every image for which
    there is no answer, and EngineUnreachable.
    """
    _refuse_expressions(images, texts)
    wanted = sorted({named.image for named in images if "@" not in named.image})
    with ThreadPoolExecutor(max_workers=max(1, min(workers, len(wanted)))) as pool:
        found = dict(zip(wanted, pool.map(lambda image: _digest(engine, image), wanted), strict=True))
    problems = [
        _problem(named, f"no digest for {named.image}: {answer.message}", answer.hint)
        for named in images
        if isinstance(answer := found.get(named.image), EngineError)
    ]
    if problems:
        error = StackFileError(problems, texts)
        error.exit_code = ExitCode.ENGINE
        raise error
    return {named.service: _with_digest(named.image, found.get(named.image)) for named in images}


def _digest(engine: Engine, image: str) -> str | EngineError:
    try:
        return engine.image_digest(image)
    except EngineUnreachable:
        raise
    except EngineError as error:
        return error


def _with_digest(image: str, digest: object) -> str:
    return image if digest is None else f"{image}@{digest}"


def _refuse_expressions(images: Sequence[NamedImage], texts: dict[str, str]) -> None:
    problems = [
        _problem(named, f"{named.image} is an expression, and no registry knows it", "leave --no-interpolate out")
        for named in images
        if expressions(named.image)
    ]
    if problems:
        raise StackFileError(problems, texts)


def _problem(named: NamedImage, summary: str, hint: str) -> Diagnostic:
    path = f"services.{named.service}.image"
    return Diagnostic(
        severity="error", pos=named.node.pos, path=path, summary=summary, hint=hint, length=len(named.image)
    )
