"""A revision: what a project was made to be at one time, without its secrets, and how it is written down."""

from typing import Any, Literal

import msgspec

from minicompose.model import Stack

FORMAT = 1


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, by keyword, and read back strictly."""


What = Literal["created", "replaced", "removed", "started", "restarted", "pulled", "built"]


class Touched(Value, frozen=True, kw_only=True):
    """Something that was changed, and in words why. `name` is the engine's; what looks like a secret is masked."""

    what: What
    type: Literal["container", "network", "volume", "image"]
    name: str
    service: str | None = None
    because: tuple[str, ...] = ()


class Revision(Value, frozen=True, kw_only=True):
    """What a project was after a change to it.

    `at` is in seconds since 1970, `who` USER@HOST, `how` the verb ("up", "rollback to 3"). `engine` is its
    address and `version` that of minicompose. `images` has the id of the image that each service ran.

    `stack` has all services that the project had, as they were; where secrets stood in it are their digests,
    and `sealed` says which digests those are. `contents` has the digest of what each config and secret held,
    as `configs.site`; inline contents of configs are in `stack`, too.
    """

    format: int = FORMAT
    number: int
    at: float
    who: str
    how: str
    project: str
    engine: str
    version: str
    changes: tuple[Touched, ...] = ()
    images: dict[str, str] = {}
    contents: dict[str, str] = {}
    sealed: tuple[str, ...] = ()
    stack: Stack


class Unreadable(Exception):
    """A text that is no revision of ours; says why."""


class _Format(msgspec.Struct):
    format: int


def encode(revision: Revision) -> bytes:
    return msgspec.json.format(msgspec.json.encode(revision, enc_hook=plain), indent=1)


def decode(text: bytes) -> Revision:
    """The revision that `encode` wrote. Raises Unreadable for all else, also for what a newer version has added."""
    try:
        written = msgspec.json.decode(text, type=_Format).format
        if written != FORMAT:
            raise Unreadable(f"it is of format {written}, and this version of minicompose reads format {FORMAT}")
        revision = msgspec.json.decode(text, type=Revision, dec_hook=typed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    if encode(revision) != text:
        raise Unreadable("it says things that this version of minicompose does not know")
    return revision


def plain(value: object) -> int:
    """The `enc_hook`: durations, sizes and modes are kept as numbers."""
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"{type(value).__name__} is not part of a revision")


def typed(kind: type, value: Any) -> Any:
    """The `dec_hook` for what `plain` has written."""
    if issubclass(kind, int) and isinstance(value, int):
        return kind(value)
    raise ValueError(f"{value!r} is no {kind.__name__}")
