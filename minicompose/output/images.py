"""The images of containers, as `images` tells of them."""

import time
from collections.abc import Iterable
from datetime import datetime

import msgspec

from minicompose.engine.protocol import ImageDetails
from minicompose.output.sizes import decimal_size
from minicompose.output.spans import ago
from minicompose.output.tables import fitted

HEADER = ("CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED")
_SPARE = (6, 3, 5, 4)  # columns that narrow terminals go without
_LEAST = 17
_SHORT_ID = 12
_NONE = "<none>"


class UsedImage(msgspec.Struct, frozen=True):
    """A container with the image that it was made of; `name` is what it called that."""

    container: str
    name: str
    details: ImageDetails


def images_table(images: Iterable[UsedImage], *, width: int | None = None, now: float | None = None) -> str:
    """`now` is in seconds since 1970."""
    now = time.time() if now is None else now
    rows = [_row(image, now) for image in images]
    return fitted(HEADER, rows, width=width, least=_LEAST, spare=_SPARE, tails=(0,))


def _row(image: UsedImage, now: float) -> tuple[str, ...]:
    repository, tag = name_and_tag(image.name)
    named = image.details.named_at
    return (
        image.container,
        repository or _NONE,
        tag or _NONE,
        image.details.platform,
        image.details.id.removeprefix("sha256:")[:_SHORT_ID],
        decimal_size(image.details.size),
        ago(now - datetime.fromisoformat(named).timestamp()) if named else "N/A",
    )


def images_json(images: Iterable[UsedImage]) -> str:
    """One list, with the keys of docker compose; a moment that is not known is left out."""
    told = []
    for image in images:
        repository, tag = name_and_tag(image.name)
        record: dict[str, str | int] = {
            "ID": image.details.id,
            "ContainerName": image.container,
            "Repository": repository,
            "Tag": tag,
            "Platform": image.details.platform,
            "Size": image.details.size,
        }
        if image.details.named_at:
            record["LastTagTime"] = image.details.named_at
        told.append(record)
    return msgspec.json.encode(told).decode()


def name_and_tag(image: str) -> tuple[str, str]:
    """The familiar name, and the tag; a container that was made by an image's id has neither."""
    if image.startswith("sha256:"):
        return "", ""
    name, _, digest = image.partition("@")
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        head, tag = name, "" if digest else "latest"
    return head.removeprefix("docker.io/").removeprefix("library/"), tag
