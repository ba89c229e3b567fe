"""The secrets that are at hand now, by their digests: for going back to a revision, which has only these."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from minicompose.commands.context import Context
from minicompose.errors import EngineError, StackFileError, UsageError
from minicompose.history.revision import Revision
from minicompose.history.sealing import Secrets, sealed
from minicompose.model import Stack
from minicompose.planning.masking import sealed_pairs, sealed_words

if TYPE_CHECKING:
    from minicompose.planning.observed import Observed
    from minicompose.stackfile.files import LoadRequest
    from minicompose.stackfile.load import Loaded


class AtHand(msgspec.Struct, frozen=True):
    """`values` by their digests, and the `stack` that the stack files declare now, where they can be read."""

    values: dict[str, str]
    stack: Stack | None


def gathered(context: Context, newest: Revision, observed: "Observed") -> AtHand:
    """All values that may be secrets of the project: of the environment, its stack files and its containers."""
    secrets = Secrets()
    loaded = _loaded(context, newest)
    variables = loaded.variables if loaded is not None else {}
    for value in (*context.environment.values(), *variables.values()):
        with contextlib.suppress(UnicodeEncodeError):  # a variable may hold what is no text
            secrets(value)
    if loaded is not None:
        secrets.values |= sealed(loaded.stack)[1]
        for text in _contents(loaded.stack):
            secrets(text)
    for container in observed.containers:
        with contextlib.suppress(EngineError):  # it may be gone by now
            settings = context.engine.container_settings(container.id)
            for value in settings.environment.values():
                secrets(value)
            sealed_pairs(settings.environment, secrets)
            sealed_pairs(settings.labels, secrets)
            sealed_words(settings.words, secrets)
    return AtHand(secrets.values, loaded.stack if loaded is not None else None)


def _contents(stack: Stack) -> Iterator[str]:
    for config in (*stack.configs.values(), *stack.secrets.values()):
        if config.sealed is not None:
            with contextlib.suppress(UnicodeDecodeError):
                yield config.sealed.content.decode()


def _loaded(context: Context, newest: Revision) -> "Loaded | None":
    """What the stack files say now; they may be gone or wrong, and then there is less at hand."""
    from minicompose.stackfile.load import load_stack

    request = _request(context, newest)
    if request is None:
        return None
    for contents in (True, False):
        with contextlib.suppress(StackFileError, UsageError):
            return load_stack(msgspec.structs.replace(request, contents=contents, profiles=("*",)))
    return None


def _request(context: Context, newest: Revision) -> "LoadRequest | None":
    """The stack files of the command line, or those of the last revision, if they are still there."""
    if not context.names_project_only:
        return context.request()
    stack = newest.stack
    if not stack.files or not all(Path(file).is_file() for file in stack.files):
        return None
    return msgspec.structs.replace(context.request(), files=stack.files, project_directory=stack.directory)


def read_file(path: str) -> bytes | None:
    """What a file holds; None for one that cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return None
