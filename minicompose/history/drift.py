"""What can be different since a plan was saved, as values."""

from typing import Literal

import msgspec

from minicompose.history.comparison import Differs


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of the engine's that is not as it was; `then` and `now` say how, where it is there still."""

    type: Literal["container", "network", "volume", "image"]
    name: str
    what: Literal["gone", "new", "another", "state", "networks"]
    then: str = ""
    now: str = ""


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """All that is different. `plan_differs` also where it is for no reason that is in the other two."""

    files: tuple[Differs, ...] = ()
    engine: tuple[Drift, ...] = ()
    plan_differs: bool = False

    def __bool__(self) -> bool:
        return bool(self.files or self.engine or self.plan_differs)
