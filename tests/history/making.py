"""Revisions in a few words."""

from typing import Any

import msgspec

from minicompose.history.noting import state_now
from minicompose.history.revision import Revision
from minicompose.model import Stack
from minicompose.planning.observed import Observed


def revision_of(stack: Stack, number: int = 1, now: Observed | None = None, **more: Any) -> Revision:
    """The revision after the first `up` of a stack; without `now` as if no containers were there."""
    state = state_now(stack, tuple(stack.services), None, now or Observed(project=stack.name))
    fields = {"at": 1_700_000_000.0, "who": "ann@desk", "how": "up", "engine": "unix:///e", "version": "1"}
    made = {"stack": state.stack, "sealed": state.sealed, "contents": state.contents, "images": state.images}
    return Revision(number=number, project=stack.name, **{**fields, **made, **more})


def bare(stack: Stack) -> Stack:
    """What of a stack can be in a revision."""
    contents = {
        section: {key: msgspec.structs.replace(each, sealed=None) for key, each in getattr(stack, section).items()}
        for section in ("configs", "secrets")
    }
    return msgspec.structs.replace(stack, root=None, disabled={}, **contents)
