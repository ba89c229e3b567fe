"""Keeping secrets out of labels and out of what is shown.

In a record, a value that looks like a secret is replaced by its digest, so that a change of it is
seen and it itself is not. Where a difference is shown, the digests are hidden too.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from minicompose.digests import sha256
from minicompose.regex import regex
from minicompose.secretnames import names_a_secret

HIDDEN = "***"

_USERINFO = regex(r"(?<=://)([^/\s:@]*):([^/\s@]+)(?=@)")
_VALUE = r"""((?:"[^"]*"|'[^']*'|[^\s;&|])+)"""
_ASSIGNMENT = regex(rf"(?<![\w.-])(-{{0,2}}[A-Za-z_][\w.-]*)(=){_VALUE}")
_OPTION = regex(rf"(?<![\w.-])(-{{1,2}}[A-Za-z_][\w.-]*)([ \t]++)(?!-){_VALUE}")
DIGEST = regex(r"sha256:[0-9a-f]{64}")


# Gives what stands for a secret from now on.
Seal = Callable[[object], str]


def digest(value: object) -> str:
    return "sha256:" + sha256(str(value).encode()).hexdigest()


def sealed_text(text: str, seal: Seal = digest) -> str:
    """`text` with the passwords of URLs, and values of variables and options with secret names, as digests."""

    def assigned(found: re.Match[str]) -> str:
        name, sign, value = found.groups()
        return found[0] if not names_a_secret(name) or DIGEST.search(value) else f"{name}{sign}{seal(value)}"

    if "://" in text:
        text = _USERINFO.sub(lambda found: f"{found[1]}:{seal(found[2])}", text)
    if "=" in text:
        text = _ASSIGNMENT.sub(assigned, text)
    if "-" in text and (" " in text or "\t" in text):
        text = _OPTION.sub(assigned, text)
    return text


def sealed_words(words: Iterable[str], seal: Seal = digest) -> list[str]:
    """A command's words, sealed: what follows an option such as `--password` is a secret too."""
    sealed: list[str] = []
    option = ""
    for word in words:
        follows_secret = option.startswith("-") and "=" not in option and names_a_secret(option)
        sealed.append(seal(word) if follows_secret and not word.startswith("-") else sealed_text(word, seal))
        option = word
    return sealed


def sealed_pairs(pairs: dict[str, Any], seal: Seal = digest) -> dict[str, Any]:
    """Variables, labels or options, sealed by name and by what they hold."""
    return {name: _sealed_value(name, value, seal) for name, value in pairs.items()}


def _sealed_value(name: str, value: Any, seal: Seal) -> Any:
    if value in (None, ""):
        return value
    if names_a_secret(name):
        return seal(value)
    return sealed_text(value, seal) if isinstance(value, str) else value


def sealed(value: Any) -> Any:
    """Any value of a record, sealed by what it holds and, inside of it, by the names that people gave."""
    if isinstance(value, str):
        return sealed_text(value)
    if isinstance(value, list | tuple):
        return [sealed(item) for item in value]
    if isinstance(value, dict):
        return {name: _sealed_inside(name, item) for name, item in value.items()}
    return value


def _sealed_inside(name: str, value: Any) -> Any:
    """The value of a name that may be a secret's; of a list all entries are, then."""
    if not names_a_secret(name) or isinstance(value, bool):
        return sealed(value)
    if isinstance(value, list | tuple):
        return [_sealed_inside(name, item) for item in value]
    return sealed(value) if isinstance(value, dict) else _sealed_value(name, value, digest)


def masked(value: Any) -> Any:
    """A record's value as it may be shown: digests hidden."""
    if isinstance(value, str):
        return DIGEST.sub(HIDDEN, value) if "sha256:" in value else value
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {name: masked(item) for name, item in value.items()}
    return value
