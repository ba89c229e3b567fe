"""The dependency graph as SVG: a box for each service, coloured by network, an arrow for each wait."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import msgspec

from minicompose.model import Service, Stack
from minicompose.output.graph_layout import Layout, Place, lay_out
from minicompose.planning.record import service_image, service_networks

if TYPE_CHECKING:
    from minicompose.output.graph_pictures import Edge

_ROW = 84.0
_BOX = 56.0
_GAP = 116.0
_MARGIN = 32.0
_TOP = 72.0
_LEGEND = 22.0
_PALETTE = ("#3b82f6", "#10b981", "#f59e0b", "#a855f7", "#ef4444", "#14b8a6", "#ec4899", "#84cc16")
_NO_NETWORK = "#94a3b8"

_STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
  .ground { fill: #ffffff; } .box { fill: #f8fafc; stroke: #cbd5e1; }
  .title { font-size: 18px; font-weight: 600; fill: #0f172a; }
  .name { font-size: 14px; font-weight: 600; fill: #0f172a; }
  .small { font-size: 11px; fill: #64748b; }
  .edge { fill: none; stroke: #94a3b8; stroke-width: 1.6; } .tip { fill: #94a3b8; }
  .healthy .edge { stroke: #16a34a; } .healthy .tip, .healthy .label { fill: #16a34a; }
  .completed .edge { stroke: #2563eb; } .completed .tip, .completed .label { fill: #2563eb; }
  .optional .edge { stroke-dasharray: 5 4; }
  .label { font-size: 11px; font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0f172a; } .box { fill: #1e293b; stroke: #475569; }
    .title, .name { fill: #f1f5f9; } .small { fill: #94a3b8; }
    .healthy .label, .healthy .tip { fill: #4ade80; } .healthy .edge { stroke: #4ade80; }
    .completed .label, .completed .tip { fill: #60a5fa; } .completed .edge { stroke: #60a5fa; }
  }
"""


class _Paper(msgspec.Struct, frozen=True, kw_only=True):
    """From places to points: `lefts` and `widths` are the columns'."""

    lefts: tuple[float, ...]
    widths: tuple[float, ...]

    def middle(self, place: Place) -> float:
        return _TOP + place.row * _ROW + _BOX / 2

    def left(self, place: Place) -> float:
        return self.lefts[place.layer]

    def right(self, place: Place) -> float:
        return self.lefts[place.layer] + self.widths[place.layer]


def draw_svg(stack: Stack, edges: "Sequence[Edge]") -> str:
    """The whole picture."""
    needs: dict[str, list[str]] = {name: [] for name in stack.services}
    for edge in edges:
        needs[edge.after].append(edge.before)
    layout = lay_out(needs)
    paper = _paper(stack, layout)
    colours = _colours(stack)
    width = max(paper.lefts[-1] + paper.widths[-1] + _MARGIN, 420.0) if layout.layers else 420.0
    legend = _TOP + layout.rows * _ROW + 4 if layout.layers else _TOP
    height = legend + _LEGEND * (len(colours) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">',
        f"<title>{escape(stack.name)}: which service waits for which</title>",
        f"<style>{_STYLE}</style>",
        '<rect class="ground" width="100%" height="100%"/>',
        f'<text class="title" x="{_MARGIN:.0f}" y="38">{escape(stack.name)}</text>',
    ]
    parts.extend(_edge(edge, layout, paper) for edge in edges)
    parts.extend(_label(edge, layout, paper) for edge in edges if edge.label)
    parts.extend(_box(stack, stack.services[name], place, paper, colours) for name, place in layout.boxes.items())
    for index, (network, colour) in enumerate(colours.items()):
        y = legend + index * _LEGEND
        parts.append(
            f'<circle cx="{_MARGIN + 6:.0f}" cy="{y:.0f}" r="5" fill="{colour}"/>'
            f'<text class="small" x="{_MARGIN + 18:.0f}" y="{y + 4:.0f}">network {escape(network)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _paper(stack: Stack, layout: Layout) -> _Paper:
    widths = [0.0] * layout.layers
    for name, place in layout.boxes.items():
        widths[place.layer] = max(widths[place.layer], _box_width(stack, stack.services[name]))
    lefts: list[float] = []
    x = _MARGIN
    for width in widths:
        lefts.append(x)
        x += width + _GAP
    return _Paper(lefts=tuple(lefts), widths=tuple(widths))


def _box_width(stack: Stack, service: Service) -> float:
    lines = (len(service.name) * 8.6, len(_detail(stack, service)) * 6.3)
    return min(max(120.0, max(lines) + 36), 300.0)


def _detail(stack: Stack, service: Service) -> str:
    """The second line of a box: what runs, and how often; where data is kept."""
    image = service_image(stack, service) if service.image else "built here"
    parts = [image.rpartition("/")[2]]
    if service.replicas != 1:
        parts.append(f"× {service.replicas}")
    volumes = [mount.source for mount in service.volumes or () if mount.source in stack.volumes]
    if volumes:
        parts.append("▤ " + ", ".join(str(name) for name in volumes))
    text = "  ".join(parts)
    return text if len(text) <= 42 else text[:41] + "…"


def _colours(stack: Stack) -> dict[str, str]:
    used = {key for service in stack.services.values() for key in service_networks(stack, service)}
    return {key: _PALETTE[index % len(_PALETTE)] for index, key in enumerate(sorted(used))}


def _box(stack: Stack, service: Service, place: Place, paper: _Paper, colours: dict[str, str]) -> str:
    x, y = paper.left(place), paper.middle(place) - _BOX / 2
    width = paper.widths[place.layer]
    networks = service_networks(stack, service)
    band = _BOX - 20
    stripes = [colours[key] for key in networks] or [_NO_NETWORK]
    each = band / len(stripes)
    return "".join(
        (
            f'<g><rect class="box" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_BOX:.0f}" rx="10"/>',
            *(
                f'<rect x="{x + 9:.1f}" y="{y + 10 + index * each:.1f}" width="4" height="{each:.1f}" '
                f'rx="2" fill="{colour}"/>'
                for index, colour in enumerate(stripes)
            ),
            f'<text class="name" x="{x + 22:.1f}" y="{y + 24:.1f}">{escape(service.name)}</text>',
            f'<text class="small" x="{x + 22:.1f}" y="{y + 42:.1f}">{escape(_detail(stack, service))}</text></g>',
        )
    )


def _edge(edge: "Edge", layout: Layout, paper: _Paper) -> str:
    start, end = layout.boxes[edge.before], layout.boxes[edge.after]
    x, y = paper.right(start), paper.middle(start)
    path = [f"M {x:.1f} {y:.1f}"]
    for stop in (*layout.routes[edge.before, edge.after], end):
        to_x = paper.left(stop) - (9 if stop is end else 0)
        to_y = paper.middle(stop)
        bow = (to_x - x) / 2
        path.append(f"C {x + bow:.1f} {y:.1f} {to_x - bow:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
        if stop is not end:
            x = paper.right(stop)
            path.append(f"L {x:.1f} {y:.1f}")
    kind = " ".join(word for word in (edge.label, "" if edge.required else "optional") if word) or "started"
    tip = f'<path class="tip" d="M {x:.1f} {y - 4.5:.1f} l 9 4.5 l -9 4.5 z"/>'
    return f'<g class="{kind}"><path class="edge" d="{" ".join(path)}"/>{tip}</g>'


def _label(edge: "Edge", layout: Layout, paper: _Paper) -> str:
    """What is waited for, on the first stretch of the edge and above all edges."""
    start = layout.boxes[edge.before]
    stop = (*layout.routes[edge.before, edge.after], layout.boxes[edge.after])[0]
    x = (paper.right(start) + paper.left(stop)) / 2
    y = (paper.middle(start) + paper.middle(stop)) / 2
    width = len(edge.label) * 6.6 + 10
    return (
        f'<g class="{edge.label}">'
        f'<rect class="ground" x="{x - width / 2:.1f}" y="{y - 9:.1f}" width="{width:.1f}" height="18" rx="9"/>'
        f'<text class="label" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{escape(edge.label)}</text></g>'
    )
