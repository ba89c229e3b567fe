"""A command written as one string, cut into words as a shell would, though there is no shell."""

import msgspec

_SPACES = " \t\r\n"
_OPERATORS = ";&|<>"


class CommandLine(msgspec.Struct, frozen=True):
    """The words of a command; `ignored` is what follows from the first operator of a shell on."""

    words: tuple[str, ...]
    ignored: str = ""


def split_words(text: str) -> CommandLine:
    """Shell words: quotes and backslashes count, and nothing is expanded.

    A backslash makes the next character literal everywhere but between single quotes. `$(...)` and
    backquotes hold together what they enclose, and stay. As in the reference, the command ends where
    a shell would see an operator (`;`, `&&`, a pipe, a redirection). Raises `ValueError`.
    """
    found: list[str] = []
    word: list[str] | None = None
    quote = ""  # ' or " within such quotes
    enclosed = ""  # ` or ( within a command to be substituted
    characters = enumerate(text)
    for index, character in characters:
        bare = not quote and not enclosed
        if character == "\\" and quote != "'":
            _, escaped = next(characters, (0, ""))
            if not escaped:
                raise ValueError("the command ends in a backslash that escapes nothing")
            word = word or []
            word.append(escaped)
        elif bare and character in _SPACES:
            if word is not None:
                found.append("".join(word))
            word = None
        elif bare and character in _OPERATORS:
            redirected = character == ">" and word and word[0].isdigit()  # 2>file: the number is no word
            words = found if word is None or redirected else [*found, "".join(word)]
            return CommandLine(tuple(words), text[index:])
        elif character in "'\"" and enclosed != "(" and quote in ("", character):
            quote = "" if quote else character
            word = word or []
        else:
            if not quote:
                enclosed = _enclosed(character, enclosed, word)
            word = word or []
            word.append(character)
    if quote or enclosed:
        raise ValueError(f"the command has an opening {quote or enclosed} that is never closed")
    if word is not None:
        found.append("".join(word))
    return CommandLine(tuple(found))


def _enclosed(character: str, enclosed: str, word: list[str] | None) -> str:
    """What encloses the text after `character`, which stands outside of quotes."""
    if character == "`" and enclosed != "(":
        return "" if enclosed else "`"
    if character == ")" and enclosed == "(":
        return ""
    if character == "(" and not enclosed and word and word[-1] == "$":
        return "("
    if character in "()" and enclosed != "`":
        raise ValueError(f"the command has a {character} that only a shell could read: put it in quotes")
    return enclosed
