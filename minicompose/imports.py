"""What the packages that we use import, and no command of ours needs: a start is mostly imports.

Each is left out while the one that wants it is imported, and is there for everybody else afterwards.
"""

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

TYPE_CHECKING = False  # as type checkers know it: `typing` is more than some commands need
if TYPE_CHECKING:
    from typing import Any


@contextmanager
def without_translations() -> Iterator[None]:
    """While argparse is imported: what it says is English, as all else is, and is looked up nowhere."""
    with _standing_in(gettext=SimpleNamespace(gettext=str, ngettext=_english)):
        yield


def import_values() -> None:
    """Import msgspec as far as it is used, its values and their way to and from JSON; what few need comes later.

    It prefers typing_extensions to `typing`, which has all it needs from 3.11 on, and then waits for `inspect`, `ast`
    and the rest of what that imports; `uuid` asks `platform`, which compiles a dozen expressions, for the system's
    name. What describes types, for JSON schemas, is executed when it is first used.
    """
    if "msgspec" in sys.modules:
        return
    _defer("msgspec", "inspect")
    with _standing_in(typing_extensions=None, platform=SimpleNamespace(system=_system)):
        importlib.import_module("msgspec")


def _english(one: str, many: str, number: int) -> str:
    return one if number == 1 else many


def _system() -> str:
    """As `platform.system`, where `uuid` asks for it."""
    return os.uname().sysname


@contextmanager
def _standing_in(**others: "Any") -> Iterator[None]:
    """Have `others` in the place of modules that are not loaded yet; with None there is no such module."""
    absent = {name: other for name, other in others.items() if name not in sys.modules}
    sys.modules.update(absent)
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _defer(package: str, name: str) -> None:
    """Have a module of a package executed when something of it is first used.

    Not for what threads may use first: until Python 3.11.9 one could see what another is still executing.
    """
    found = importlib.util.find_spec(package)
    full_name = f"{package}.{name}"
    spec = importlib.machinery.PathFinder.find_spec(full_name, found.submodule_search_locations if found else None)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[full_name] = module
    spec.loader.exec_module(module)
