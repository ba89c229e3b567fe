"""Protocol buffers as they are on the wire: numbered fields, each a number or a run of bytes."""

from collections.abc import Iterator, Mapping

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_WORD = (1 << 64) - 1


def number(field: int, value: int) -> bytes:
    """A field with a number; nothing for 0, which is what an absent one means."""
    return _varint(field << 3 | _VARINT) + _varint(value) if value else b""


def octets(field: int, value: bytes | str) -> bytes:
    """A field with bytes, a text or a message; nothing for an empty one."""
    return message(field, _encoded(value)) if value else b""


def message(field: int, value: bytes) -> bytes:
    """A field with a message, even if that says nothing."""
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def table(field: int, entries: Mapping[str, str]) -> bytes:
    """A map of texts."""
    return b"".join(message(field, octets(1, key) + octets(2, value)) for key, value in entries.items())


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message as they come. Raises ValueError where it breaks off, or is none."""
    place = 0
    while place < len(data):
        tag, place = _read_varint(data, place)
        match tag & 7:
            case 0:  # a number
                value, place = _read_varint(data, place)
                yield tag >> 3, value
                continue
            case 2:  # bytes
                size, place = _read_varint(data, place)
            case (1 | 5) as kind:
                size = _FIXED[kind]
            case kind:
                raise ValueError(f"a field of the unknown kind {kind}")
        if place + size > len(data):
            raise ValueError("a message breaks off")
        yield tag >> 3, data[place : place + size]
        place += size


def text(value: int | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def signed(value: int | bytes) -> int:
    """A number that may be below zero."""
    if isinstance(value, bytes):
        raise ValueError("bytes where a number should be")
    return value - (1 << 64) if value >> 63 else value


def nested(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where a message should be")
    return value


def _encoded(value: bytes | str) -> bytes:
    return value.encode(errors="surrogateescape") if isinstance(value, str) else value


def _varint(value: int) -> bytes:
    rest = value & _WORD
    found = bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if place >= len(data):
            raise ValueError("a number breaks off")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _WORD, place
    raise ValueError("a number is too long")
