"""Stack files to `Stack`: `load_stack(LoadRequest(...)) -> Loaded`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minicompose.stackfile.files import LoadRequest, Location, locate
    from minicompose.stackfile.load import Loaded, load_stack, project_name

__all__ = ["LoadRequest", "Loaded", "Location", "load_stack", "locate", "project_name"]

_HOMES = {"LoadRequest": "files", "Location": "files", "locate": "files"}


def __getattr__(name: str) -> Any:
    """Imports what is asked for: `locate` needs no YAML parser, and `load_stack` does."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'load')}"), name)
