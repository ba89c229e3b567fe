"""No service waits for itself, however long the way round."""

from collections.abc import Mapping

from minicompose.model import Stack
from minicompose.stackfile.checks.findings import Findings


def check_cycles(stack: Stack, findings: Findings) -> None:
    """Report a cycle of dependencies, at the dependency that closes it: a -> b -> a."""
    cycle = find_cycle({name: tuple(service.depends_on or ()) for name, service in stack.services.items()})
    if cycle is not None and len(cycle) > 2:  # of itself alone is said where it is written
        path = ("services", cycle[-2], "depends_on", cycle[-1])
        findings.error(*path, says=f"the dependencies go round in a circle: {' -> '.join(cycle)}", at_key=True)


def find_cycle(graph: Mapping[str, tuple[str, ...]]) -> list[str] | None:
    """A cycle of the graph, its first node again at the end; the same one for equal graphs.

    Depth first with an explicit stack, each node once: long chains and dense graphs cost no more
    than their edges.
    """
    finished: set[str] = set()
    for start in graph:
        if start in finished:
            continue
        trail = {start: iter(graph[start])}
        while trail:
            node, following = next(reversed(trail.items()))
            after = next(following, None)
            if after is None:
                finished.add(node)
                del trail[node]
            elif after in trail:
                way = list(trail)
                return [*way[way.index(after) :], after]
            elif after in graph and after not in finished:
                trail[after] = iter(graph[after])
    return None
