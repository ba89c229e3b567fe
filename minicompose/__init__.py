"""minicompose: stack files in, running containers out."""

__version__ = "0.1.0"

TYPE_CHECKING = False  # as type checkers know it: `typing` is more than some commands need
if TYPE_CHECKING:
    from typing import Any

    from minicompose.diagnostic import Diagnostic
    from minicompose.errors import MinicomposeError, StackFileError, UsageError
    from minicompose.library import load_stack
    from minicompose.model import Service, SourcePos, Stack

__all__ = [
    "Diagnostic",
    "MinicomposeError",
    "Service",
    "SourcePos",
    "Stack",
    "StackFileError",
    "UsageError",
    "__version__",
    "load_stack",
]

_HOMES = {
    "Diagnostic": "diagnostic",
    "MinicomposeError": "errors",
    "Service": "model",
    "SourcePos": "model",
    "Stack": "model",
    "StackFileError": "errors",
    "UsageError": "errors",
    "load_stack": "library",
}


def __getattr__(name: str) -> "Any":
    """Imports what a program asks for; the command line starts without any of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
