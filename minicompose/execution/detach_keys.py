"""The keys that leave a command alone: typed one after another they end the conversation, not the command."""

import msgspec

DEFAULT = "ctrl-p,ctrl-q"

_OTHERS = {"@": 0, "[": 27, "\\": 28, "]": 29, "^": 30, "_": 31}


class Sifted(msgspec.Struct, frozen=True):
    """What of the keys typed goes on to the command, and whether the sequence was complete."""

    data: bytes
    detached: bool


class DetachKeys:
    """Looks for a sequence in what is typed, however it is cut; keys that may begin it are held back meanwhile."""

    def __init__(self, sequence: bytes) -> None:
        self._sequence = sequence
        self._held = 0  # how many keys of the sequence have been typed

    def sift(self, typed: bytes) -> Sifted:
        if not self._sequence:
            return Sifted(typed, detached=False)
        passed = bytearray()
        for key in typed:
            self._advance(key, passed)
            if self._held == len(self._sequence):
                return Sifted(bytes(passed), detached=True)
        return Sifted(bytes(passed), detached=False)

    def _advance(self, key: int, passed: bytearray) -> None:
        """One more key: it goes on with the sequence, or what was held back was meant for the command."""
        typed = self._sequence[: self._held] + bytes([key])
        while typed and not self._sequence.startswith(typed):
            passed.append(typed[0])
            typed = typed[1:]
        self._held = len(typed)


def sequence_of(text: str) -> bytes:
    """The bytes of keys as they are written: single characters, or `ctrl-` with a letter or one of `@[\\]^_`.

    Raises ValueError.
    """
    return bytes(_code(key) for key in text.split(",")) if text else b""


def _code(key: str) -> int:
    if len(key) == 1 and key.isascii():
        return ord(key)
    letter = key[5:].lower() if key.lower().startswith("ctrl-") else ""
    if len(letter) == 1 and "a" <= letter <= "z":
        return ord(letter) - ord("a") + 1
    if letter in _OTHERS:
        return _OTHERS[letter]
    raise ValueError(f'"{key}" is no key: write a character, or ctrl- and a letter or one of @ [ \\ ] ^ _')
