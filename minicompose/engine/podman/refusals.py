"""What Podman's refusals mean: many have the status of a fault, and words of its own."""

import re

import msgspec

from minicompose.regex import regex


class _Told(msgspec.Struct, frozen=True):
    """Podman's words, the status that Docker gives the same refusal, and Docker's words where hints hang on them."""

    pattern: re.Pattern[str]
    status: int
    words: str = ""


def _told(pattern: str, status: int, words: str = "") -> _Told:
    return _Told(regex(pattern, re.DOTALL), status, words)


_TOLD = (
    _told(
        r'container name "(?P<name>[^"]+)" is already in use by (?P<id>[0-9a-f]+)',
        409,
        'container name "{name}" is already in use by container {id}',
    ),
    _told(r'"(?P<name>[^"]+)" has associated containers with it', 409, "network {name} has active endpoints"),
    _told(
        r'is already connected to network "?(?P<name>[^":\s]+)',
        409,
        "the container is on network {name} already: it already exists there",
    ),
    _told(r"is not connected to network", 404),
    _told(r'"[^"]*" is not supported: invalid network mode', 404, "the container is not connected to that network"),
    _told(
        r"executable file [`'](?P<name>[^`']+)['`] not found", 400, 'exec: "{name}": executable file not found in $PATH'
    ),
    _told(r"network already exists", 409),
    _told(r"network not found|unable to find network", 404),
    _told(r"volume (?:\S+ )?is being used|volume already exists", 409),
    _told(r"image is in use by a container|image used by", 409),
    _told(r"container state improper|can only be used on running containers", 409),
    _told(r"UNIQUE constraint failed: ContainerConfig[.]Name", 409, "another container has that name already"),
    _told(r"no such (?:container|image|volume|pod|exec session)", 404),
)


def refusal_of_podman(status: int, message: str) -> tuple[int, str]:
    """Docker's status and words for an answer with this status and message."""
    for told in _TOLD:
        if (found := told.pattern.search(message)) is not None:
            words = told.words.format_map(found.groupdict()) if told.words else message
            return told.status if status == 500 else status, words
    return status, message
