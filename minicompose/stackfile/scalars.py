"""What an unquoted YAML scalar means: the YAML 1.2 core schema with the reference's three old habits.

`010` is octal, `1_000` is a thousand, `0b11` is three; `yes`, `no`, `on`, `off` and dates are strings.
"""

import math

from minicompose.regex import regex

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}

# With these a scalar must begin to be anything but a string ("" begins the empty one).
MAY_BEGIN_NON_STRING = frozenset(["", *"~0123456789+-.nNtTfF"])

_BASES = (
    (2, regex(r"0[bB]([01]+)")),
    (16, regex(r"0[xX]([0-9a-fA-F]+)")),
    (8, regex(r"0[oO]?([0-7]+)")),
    (10, regex(r"(0|[1-9][0-9]*)")),  # `08` is the float 8 to the reference
)
_SIGN_INSIDE = regex(r"(0[bo])([-+])")  # `0b-1` is -1 to the reference
_STRAY_UNDERSCORE = regex(r"(?<![0-9])_|_(?![0-9])")
_NUMBER = regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_INTEGER = 70  # digits: sixty-four bits in binary, and some
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def resolve(text: str) -> Scalar:
    """The value of the plain scalar `text`; what is no null, boolean or number stays the string it is."""
    if text in _WORDS:
        return _WORDS[text]
    if text[:1] not in MAY_BEGIN_NON_STRING or text[0] in "nNtTfF":
        return text
    if text[0] == "." and _STRAY_UNDERSCORE.search(text):  # only here does it matter where they stand
        return text
    digits = text.replace("_", "")
    integer = _integer(digits)
    if integer is not None:
        return integer
    if _NUMBER.fullmatch(digits):
        number = float(digits)
        if math.isfinite(number):
            return number
    return text


def _integer(digits: str) -> int | None:
    """A whole number that fits in 64 bits; a larger one is left to be a float, as in the reference."""
    if len(digits) > _LONGEST_INTEGER:
        return None
    if inside := _SIGN_INSIDE.match(digits):
        digits = inside[2] + inside[1] + digits[inside.end() :]
    negative = digits.startswith("-")
    magnitude = digits[1:] if digits[:1] in ("-", "+") else digits
    for base, pattern in _BASES:
        if match := pattern.fullmatch(magnitude):
            number = int(match[1], base)
            number = -number if negative else number
            return number if _SMALLEST <= number <= _LARGEST else None
    return None
