"""What the files of one project see of the world outside them."""

from collections.abc import Mapping

import msgspec

from minicompose.model import Node, Origin, Variables


class Scope(msgspec.Struct, frozen=True):
    """Relative paths refer to `directory`, which is absolute; expressions see `variables`."""

    directory: str
    variables: Variables

    @property
    def home(self) -> str:
        """What `~` stands for."""
        return home_of(self.variables.values)


def home_of(variables: Mapping[str, str]) -> str:
    """The home directory, on Windows too; empty when the environment does not say."""
    return variables.get("HOME") or variables.get("USERPROFILE") or ""


def looked_up(node: Node, name: str, variables: Variables) -> Node:
    """`node`, which says nothing, with the value of the variable `name`, which is set."""
    origin = Origin(expression=f"${{{name}}}", variables=variables)
    return Node(variables.values[name], node.pos, node.key_pos, node.tag, origin)
