"""What the files of one project see of the world outside them."""

import os.path
from collections.abc import Mapping

import msgspec

from minicompose.model import Node, Origin, Variables
from minicompose.stackfile.paths import absolute_paths


class Scope(msgspec.Struct, frozen=True):
    """Relative paths refer to `directory`, which is absolute; expressions see `variables`.

    `absolute` False leaves paths relative.
    """

    directory: str
    variables: Variables
    absolute: bool = True

    @property
    def home(self) -> str:
        """What `~` stands for."""
        return home_of(self.variables.values)

    def inside(self, directory: str, variables: Variables) -> "Scope":
        """The scope of another project's files, which lie in `directory`."""
        return Scope(directory, variables, self.absolute)

    def seen_from_here(self, root: Node, directory: str) -> Node:
        """`root`, whose paths refer to `directory`, with paths that mean the same here."""
        base = directory if self.absolute else os.path.relpath(directory, self.directory)
        return absolute_paths(root, base, self.home)


def home_of(variables: Mapping[str, str]) -> str:
    """The home directory, on Windows too; empty when the environment does not say."""
    return variables.get("HOME") or variables.get("USERPROFILE") or ""


def looked_up(node: Node, name: str, variables: Variables) -> Node:
    """`node`, which says nothing, with the value of the variable `name`, which is set."""
    origin = Origin(expression=f"${{{name}}}", variables=variables)
    return Node(variables.values[name], node.pos, node.key_pos, node.tag, origin)
