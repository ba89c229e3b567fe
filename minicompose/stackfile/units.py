"""Text to quantities: durations, sizes, file modes, truth values; and numbers back to text.

Every function raises `ValueError` with a message for the reader of the stack file.
"""

import math
from collections.abc import Sequence

from minicompose.model import ByteSize, Duration, FileMode
from minicompose.regex import regex

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
_SPAN = regex(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h|d|w)")
_DURATION = regex(r"([+-]?)((?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h|d|w))+)")
_DIGITS = "[0-9]+(?:_[0-9]+)*"
_SIZE = regex(
    rf"\+?((?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?[0-9]{{1,2}})?) ?([kKmMgGtTpP]?)(?:[iI]?[bB])?"
)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_OCTAL = regex(r"(?:0o)?([0-7]+)")
_INTEGER = regex(r"[+-]?[0-9]+")
_NUMBER = regex(rf"[+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?")
_SPELT = regex(r" *([0-9]+(?:\.[0-9]+)?) *([A-Za-z]+) *")
_SPELT_SPANS = ("ms", "s", "m", "h", "d", "w")
_LARGEST = 2**63 - 1  # of what engines count with
_LONGEST = 100  # characters of a number: no more are needed, and Python would refuse some thousands
_TRUTH = {"true": True, "false": False}
_OLD_TRUTH = {"y": True, "yes": True, "on": True, "n": False, "no": False, "off": False}


def parse_duration(text: str) -> Duration:
    """`1m30s`, `1.5h`, `2w`; a bare `0` needs no unit."""
    if text in ("0", "+0", "-0"):
        return Duration(0)
    _check_length(text)
    found = _DURATION.fullmatch(text)
    if found is None:
        if _NUMBER.fullmatch(text):
            raise ValueError(f'"{text}" has no unit: write {text}s for seconds')
        raise ValueError(
            f'"{text}" is not a duration: write {_meant(text, _SPELT_SPANS) or "it as 90s, 1m30s or 500ms"}'
        )
    total = 0
    for whole, fraction, unit in _SPAN.findall(found[2]):
        size = _NANOSECONDS[unit]
        total += int(whole or 0) * size
        if fraction:
            total += int(fraction) * size // 10 ** len(fraction)
    return Duration(_fitting(-total if found[1] == "-" else total, text))


def parse_microseconds(value: float | str) -> Duration:
    """A plain number counts microseconds, as the engine's real-time scheduling does."""
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(f"{print_scalar(value)} is not a whole number of microseconds")
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        return parse_duration(value)
    return Duration(_fitting(int(value) * 1_000, str(value)))


def parse_size(text: str) -> ByteSize:
    """`512m`, `1.5 GiB`, `64`: bytes, in powers of 1024 whichever suffix is used; `-1` is unlimited."""
    if text == "-1":
        return ByteSize(-1)
    found = _SIZE.fullmatch(text)
    if found is None:
        point = text.replace(",", ".")
        raise ValueError(
            f'"{text}" is not a size: write '
            + (point if _SIZE.fullmatch(point) else _meant(text, "kmgtp") or "it in bytes, or as 512k, 64m or 2g")
        )
    _check_length(text)
    amount, unit = found[1], found[2].lower()
    scale = 1024 ** _POWERS[unit]
    size = int(amount) * scale if amount.isdecimal() else int(float(amount) * scale)
    return ByteSize(_fitting(size, text))


def parse_mode(text: str) -> FileMode:
    """Permission bits in octal, with or without a leading `0` or `0o`."""
    found = _OCTAL.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" is not a file mode: write it in octal, as "0440"')
    return FileMode(int(found[1], 8))


def parse_boolean(text: str) -> bool:
    """`true` or `false`, or one of the old words of YAML (`is_old_boolean` knows them)."""
    word = text.lower()
    if word in _TRUTH:
        return _TRUTH[word]
    if word in _OLD_TRUTH:
        return _OLD_TRUTH[word]
    raise ValueError(f'"{text}" is neither true nor false')


def is_old_boolean(text: str) -> bool:
    """Whether `text` is a truth value of YAML 1.1 that later versions read as a string."""
    return text.lower() in _OLD_TRUTH


def parse_integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise ValueError(f'"{text}" is not a whole number')
    _check_length(text)
    return _fitting(int(text), text)


def parse_number(text: str) -> float:
    if _NUMBER.fullmatch(text) is None:
        point = text.replace(",", ".")
        raise ValueError(f'"{text}" is not a number' + (f": write {point}" if _NUMBER.fullmatch(point) else ""))
    number = float(text)
    if math.isinf(number):
        raise ValueError(f'"{text}" is too large')
    return number


def _meant(text: str, units: Sequence[str]) -> str:
    """What a quantity with its unit spelt out is in short: "10s" for "10 seconds"; "" for anything else."""
    found = _SPELT.fullmatch(text)
    if found is None:
        return ""
    amount, word = found[1], found[2].lower()
    if word.startswith(("milli", "msec")):
        word = "ms"
    unit = next((unit for unit in units if word == unit), "") or next((unit for unit in units if word[0] == unit), "")
    return f"{amount}{unit}" if unit else ""


def _check_length(text: str) -> None:
    if len(text) > _LONGEST:
        raise ValueError(f'"{text[:20]}..." is too large')


def _fitting(amount: int, text: str) -> int:
    """`amount`, which `text` says, if it is one of those that engines can take."""
    if abs(amount) > _LARGEST:
        raise ValueError(f'"{text}" is too large')
    return amount


def print_scalar(value: object) -> str:
    """A scalar where text is wanted: `1.0` is "1", `true` is "true", `1e21` is "1e+21"."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _print_float(value)
    return str(value)


def _print_float(value: float) -> str:
    """As the reference does: the shortest digits, with an exponent below 1e-4 and from 1e6 on."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return repr(value).removesuffix(".0")
    return next(text for text in (f"{value:.{digits}e}" for digits in range(18)) if float(text) == value)
