"""A saved plan: what `plan -o` writes and `apply` reads, without secrets.

Beside the plan itself it holds what the plan was made from: how the stack files were found and read, what
they said, what the engine had. `apply` makes all of that again and compares.
"""

from typing import Any

import msgspec

from minicompose.digests import sha256
from minicompose.history.revision import plain, typed
from minicompose.model import Stack
from minicompose.planning.observed import State
from minicompose.planning.up import UpOptions

FORMAT = 1


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, by keyword, and read back strictly."""


class Reading(Value, frozen=True, kw_only=True):
    """How the stack files were found and read. Paths are absolute; `services` are the options' affair.

    `settings` are the variables of the environment that bear on this, such as COMPOSE_PROFILES.
    """

    working_directory: str
    files: tuple[str, ...] = ()
    project_directory: str | None = None
    project_name: str | None = None
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] | None = None
    compatibility: bool = False
    settings: dict[str, str] = {}


class SeenContainer(Value, frozen=True, kw_only=True):
    """`exit_code` is set for one that has exited; `networks` maps names to ids."""

    id: str
    state: State
    exit_code: int | None = None
    networks: dict[str, str] = {}


class Seen(Value, frozen=True, kw_only=True):
    """What the engine had of the project, by name: networks and images with their ids, volumes with their digests."""

    containers: dict[str, SeenContainer] = {}
    networks: dict[str, str] = {}
    volumes: dict[str, str] = {}
    images: dict[str, str] = {}


class SavedPlan(Value, frozen=True, kw_only=True):
    """A plan that can be carried out later.

    `at` is in seconds since 1970, `who` USER@HOST, `version` that of minicompose. `engine` is what the engine
    says it is, `address` where it was reached. `files` are all stack files that were read. In `stack` digests
    stand where secrets stood; `contents` has those of configs and secrets. `plan` is the plan as data, sealed as
    in `plan --format json`; `text` is how it reads.
    """

    format: int = FORMAT
    version: str
    at: float
    who: str
    project: str
    engine: str
    address: str
    files: tuple[str, ...]
    reading: Reading
    options: UpOptions
    text: str
    seen: Seen
    contents: dict[str, str]
    stack: Stack
    plan: Any
    digest: str = ""


class Unusable(Exception):
    """A text that is no saved plan of ours; says why."""


class _Format(msgspec.Struct):
    format: int


def encode(saved: SavedPlan) -> bytes:
    """The file's text, with a digest over all the rest."""
    signed = msgspec.structs.replace(saved, digest=_digest(saved))
    return msgspec.json.format(_encoded(signed), indent=1) + b"\n"


def decode(text: bytes) -> SavedPlan:
    """The plan that `encode` wrote. Raises Unusable for everything else: one that was cut off, or changed."""
    try:
        written = msgspec.json.decode(text, type=_Format).format
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unusable("it is no plan that `plan -o` has written, or not all of it") from error
    if written != FORMAT:
        raise Unusable(f"it is of format {written}, and this version of minicompose reads format {FORMAT}")
    try:
        saved = msgspec.json.decode(text, type=SavedPlan, dec_hook=typed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unusable(f"it has been changed since it was written: {error}") from error
    if saved.digest != _digest(saved) or encode(saved) != text:
        raise Unusable("it has been changed since it was written")
    return saved


def _digest(saved: SavedPlan) -> str:
    return "sha256:" + sha256(_encoded(msgspec.structs.replace(saved, digest=""))).hexdigest()


def _encoded(saved: SavedPlan) -> bytes:
    return msgspec.json.encode(saved, enc_hook=plain)
