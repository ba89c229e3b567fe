"""Sizes in bytes, as docker prints them."""

_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def decimal_size(size: int) -> str:
    """As in `1.98MB`: three digits, in powers of a thousand."""
    return _told(size, 1000, _DECIMAL, 3)


def binary_size(size: int) -> str:
    """As in `23.54GiB`: four digits, in powers of 1024."""
    return _told(size, 1024, _BINARY, 4)


def _told(size: int, base: int, units: tuple[str, ...], digits: int) -> str:
    number, place = float(size), 0
    while number >= base and place < len(units) - 1:
        number /= base
        place += 1
    return f"{number:.{digits}g}{units[place]}"
