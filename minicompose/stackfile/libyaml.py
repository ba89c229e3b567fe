"""PyYAML's C parser and its events, without the Python parser, the constructors and the dumpers that come along.

These are an eighth of what a short command would load, and all that the C parser wants of them is the names of its
errors. So it is imported beside a stand-in of the package that has classes of these names, which is then taken away
again: whoever imports `yaml` later in this process has all of it but this parser. Where somebody has done so before,
as `minicompose.library` does for programs, and where PyYAML has no C parser, it is taken whole.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

_ERRORS = {
    "scanner": "ScannerError",
    "parser": "ParserError",
    "composer": "ComposerError",
    "constructor": "ConstructorError",
    "emitter": "EmitterError",
    "serializer": "SerializerError",
    "representer": "RepresenterError",
}


def _library() -> Any:
    """The package `yaml`, or a stand-in that has `error`, `reader`, `events` and `_yaml`."""
    if "yaml" not in sys.modules:
        try:
            return _stand_in()
        except (ImportError, AttributeError):  # no libyaml, or a PyYAML that wants more
            pass
    return importlib.import_module("yaml")


def _stand_in() -> ModuleType:
    found = importlib.util.find_spec("yaml")
    if found is None:
        raise ImportError("there is no yaml")
    package = ModuleType("yaml")
    package.__path__ = list(found.submodule_search_locations or ())
    sys.modules["yaml"] = package
    try:
        error = importlib.import_module("yaml.error")
        for name in ("tokens", "events", "nodes"):
            importlib.import_module(f"yaml.{name}")
        for name, class_name in _ERRORS.items():
            _add(package, name, type(class_name, (error.MarkedYAMLError,), {}))
        _add(package, "reader", type("ReaderError", (error.YAMLError,), {"__init__": _remember}))
        importlib.import_module("yaml._yaml")
    except BaseException:
        _take_away()
        raise
    _take_away()
    sys.modules["yaml._yaml"] = None  # type: ignore[assignment]  # it is bound to the stand-in: not to be had
    return package


def _take_away() -> None:
    for name in [name for name in sys.modules if name == "yaml" or name.startswith("yaml.")]:
        del sys.modules[name]


def _add(package: ModuleType, name: str, error: type) -> None:
    module = ModuleType(f"yaml.{name}")
    setattr(module, error.__name__, error)
    setattr(package, name, module)


def _remember(error: Any, name: str, position: int, character: Any, encoding: str, reason: str) -> None:
    """As PyYAML's ReaderError does."""
    error.name, error.position, error.character, error.encoding, error.reason = (
        name,
        position,
        character,
        encoding,
        reason,
    )


def _pure_parser() -> type:
    from yaml.parser import Parser as PureParser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class Parser(Reader, Scanner, PureParser):
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            PureParser.__init__(self)

    return Parser


_yaml = _library()

events = _yaml.events
YAMLError: Any = _yaml.error.YAMLError
MarkedYAMLError: Any = _yaml.error.MarkedYAMLError
ReaderError: Any = _yaml.reader.ReaderError
Parser: Any = _yaml._yaml.CParser if hasattr(_yaml, "_yaml") else _pure_parser()
