"""How much a value stands for, where aliases and bases share parts of trees."""

from minicompose.model import Node


class Sizes:
    """Measures nodes; what is shared is looked at once, however often it is measured."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, int, int]] = {}  # with the value itself, so that its id stays its own

    def of(self, node: Node) -> tuple[int, int]:
        """How many values `node` stands for, itself among them, and how deep they nest."""
        value = node.value
        if not isinstance(value, dict | list):
            return 1, 0
        known = self._known.get(id(value))
        if known is None:
            inside = [self.of(item) for item in (value.values() if isinstance(value, dict) else value)]
            size = 1 + sum(size for size, _ in inside)
            height = 1 + max((height for _, height in inside), default=0)
            known = self._known[id(value)] = value, size, height
        return known[1:]
