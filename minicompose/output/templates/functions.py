"""What a template may call: Go's own functions, and those that docker adds for `--format`."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from minicompose.regex import regex

_VERB = regex(r"%(?P<flags>[-+ 0]*)(?P<width>\d*)(?P<precision>\.\d+)?(?P<verb>.)")


class Wrong(Exception):
    """A function cannot work with what it was given; the message says so without naming it."""


def shown(value: object) -> str:
    """A value as Go prints it."""
    match value:
        case None:
            return "<no value>"
        case bool():
            return "true" if value else "false"
        case Mapping():
            return f"{{{' '.join(shown(its) for its in value.values() if not callable(its))}}}"
        case str():
            return value
        case Sequence():
            return f"[{' '.join(map(shown, value))}]"
        case _:
            return str(value)


def is_true(value: object) -> bool:
    """What `if` takes for true: all but false, 0, and what is empty."""
    return bool(value)


def as_json(value: object) -> str:
    """A record's keys are sorted; those of what is in it stay as they are, which is as Go has them."""
    if isinstance(value, Mapping):
        value = {name: value[name] for name in sorted(value) if not callable(value[name])}
    return msgspec.json.encode(value).decode()


def printf(form: str, *values: object) -> str:
    waiting = list(values)

    def filled(found: re.Match[str]) -> str:
        verb = found["verb"]
        if verb == "%":
            return "%"
        if not waiting:
            return f"%!{verb}(MISSING)"
        value = waiting.pop(0)
        flags = f"%{found['flags']}{found['width']}{found['precision'] or ''}"
        match verb:
            case "s" | "v":
                return f"{flags}s" % shown(value)
            case "q":
                return f"{flags}s" % as_json(shown(value))
            case "t" if isinstance(value, bool):
                return f"{flags}s" % shown(value)
            case "d" | "x" | "X" | "o" if isinstance(value, int):
                return f"{flags}{verb}" % value
            case "f" | "e" | "g" if isinstance(value, int | float):
                return f"{flags}{verb}" % value
            case _:
                raise Wrong(f'cannot print "{shown(value)}" as %{verb}')

    return _VERB.sub(filled, form)


def println(*values: object) -> str:
    return " ".join(map(shown, values)) + "\n"


def print_(*values: object) -> str:
    """A blank between two of which none is a text."""
    told = ""
    for before, value in zip((None, *values), values, strict=False):
        blank = " " if told and not isinstance(before, str) and not isinstance(value, str) else ""
        told += blank + shown(value)
    return told


def join(entries: Sequence[object], between: str) -> str:
    if isinstance(entries, str) or not isinstance(entries, Sequence):
        raise Wrong("joins the entries of a list")
    return between.join(map(shown, entries))


def truncate(text: str, length: int) -> str:
    return text[:length]


def pad(text: str, before: int, after: int) -> str:
    return " " * before + text + " " * after if text else ""


def index(value: Any, *places: Any) -> object:
    for place in places:
        try:
            value = value.get(place, "") if isinstance(value, Mapping) else value[place]
        except (IndexError, TypeError) as error:
            raise Wrong(f"finds nothing at {shown(place)}") from error
    return value


def slice_(value: Any, *ends: int) -> object:
    return value[slice(*ends)] if len(ends) > 1 else value[ends[0] if ends else 0 :]


def eq(value: object, *others: object) -> bool:
    """Whether it is equal to one of the others."""
    if any(isinstance(value, str) != isinstance(other, str) for other in others):
        raise Wrong(f'cannot compare a text with a number, as "{shown(value)}" and "{shown(others[0])}"')
    return value in others


def and_(*values: object) -> object:
    return next((value for value in values if not is_true(value)), values[-1])


def or_(*values: object) -> object:
    return next((value for value in values if is_true(value)), values[-1])


FUNCTIONS: dict[str, Callable[..., object]] = {
    "and": and_,
    "or": or_,
    "not": lambda value: not is_true(value),
    "eq": eq,
    "ne": lambda one, other: not eq(one, other),
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "len": lambda value: len(value),
    "index": index,
    "slice": slice_,
    "print": print_,
    "printf": printf,
    "println": println,
    "json": as_json,
    "split": lambda text, between: text.split(between),
    "join": join,
    "title": lambda text: re.sub(r"(?<!\w)\w", lambda found: found[0].upper(), text),
    "lower": lambda text: text.lower(),
    "upper": lambda text: text.upper(),
    "truncate": truncate,
    "pad": pad,
}

# In the header of a table a title stays as it is, whatever is done with the values under it.
TITLES: dict[str, Callable[..., object]] = FUNCTIONS | dict.fromkeys(
    ("json", "split", "join", "title", "lower", "upper", "truncate", "pad", "slice"), lambda title, *_: title
)
