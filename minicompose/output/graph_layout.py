"""Where the boxes of a dependency graph go: layers, an order with few crossings, coordinates.

What a service needs stands to its left; edges that pass a layer get a place of their own there, so
that they do not run through boxes.
"""

import itertools
from collections.abc import Mapping, Sequence

import msgspec

from minicompose.planning.graph import order

_SWEEPS = 8


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A box, or a bend of an edge: `layer` counts from the left, `row` is its middle, in rows."""

    layer: int
    row: float


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """`boxes` by name; `routes` by (dependency, dependent): the bends on the way, from left to right."""

    boxes: dict[str, Place]
    routes: dict[tuple[str, str], tuple[Place, ...]]
    layers: int
    rows: float


def lay_out(needs: Mapping[str, Sequence[str]]) -> Layout:
    """`needs` holds for each name those that it needs; it has no cycle."""
    layer = _layers(needs)
    nodes: dict[str, int] = dict(layer)
    links: list[tuple[str, str]] = []
    bends: dict[tuple[str, str], list[str]] = {}
    for name in sorted(needs):
        for other in sorted(needs[name]):
            chain = [f"\x00{other}\x00{name}\x00{between}" for between in range(layer[other] + 1, layer[name])]
            nodes.update({bend: layer[other] + 1 + index for index, bend in enumerate(chain)})
            bends[other, name] = chain
            stops = [other, *chain, name]
            links.extend(itertools.pairwise(stops))
    columns = _ordered(nodes, links)
    rows = _rows(columns, links)
    return Layout(
        boxes={name: Place(layer=layer[name], row=rows[name]) for name in sorted(needs)},
        routes={
            edge: tuple(Place(layer=nodes[bend], row=rows[bend]) for bend in chain) for edge, chain in bends.items()
        },
        layers=len(columns),
        rows=max(rows.values(), default=0) + 1,
    )


def _layers(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Each one column to the right of the rightmost that it needs; what needs nothing, just before its first user."""
    found: dict[str, int] = {}
    for name in order(needs):
        found[name] = 1 + max((found[other] for other in needs[name]), default=-1)
    users = {name: [other for other in needs if name in needs[other]] for name in needs}
    for name in needs:
        if not needs[name] and users[name]:
            found[name] = min(found[user] for user in users[name]) - 1
    return found


def _ordered(nodes: Mapping[str, int], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The columns, each in an order that lets few edges cross: by the mean place of the neighbours."""
    columns: list[list[str]] = [[] for _ in range(max(nodes.values(), default=-1) + 1)]
    for name in sorted(nodes):
        columns[nodes[name]].append(name)
    left: dict[str, list[str]] = {name: [] for name in nodes}
    right: dict[str, list[str]] = {name: [] for name in nodes}
    for start, end in links:
        left[end].append(start)
        right[start].append(end)
    best, fewest = [list(column) for column in columns], _crossings(columns, right)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        neighbours = left if forward else right
        for index in range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1):
            beside = {name: place for place, name in enumerate(columns[index - 1 if forward else index + 1])}
            columns[index].sort(key=lambda name: _mean([beside[other] for other in neighbours[name]], 0.0))
        crossings = _crossings(columns, right)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    return best


def _crossings(columns: Sequence[Sequence[str]], right: Mapping[str, Sequence[str]]) -> int:
    count = 0
    for column, beside in itertools.pairwise(columns):
        place = {name: index for index, name in enumerate(beside)}
        ends = [place[other] for name in column for other in sorted(right[name], key=lambda other: place[other])]
        count += sum(first > second for index, first in enumerate(ends) for second in ends[index + 1 :])
    return count


def _rows(columns: Sequence[Sequence[str]], links: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Each as near to the middle of its neighbours as the others of its column let it."""
    beside: dict[str, list[str]] = {name: [] for column in columns for name in column}
    for start, end in links:
        beside[start].append(end)
        beside[end].append(start)
    tallest = max((len(column) for column in columns), default=0)
    rows = {name: index + (tallest - len(column)) / 2 for column in columns for index, name in enumerate(column)}
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wished = [_mean([rows[other] for other in beside[name]], rows[name]) for name in column]
            for name, row in zip(column, _apart(wished), strict=True):
                rows[name] = row
    top = min(rows.values(), default=0)
    return {name: row - top for name, row in rows.items()}


def _apart(wished: Sequence[float]) -> list[float]:
    """Rows at least 1 apart, in order, and as a whole near to the ones wished."""
    blocks: list[tuple[float, int]] = []  # the place of the first, and how many follow each other
    for wish in wished:
        block = (wish, 1)
        while blocks and blocks[-1][0] + blocks[-1][1] > block[0]:
            start, count = blocks.pop()
            total = count + block[1]
            block = ((start * count + (block[0] - count) * block[1]) / total, total)
        blocks.append(block)
    return [start + index for start, count in blocks for index in range(count)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
