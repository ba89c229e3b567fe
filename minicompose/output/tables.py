"""Plain aligned tables."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence

GAP = "   "
# A column that may be cut has so many columns at least, and one that is firm no more than these, before
# another one is left out.
_READABLE = 14
_FIRM = 36
# What would break a line, or be obeyed by the terminal.
_ONE_LINE = dict.fromkeys((*range(32), 127, *range(128, 160)), " ")


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    width: int | None = None,
    least: int = 0,
    gap: str = GAP,
    firm: Collection[int] = (),
    tails: Collection[int] = (),
) -> str:
    """Columns aligned on the left, each `least` wide, with `gap` between.

    With `width` the widest cells are cut, with an ellipsis, so that it fits: those of the columns `firm` last, and of
    those of the columns `tails` the ends are kept.
    """
    cells = [[on_one_line(cell) for cell in row] for row in (header, *rows)]
    widths = [max(display_width(row[column]) for row in cells) for column in range(len(header))]
    if width is None:
        widths = [max(least, size) for size in widths]
    else:
        titles = [display_width(title) for title in header]
        widths = _shrunk(widths, titles, width - len(gap) * (len(header) - 1), firm)
    lines = []
    for row in cells:
        shown = [(cut_before if place in tails else cut)(cell, widths[place]) for place, cell in enumerate(row)]
        lines.append(gap.join(map(_padded, shown, widths)).rstrip())
    return "\n".join(lines)


def fitted(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None,
    least: int = 0,
    spare: Sequence[int] = (),
    tails: Collection[int] = (),
    gap: str = GAP,
) -> str:
    """A table that goes without the columns `spare`, the first of them first, while it does not fit in `width`."""
    kept = list(range(len(header)))
    for column in spare:
        if width is None or _needed_width([header, *rows], kept, spare, gap) <= width:
            break
        kept.remove(column)
    cells = [[row[column] for column in kept] for row in (header, *rows)]
    firm = [place for place, column in enumerate(kept) if column not in spare]
    kept_tails = [place for place, column in enumerate(kept) if column in tails]
    return table(cells[0], cells[1:], width=width, least=least, gap=gap, firm=firm, tails=kept_tails)


def _needed_width(rows: Sequence[Sequence[str]], columns: Sequence[int], spare: Collection[int], gap: str) -> int:
    """What these columns take when those that may be left out are cut, though not so much that nothing can be read."""
    needed = len(gap) * (len(columns) - 1)
    for column in columns:
        title = display_width(rows[0][column])
        most = max(title, _READABLE if column in spare else _FIRM)
        needed += min(most, max(display_width(row[column]) for row in rows))
    return needed


def _shrunk(widths: list[int], titles: list[int], width: int, firm: Collection[int]) -> list[int]:
    """Take from the widest column until all fit; at first none becomes narrower than its title."""
    standing = [min(size, _FIRM) if place in firm else titles[place] for place, size in enumerate(widths)]
    for least in (standing, titles, [1] * len(widths)):
        widths = _narrowed(widths, least, width)
    return widths


def _narrowed(widths: list[int], least: list[int], width: int) -> list[int]:
    widths = list(widths)
    while sum(widths) > width:
        places = zip(widths, least, strict=True)
        size, column = max((size if size > low else 0, place) for place, (size, low) in enumerate(places))
        if not size:
            break
        widths[column] -= 1
    return widths


def on_one_line(text: str) -> str:
    """With a blank for each character that would break the line, or that a terminal would obey."""
    return text if text.isprintable() else text.translate(_ONE_LINE)


def display_width(text: str) -> int:
    """How many columns of a terminal the text takes: East Asian characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text, or as much of it as leaves room for an ellipsis in `width` columns."""
    if display_width(text) <= width:
        return text
    kept, used = [], 1
    for character in text:
        used += _character_width(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept) + "…"


def cut_before(text: str, width: int) -> str:
    """The text, or as much of its end as leaves room for an ellipsis: names in one project begin alike."""
    return cut(text[::-1], width)[::-1]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))
