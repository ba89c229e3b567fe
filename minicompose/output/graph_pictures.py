"""The dependencies between services as pictures: in the terminal, as Mermaid, DOT and SVG.

Arrows follow the start: from what comes first to what waits for it. An edge that others imply is left
out, unless it asks for more than a start.
"""

import json
from collections.abc import Callable

import msgspec

from minicompose.model import Dependency, Stack
from minicompose.planning.graph import Graph, dependencies, order

_CONDITIONS = {
    "service_started": "",
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}
_COLOURS = {"healthy": "32", "completed": "36"}


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """`after` waits for `before`, until it is as `label` says; empty means started."""

    before: str
    after: str
    label: str = ""
    required: bool = True
    restart: bool = False


def edges(stack: Stack) -> tuple[Edge, ...]:
    """The edges to draw, by name."""
    graph = dependencies(stack)
    implied = _implied(graph)
    return tuple(
        _edge(name, other, dependency)
        for name in sorted(graph)
        for other, dependency in graph[name].items()
        if (name, other) not in implied or dependency.condition != "service_started"
    )


def _edge(name: str, other: str, dependency: Dependency) -> Edge:
    return Edge(
        before=other,
        after=name,
        label=_CONDITIONS[dependency.condition],
        required=dependency.required,
        restart=dependency.restart,
    )


def _implied(graph: Graph) -> set[tuple[str, str]]:
    """The edges that lead where a longer way leads too."""
    import networkx  # its import costs more than all other commands together, and only pictures need it

    whole: networkx.DiGraph[str] = networkx.DiGraph()
    whole.add_nodes_from(graph)
    whole.add_edges_from((name, other) for name in graph for other in graph[name])
    if not networkx.is_directed_acyclic_graph(whole):
        return set()
    return set(whole.edges) - set(networkx.transitive_reduction(whole).edges)


# ---- terminal ----

_ABOVE, _BELOW = " (above)", " (below)"  # where a service is unfolded that is not here
_DEEPEST = 90  # columns to the left of a name that is unfolded


def terminal(stack: Stack, color: bool = False) -> str:
    """A tree for each service that nothing waits for, down to what it needs; each service is unfolded once.

    What lies too deep for any terminal begins a tree of its own below.
    """
    paint: Callable[[str, str], str] = _painted if color else _plain
    needs: dict[str, list[Edge]] = {name: [] for name in stack.services}
    needed: set[str] = set()
    for edge in edges(stack):
        needs[edge.after].append(edge)
        needed.add(edge.before)
    place = {name: index for index, name in enumerate(order(_names(needs)))}
    rows: list[tuple[str, str, str]] = []  # what is drawn before the name, the name, what it must be
    shown: set[str] = set()

    def draw(name: str, stem: str, branch: str, edge: Edge | None) -> None:
        again = name in shown and bool(needs[name])
        cut = not again and len(stem) >= _DEEPEST and bool(needs[name])
        rows.append((branch, name + (_ABOVE if again else _BELOW if cut else ""), _words(edge)))
        if cut:
            roots.append(name)
        if again or cut:
            return
        shown.add(name)
        below = sorted(needs[name], key=lambda edge: -place[edge.before])
        for index, inner in enumerate(below):
            last = index == len(below) - 1
            draw(inner.before, stem + ("   " if last else "│  "), stem + ("└─ " if last else "├─ "), inner)

    roots = sorted((name for name in needs if name not in needed), key=lambda name: -place[name])
    for root in roots:  # which grows
        if root not in shown:
            draw(root, "", "", None)
    width = max((len(branch) + len(name) for branch, name, _ in rows), default=0) + 3
    return "".join(_row(branch, name, words, width, paint) for branch, name, words in rows)


def _names(needs: dict[str, list[Edge]]) -> dict[str, list[str]]:
    return {name: [edge.before for edge in found] for name, found in needs.items()}


def _words(edge: Edge | None) -> str:
    if edge is None:
        return ""
    words = [edge.label or "started"]
    if edge.restart:
        words.append("restarts with it")
    if not edge.required:
        words.append("if there")
    return ", ".join(words)


def _row(branch: str, name: str, words: str, width: int, paint: Callable[[str, str], str]) -> str:
    gap = " " * (width - len(branch) - len(name))
    bare = name.removesuffix(_ABOVE).removesuffix(_BELOW)
    text = paint("2", branch) + paint("1", bare) + paint("2", name[len(bare) :])
    colour = _COLOURS.get(words.partition(",")[0], "2")
    return (text + gap + paint(colour, words)).rstrip() + "\n" if words else text + "\n"


def _plain(_code: str, text: str) -> str:
    return text


def _painted(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if text else ""


# ---- Mermaid and DOT ----


def mermaid(stack: Stack) -> str:
    """A Mermaid flowchart."""
    ids = {name: f"s{index}" for index, name in enumerate(sorted(stack.services))}
    lines = ["flowchart LR"]
    for name, short in ids.items():
        lines.append(f'    {short}("{_mermaid_text(name)}")')
    for edge in edges(stack):
        arrow = "-->" if edge.required else "-.->"
        label = f'|"{edge.label}"|' if edge.label else ""
        lines.append(f"    {ids[edge.before]} {arrow}{label} {ids[edge.after]}")
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    return text.replace('"', "#quot;")


def dot(stack: Stack) -> str:
    """A graph for Graphviz."""
    lines = [
        f"digraph {json.dumps(stack.name)} {{",
        "    rankdir=LR;",
        '    node [shape=box, style="rounded", fontname="Helvetica"];',
        '    edge [fontname="Helvetica", fontsize=10];',
    ]
    lines.extend(f"    {json.dumps(name)};" for name in sorted(stack.services))
    for edge in edges(stack):
        attributes = [f"label={json.dumps(edge.label)}"] if edge.label else []
        if not edge.required:
            attributes.append("style=dashed")
        said = f" [{', '.join(attributes)}]" if attributes else ""
        lines.append(f"    {json.dumps(edge.before)} -> {json.dumps(edge.after)}{said};")
    return "\n".join([*lines, "}"]) + "\n"


def svg(stack: Stack) -> str:
    """A picture that needs nothing else: no fonts to load, light and dark."""
    from minicompose.output.graph_svg import draw_svg

    return draw_svg(stack, edges(stack))
